"""Modules of the user's own: ``module:Name`` from the working folder, which never hides what is installed.

The folder is appended to the path, and only where nothing installed has the module's name: a numpy.py or a random.py
that lies there is not what anybody gets who imports numpy. What goes wrong in such a module is told as an error of
its own, with file and line.
"""

from __future__ import annotations

import importlib
import os
import sys
import sysconfig
import traceback
from contextlib import suppress
from importlib.machinery import PathFinder
from importlib.util import find_spec
from types import ModuleType

from mdppower._quotes import quoted
from mdppower.errors import LabelError, ModelError


def load_module(name: str) -> ModuleType:
    """Import a module that is installed or, if nothing installed has its name, lies in the working folder.

    Raises
    ------
    LabelError
        There is none.
    ModelError
        It fails when it is imported; the message says where.

    Examples
    --------
    >>> load_module("fractions").__name__
    'fractions'
    >>> load_module("nowhere")
    Traceback (most recent call last):
    mdppower.errors.LabelError: there is no module 'nowhere', neither installed nor in the working folder
    """
    top = name.partition(".")[0]
    folder = None
    if not _is_found(top):
        importlib.invalidate_caches()
        if not _is_here(top):
            raise LabelError(f"there is no module {quoted(top)}, neither installed nor in the working folder")
        folder = os.getcwd()
        sys.path.append(folder)
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if folder is not None:
            with suppress(ValueError):
                sys.path.remove(folder)
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            raise LabelError(f"there is no module {quoted(error.name)}{overshadowed(name)}") from None
        raise ModelError(f"module {quoted(name)} cannot be imported: {told(error)}") from error


def _is_found(top: str) -> bool:
    """Whether a module is loaded, or Python finds it without the working folder's being appended."""
    try:
        return top in sys.modules or find_spec(top) is not None
    except ValueError:  # one without a spec
        return True


def _is_here(top: str) -> bool:
    return PathFinder.find_spec(top, [os.getcwd()]) is not None


def overshadowed(name: str) -> str:
    """What to tell of a file in the working folder that has the name of a module that is installed; else nothing."""
    top = name.partition(".")[0]
    module = sys.modules.get(top)
    here = PathFinder.find_spec(top, [os.getcwd()])
    if here is None or here.origin is None or module is None:
        return ""
    if os.path.realpath(here.origin) == os.path.realpath(getattr(module, "__file__", None) or ""):
        return ""
    file = os.path.relpath(here.origin)
    return f"; {file} is not looked at, since an installed module is called {top}, too: rename it"


def told(error: BaseException) -> str:
    """What was raised, and where: ``KeyError: 'a' (myenvs.py, line 3)``."""
    text = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    kind = type(error).__name__
    place = raised_at(error)
    return (f"{kind}: {text}" if text else kind) + (f" ({place})" if place else "")


def raised_at(error: BaseException) -> str:
    """File and line of the last of the user's own frames; if there is none, of the last but ours and Gymnasium's."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_file(error.filename)}, line {error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.isfile(frame.filename) and not _lies_in(frame.filename, _MACHINERY)
    ]
    own = [frame for frame in frames if not _lies_in(frame.filename, _LIBRARIES)] or frames
    return f"{_file(own[-1].filename)}, line {own[-1].lineno}" if own else ""


_LIBRARIES = tuple(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
_MACHINERY = (
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
    os.path.dirname(importlib.__file__),
    *(os.path.join(folder, "gymnasium") for folder in _LIBRARIES),
)


def _lies_in(file: str, folders: tuple[str, ...]) -> bool:
    return any(os.path.abspath(file).startswith(os.path.join(folder, "")) for folder in folders)


def _file(path: str) -> str:
    """Relative to the working folder, if it lies there."""
    return os.path.relpath(path) if _lies_in(path, (os.getcwd(),)) else path
