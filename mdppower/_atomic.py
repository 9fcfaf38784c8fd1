"""How files are written: all or nothing.

The bytes are made first, by whoever writes; here they go into a file beside the final name, which is forced to the
disk and then moved over it. A full disk, Ctrl-C or a kill at any moment leaves the old file or the new one, whole.

A killed writer leaves its file behind, under a hidden name that is no result's (``.mdppower-….part``). A writer holds
a lock on its file, which the system takes from it when it dies: what carries such a name and can be locked is a dead
writer's, and the next one to write in that folder removes it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from mdppower.errors import FileError

try:
    import fcntl
except ImportError:  # Windows, where a file in use cannot be removed: no lock is needed
    fcntl = None  # type: ignore[assignment]

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems say that have no hard links."""
_PART = re.compile(r"\.mdppower-[0-9a-f]{16}\.part")
PathLike = str | os.PathLike[str]


def write_atomically(path: PathLike, *parts: bytes | memoryview) -> None:
    """Write a file whole, or leave what was there.

    Parameters
    ----------
    path : str or path
        A symbolic link is followed; an older file keeps its rights.
    *parts : bytes
        What the file shall hold, one after the other.

    Raises
    ------
    FileError
        The file cannot be written; an older one is as it was.
    """
    with _told_as_file_error(path):
        _write(_target(path), parts, os.replace)


def write_new(path: PathLike, *parts: bytes | memoryview) -> bool:
    """Write a file whole where there is none; of several writers at once one succeeds.

    Parameters
    ----------
    path : str or path
        A symbolic link is followed.
    *parts : bytes
        What the file shall hold, one after the other.

    Returns
    -------
    bool
        False if another one was there, which is as it was.

    Raises
    ------
    FileError
        The file cannot be written; there is none.
    """
    with _told_as_file_error(path):
        target = _target(path)
        try:
            _write(target, parts, _move_to_free_name)
        except FileExistsError:
            return False
    return True


def _write(target: str, parts: tuple[bytes | memoryview, ...], move: Callable[[str, str], None]) -> None:
    name, number = _begin(target)
    try:
        with open(number, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            with suppress(FileNotFoundError):
                os.chmod(name, stat.S_IMODE(os.stat(target).st_mode))
            os.fsync(number)
            if fcntl is not None:  # moved while it is locked: nobody takes it for a dead writer's
                move(name, target)
        if fcntl is None:  # what is open cannot be moved
            move(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    _settle(os.path.dirname(target))


def _move_to_free_name(name: str, target: str) -> None:
    """Move a file where no file is, or FileExistsError."""
    if os.name == "nt":  # where this does not replace
        os.rename(name, target)
        return
    try:
        os.link(name, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # The name is claimed first; a kill just then leaves an empty file.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            os.replace(name, target)
        except BaseException:
            os.unlink(target)
            raise
    else:
        with suppress(FileNotFoundError):  # another one has tidied up
            os.unlink(name)


def require_writable(path: PathLike) -> None:
    """Refuse, before any work is done, a path where nothing could be written afterwards.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    FileError
        There is no such folder, it takes no new file, or what stands there is no file or is read-only.
    """
    with _told_as_file_error(path):
        name, number = _begin(_target(path))
        os.close(number)
        os.unlink(name)


@contextmanager
def _told_as_file_error(path: PathLike) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        told = getattr(error, "strerror", None) or error
        raise FileError(f"cannot write {os.fspath(path)!r}: {told}") from None


def _target(path: PathLike) -> str:
    """Where the path leads, if a file may stand there."""
    target = os.path.realpath(path)
    if os.path.exists(target):
        if not os.path.isfile(target):
            raise OSError(0, "it is a folder" if os.path.isdir(target) else "it is no file")
        if not os.access(target, os.W_OK):
            raise OSError(0, "it is read-only")
    elif not os.path.basename(target):
        raise OSError(0, "it names no file")
    return target


def _begin(target: str) -> tuple[str, int]:
    """A new, locked file beside the target: its name, and its number among the open ones."""
    folder = os.path.dirname(target)
    _remove_what_dead_writers_left(folder)
    while True:
        name = os.path.join(folder, f".mdppower-{secrets.token_hex(8)}.part")
        # Not by tempfile, whose files are private: this one gets the rights that any new file of the user has.
        number = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _lock(number)
            # Before the lock was held another writer may have taken the file for a dead one's.
            if os.path.exists(name):
                return name, number
        except BlockingIOError:
            pass
        os.close(number)


def _lock(number: int) -> bool:
    """Lock an open file; whether there are locks here. BlockingIOError if another holds this one."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # some network file systems have no locks
        return False
    return True


def _remove_what_dead_writers_left(folder: str) -> None:
    with suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            if not _PART.fullmatch(entry.name):
                continue
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_nlink > 1:
                    # It has its final name, too (`write_new`). To open and close it would cost this process its locks
                    # on that file, if it has some.
                    os.unlink(entry.path)
                    continue
                if fcntl is None:
                    os.unlink(entry.path)  # fails where it is in use
                    continue
                number = os.open(entry.path, os.O_WRONLY)
                try:
                    if _lock(number):
                        os.unlink(entry.path)
                finally:
                    os.close(number)


def _settle(folder: str) -> None:
    """Force the new name to the disk, where the system can do that for a folder."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
