"""What a store knows a run by: all that the bits of its replicates depend on, but for the entropy.

MDPs, options and arrays are named by a SHA-256; rewards and policies are written down as in files. A user's own code
cannot be: it is what its ``key=`` says. Versions are part of it, since other ones round otherwise.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._horizon import Horizon
from mdppower._text import count
from mdppower._typing import AnyArray
from mdppower.agents.policies import describe_policy
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.stored_calls import stored_rate, written_call
from mdppower.montecarlo.run_loop import Question
from mdppower.montecarlo.samplers import Sampler
from mdppower.occupancy.option import Option, Reach
from mdppower.rewards.description import describe, describe_around
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from mdppower.agents.rules import Policy

NUMERICS = 1
"""Raised whenever some replicate has other bits than before."""


def ask(
    call: str,
    source: Sampler,
    key: str | None,
    *,
    gammas: Sequence[float],
    method: str,
    samples: int,
    told: str,
    given: Mapping[str, Any] | None = None,
    shown: Mapping[str, Any] | None = None,
    **about: Any,
) -> Question:
    """The question of a run.

    Parameters
    ----------
    call : str
        The function that asks.
    source : Sampler
        The draws; their entropy is no part of it.
    key : str or None
        What names the user's own code.
    gammas : sequence of float
    method : str
    samples : int
        Draws that are wanted; shown only.
    told : str
        What it is about, in words; shown only.
    given : mapping, optional
        What the call was about, as `written_call` takes it, if its result can be had from the store alone.
    shown : mapping, optional
        What else is shown of it, as JSON.
    **about : any
        What else it depends on, as JSON.

    Returns
    -------
    Question

    Raises
    ------
    ParameterError
        The rewards are the user's own code, and have no key.
    """
    rewards, written = source.rewards, named_rewards(source.rewards, key)
    if _is_own_code(written) and (parts := describe_around(rewards)) != written:
        about["around"] = parts  # what is no code: the weights of a mixture that has some, …
    identity = {
        "call": call, "rewards": written, "sampler": [source.kind, source.size],
        "gammas": [stored_rate(gamma) if isinstance(gamma, Horizon) else float(gamma).hex() for gamma in gammas],
        "method": method, "key": key,
        "numerics": [NUMERICS, platform.machine(), *(version(name) for name in ("numpy", "scipy", "numba"))], **about,
    }  # fmt: skip
    arguments = {
        "call": call, "rewards": rewards.name, "gamma": [stored_rate(gamma) for gamma in gammas], "samples": samples,
        "draws": source.size, "sampler": source.kind, "method": method, "key": key, "about": told,
    }  # fmt: skip
    call_bytes = None if given is None else lambda: written_call({"rewards": rewards} | dict(given))
    return Question(identity, arguments | dict(shown or {}), call_bytes)


def told_mdp(mdp: RewardlessMDP) -> str:
    """An MDP in a few words."""
    source = mdp.origin.get("source", "")
    return f"{source}, " * bool(source) + count(mdp.n_states, "state")


def named_rewards(rewards: RewardDistribution, key: str | None) -> Any:
    """The rewards as data, or what the key says of them."""
    found = describe(rewards)
    if _is_own_code(found) and key is None:
        raise ParameterError(
            f"store: {rewards.name} rewards are your own code, which a file cannot tell from other code: give key= a "
            "text that you change with it"
        )
    return found


def named_policy(policy: Policy | None, key: str | None) -> Any:
    """The policy as data, or what the key says of it."""
    if policy is None:
        return None
    found = describe_policy(policy)
    if _is_own_code(found) and key is None:
        raise ParameterError(
            f"store: policy {found['name']} is your own code, which a file cannot tell from other code: give key= a "
            "text that you change with it"
        )
    return found


def _is_own_code(found: Any) -> bool:
    """Whether a description, or a part of it, is but a name."""
    if isinstance(found, dict):
        return found.get("kind") == "unknown" or any(map(_is_own_code, found.values()))
    return isinstance(found, list) and any(map(_is_own_code, found))


def digest(*arrays: AnyArray) -> str:
    """SHA-256 of arrays, with their kinds and shapes."""
    found = hashlib.sha256()
    for array in arrays:
        own = np.ascontiguousarray(array)
        found.update(f"{own.dtype.str}{own.shape}".encode())
        found.update(own.tobytes())
    return found.hexdigest()


def named_option(option: Option, on: str = "states") -> list[Any]:
    """An option as data; MDPs and rows by their SHA-256."""
    parts: list[Any] = []
    for part in option.parts:
        if isinstance(part, Reach):
            parts.append([part.mdp.fingerprint, part.state, part.ahead])
            if on == "pairs":
                parts[-1].append((part.whole or part.mdp).fingerprint)
        else:
            parts.append(digest(part))
    states = hashlib.sha256(json.dumps(option.states).encode()).hexdigest()
    return [option.kind, None if option.gamma is None else stored_rate(option.gamma), states, parts]
