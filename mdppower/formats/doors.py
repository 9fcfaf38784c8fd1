"""The doors: a file of another tool is read by what it is, or refused as what it is; an MDP is written for it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import Any

from mdppower._quotes import quoted
from mdppower.errors import FileError, ParameterError
from mdppower.formats.recognise import READABLE, Foreign, recognise, recognise_bytes
from mdppower.formats.text_lines import TextFile, open_text
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import given_rewards

PathLike = str | os.PathLike[str]
WITH_REWARDS = ("prism", "drn")
"""What may hold several rewards, of which one is picked by its name."""


def read_if_known(path: PathLike, **options: Any) -> RewardlessMDP | None:
    """The MDP of a file that another tool wrote; None where the file is not known to be one.

    Parameters
    ----------
    path : str or path
    **options
        ``reward``: the name of one of several rewards in a file of PRISM or Storm.

    Returns
    -------
    RewardlessMDP or None
        None for a text map, a file of mdppower, and what cannot be read.

    Raises
    ------
    FileError
        It is damaged, or of a format that is not read: the message says of which, and what to do.
    ModelError
        It describes no MDP.
    SizeError
        It is too large.
    ParameterError
        The format has no such option.
    """
    kind = recognise(path)
    if kind is None:
        return None
    if isinstance(kind, Foreign):
        raise kind.refusal(quoted(os.fspath(path)))
    reward = _reward_option(kind, os.fspath(path), options)
    if kind == "npz":
        from mdppower.formats.npz import read_npz

        return read_npz(path)
    if kind == "prism":
        from mdppower.formats.prism import read_prism

        return read_prism(path, reward)
    file = open_text(path)
    with file.stream:
        return _read_text(kind, file, reward)


def read_bytes_if_known(data: bytes, name: str, **options: Any) -> RewardlessMDP | None:
    """The same of bytes, such as those of standard input, which are called by this name."""
    kind = recognise_bytes(data)
    if kind is None:
        return None
    if isinstance(kind, Foreign):
        raise kind.refusal(name)
    reward = _reward_option(kind, name, options)
    if kind == "npz":
        raise FileError(f"{name} is an archive of NumPy: give its path instead of -")
    return _read_text(kind, TextFile(io.BytesIO(data), name, len(data)), reward)


WRITTEN = (".drn", ".npz")
"""Suffixes of what is written here."""


def written(mdp: RewardlessMDP, suffix: str) -> Iterable[bytes | memoryview]:
    """The pieces of a file of that suffix, one of `WRITTEN`, with the MDP's own reward, if it has one.

    Raises
    ------
    ModelError, FileError, SizeError
        The format has no place for it: see `npz.npz_bytes` and `drn_text.drn_parts`.
    """
    reward = given_rewards(mdp) if getattr(mdp, "_reward", None) is not None else None
    if suffix == ".npz":
        from mdppower.formats.npz import npz_bytes

        return [npz_bytes(mdp, reward)]
    from mdppower.formats.drn_text import drn_parts

    return drn_parts(mdp, reward)


def _read_text(kind: str, file: TextFile, reward: str | None) -> RewardlessMDP:
    if kind == "dot":
        from mdppower.formats.dot import read_dot

        return read_dot(file)
    if kind == "drn":
        from mdppower.formats.drn import read_drn

        return read_drn(file, reward)
    from mdppower.formats.prism import model_of_transitions

    return model_of_transitions(file, None, reward)


def _reward_option(kind: str, name: str, options: dict[str, Any]) -> str | None:
    """The name of the reward that is asked for; there is no other option."""
    unknown = sorted(set(options) - {"reward"})
    if unknown or (options and kind not in WITH_REWARDS):
        told = unknown[0] if unknown else "reward"
        suffix = READABLE[kind][0]
        raise ParameterError(f"{name} is not a map but a {suffix} file, and takes no {told}")
    reward = options.get("reward")
    if reward is not None and not isinstance(reward, str | int):
        raise ParameterError(f"reward is the name of one of the file's rewards, got {quoted(reward)}")
    return None if reward is None else str(reward)
