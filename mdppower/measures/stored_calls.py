"""What a run is about, kept beside it in a store, so that its result can be had without whoever asked for it.

Numbers and words of a call stand in the run's arguments. What is larger is written here: MDPs, rewards, options and
policies become JSON and plain arrays, and what is read is checked before anything is built of it; no pickle. A user's
own code cannot be written: of it the name is kept, as in saved estimates.

`answers` says which function makes a result of a stored run, once the run makes no new replicates
(`mdppower.montecarlo.run_loop.Conduct.stored`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from mdppower._schema import (
    FARTHEST,
    Misfit,
    checked,
    flag,
    label,
    mapping,
    one_of,
    real,
    record,
    several,
    text,
    whole,
)
from mdppower._typing import AnyArray
from mdppower.agents.policies import describe_policy, policy_from_description
from mdppower.errors import ConvergenceError, FileError, MDPPowerError, ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.run_loop import Conduct
from mdppower.occupancy.option import Option, Reach
from mdppower.rewards.description import describe, from_description
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.stores.store import RunRecord, Store
from mdppower.stores.store_rows import pack, unpack

Function = TypeVar("Function", bound=Callable[..., Any])
Answer = Callable[[Conduct, dict[str, Any], dict[str, Any]], Any]

ANSWERS: dict[str, Answer] = {}
"""By the name of a call, what makes its result: called with a Conduct, what was written here, and the arguments."""


def answers(call: str) -> Callable[[Function], Function]:
    """Say that the decorated function makes the results of stored runs of a call."""

    def remember(function: Function) -> Function:
        ANSWERS[call] = function
        return function

    return remember


def stored_result(path: Any, record: RunRecord) -> Any:
    """The result of a run, from what is stored of it: as interrupted, if that is less than was wanted.

    Parameters
    ----------
    path : str or path
        Of the store, in which nothing is written.
    record : RunRecord
        The run.

    Returns
    -------
    object
        What the function gives that was called: a PowerEstimate, …

    Raises
    ------
    FileError
        Too little is finished; what is kept of the call is damaged, or not there.
    ParameterError
        Results of that call cannot be made from a store.
    """
    call = record.arguments.get("call")
    if call not in ANSWERS:
        raise ParameterError(f"results of {call} cannot be made from a store alone: call it again with the store")
    with Store(path, writing=False) as store:
        data = store.find(record.id).kept("call")
    if data is None:
        raise FileError(f"run {record.id[:12]} was ended before anything of it was finished")
    key = record.arguments.get("key")
    conduct = Conduct(progress=False, store=path, key=key, stored=record.id)
    try:
        return ANSWERS[call](conduct, read_call(data), _asked(record))
    except ConvergenceError as error:  # so did the call itself, and this is what it gave
        return error.estimate
    except MDPPowerError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise FileError(f"run {record.id[:12]} is not what this version writes: {error!r}") from None


def _asked(record: RunRecord) -> dict[str, Any]:
    """The arguments of the latest call, but `samples` of a longer one where that only went on."""
    asked = dict(record.arguments)
    samples, size = (whole(1, 2**60)(asked[name]) for name in ("samples", "draws"))
    rates = several(real(0, 1))(asked["gamma"])
    shorter = asked.get("precision") is None and -(-samples // size) < record.wanted
    return asked | {
        "rng": record.entropy,
        "samples": record.wanted * size if shorter else samples,
        "gamma": rates[0] if asked.get("single") and len(rates) == 1 else rates,
        "history": {
            "created": datetime.fromtimestamp(min(record.updated, 2e11), UTC).isoformat(timespec="seconds"),
            **dict(zip(("machine", "numpy", "scipy", "numba"), record.question["numerics"][1:], strict=True)),
        },
    }


def written_call(given: Mapping[str, Any]) -> bytes:
    """What a call was given, as bytes.

    Parameters
    ----------
    given : mapping
        From name to RewardlessMDP, RewardDistribution, Option, policy, array, text, None, or a list of these.

    Returns
    -------
    bytes

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> again = read_call(written_call({"mdp": fork, "options": [mp.Option.state(fork, "t1", 0.9, kind="power")]}))
    >>> again["mdp"].equals(fork), again["options"]
    (True, [Option(power of 't1' at γ=0.9)])
    """
    writer = _Writer()
    told = {name: writer.put(value) for name, value in given.items()}
    header = json.dumps({"given": told, "mdps": writer.mdps}).encode()
    parts = [pack((array,)) for array in (np.frombuffer(header, np.uint8), *writer.arrays)]
    return b"".join(piece for part in parts for piece in (len(part).to_bytes(8, "little"), part))


class _Writer:
    """Turns things into JSON, and collects their arrays and MDPs, each of which is written once."""

    def __init__(self) -> None:
        self.arrays: list[AnyArray] = []
        self.mdps: list[dict[str, Any]] = []
        self._known: dict[int, int] = {}

    def put(self, value: Any) -> Any:
        match value:
            case None:
                return None
            case list():
                return [self.put(one) for one in value]
            case RewardlessMDP():
                return {"mdp": self._mdp(value)}
            case RewardDistribution():
                return {"rewards": describe(value), "size": len(value.low)}
            case Option():
                return {"option": self._option(value)}
            case np.ndarray():
                return {"array": self._array(value)}
            case str():
                return {"text": value}
        return {"policy": describe_policy(value)}

    def _array(self, array: AnyArray) -> int:
        self.arrays.append(np.asarray(array))
        return len(self.arrays)  # the header is number 0

    def _mdp(self, mdp: RewardlessMDP) -> int:
        if id(mdp) not in self._known:
            self._known[id(mdp)] = len(self.mdps)
            kernel, table = mdp.kernel, mdp.label_table
            arrays = {
                "pair_states": mdp.pair_states, "action_codes": mdp.action_codes, "pointer": kernel.indptr,
                "successors": kernel.indices, "probabilities": kernel.data, "layout": mdp.layout, "table": table,
            }  # fmt: skip
            self.mdps.append({
                "size": mdp.n_states,
                "labels": None if table is not None or mdp.has_default_labels else mdp.states,
                "actions": mdp.action_names,
                "marks": {name: list(where) for name, where in mdp.marks.items()},
                "origin": dict(mdp.origin),
                "arrays": {name: self._array(array) for name, array in arrays.items() if array is not None},
            })  # fmt: skip
        return self._known[id(mdp)]

    def _option(self, option: Option) -> dict[str, Any]:
        parts: list[Any] = [
            [self._mdp(part.mdp), part.state, part.ahead] if isinstance(part, Reach) else self._array(part)
            for part in option.parts
        ]
        first = next((part.mdp for part in option.parts if isinstance(part, Reach)), None)
        states = None if first is not None and first.states == option.states else option.states
        return {
            "name": option.name, "kind": option.kind, "gamma": option.gamma, "states": states, "parts": parts
        }  # fmt: skip


def read_call(data: bytes) -> dict[str, Any]:
    """What `written_call` wrote. FileError, KeyError, TypeError or IndexError where these are no such bytes."""
    arrays, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 8], "little")
        (array,) = unpack(data[at + 8 : at + 8 + size])
        arrays.append(array)
        at += 8 + size
    try:
        header = record({"given": mapping(lambda value: value), "mdps": several(_MDP)})(json.loads(bytes(arrays[0])))
        reader = _Reader(arrays, header["mdps"])
        return {name: reader.get(value) for name, value in header["given"].items()}
    except FileError:
        raise
    except (ValueError, RecursionError, MDPPowerError) as error:
        raise FileError(f"what was kept of the call cannot be read: {error}") from None


_MDP = record({
    "size": whole(1, 2**31 - 1),
    "labels": lambda value: None if value is None else several(label)(value),
    "actions": several(label),
    "marks": mapping(several(whole(0, 2**31 - 1))),
    "origin": mapping(text()),
    "arrays": mapping(whole(1, 2**31 - 1)),
})  # fmt: skip
_OPTION = record({
    "name": text(),
    "kind": one_of("value", "power", "rsd", "vectors"),
    "gamma": lambda value: None if value is None else real(0, 1)(value),
    "states": lambda value: None if value is None else several(label)(value),
    "parts": several(lambda value: value, 1),
})  # fmt: skip


class _Reader:
    """Builds things from JSON and arrays."""

    def __init__(self, arrays: list[AnyArray], mdps: list[dict[str, Any]]) -> None:
        self.arrays = arrays
        self.mdps = [self._mdp(told) for told in mdps]

    def get(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [self.get(one) for one in value]
        if "mdp" in value:
            return self.mdps[whole(0, len(self.mdps) - 1)(value["mdp"])]
        if "rewards" in value:
            return from_description(value["rewards"], whole(1, 2**31 - 1)(value["size"]))
        if "option" in value:
            return self._option(_OPTION(value["option"]))
        if "array" in value:
            return self.arrays[whole(1, len(self.arrays) - 1)(value["array"])]
        if "text" in value:
            return text()(value["text"])
        return policy_from_description(value["policy"], self.mdps[0])  # calls with policies are about one MDP

    def _mdp(self, told: dict[str, Any]) -> RewardlessMDP:
        arrays = {name: self.arrays[number] for name, number in told["arrays"].items()}
        pairs, n = len(arrays["pair_states"]), told["size"]
        many = len(arrays["probabilities"])
        pointer = checked(arrays["pointer"], (pairs + 1,), "i", 0, many, rising=True)
        if (pointer[0], pointer[-1]) != (0, many):
            raise Misfit(f"from 0 to {many}", f"{pointer[0]} to {pointer[-1]}", "pointer")
        successors = checked(arrays["successors"], (many,), "i", 0, n - 1)
        chances = checked(arrays["probabilities"], (many,), "f", 0, 1 + 1e-9)
        layout = arrays.get("layout")
        return RewardlessMDP.from_pairs(
            checked(arrays["pair_states"], (pairs,), "i", 0, n - 1, rising=True),
            sparse.csr_array((chances, successors, pointer), shape=(pairs, n)),
            states=arrays.get("table", told["labels"]),
            actions=told["actions"],
            action_codes=checked(arrays["action_codes"], (pairs,), "i", 0, len(told["actions"]) - 1),
            layout=None if layout is None else checked(layout, (n, 2), "f", -FARTHEST, FARTHEST),
            marks=told["marks"],
            origin=told["origin"],
        )

    def _option(self, told: dict[str, Any]) -> Option:
        parts: list[Any] = []
        for part in told["parts"]:
            if isinstance(part, list):
                mdp = self.mdps[whole(0, len(self.mdps) - 1)(part[0])]
                parts.append(Reach(mdp, whole(0, mdp.n_states - 1)(part[1]), flag(part[2])))
            else:
                parts.append(checked(self.arrays[part], self.arrays[part].shape, "f"))
        reached = next((part.mdp.states for part in parts if isinstance(part, Reach)), ())
        states = reached if told["states"] is None else tuple(told["states"])
        for part in parts:
            if (part.mdp.n_states if isinstance(part, Reach) else part.shape[1]) != len(states):
                raise Misfit(f"about {len(states):,} states", "another number", "option")
        return Option(told["name"], told["kind"], told["gamma"], states, tuple(parts))
