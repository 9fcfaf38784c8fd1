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

from mdppower._checks import LONGEST
from mdppower._horizon import Horizon
from mdppower._schema import (
    FARTHEST,
    LARGEST_INDEX,
    Misfit,
    anything,
    checked,
    flag,
    label,
    mapping,
    nothing_or,
    one_of,
    real,
    record,
    several,
    text,
    whole,
)
from mdppower._text import rate_name
from mdppower._typing import AnyArray
from mdppower.agents.policies import describe_policy, policy_from_description
from mdppower.errors import ConvergenceError, FileError, MDPPowerError, ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import own_reward, restore_reward
from mdppower.montecarlo.run_loop import Conduct
from mdppower.occupancy.option import Option, Reach
from mdppower.results.rates import rate_values
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
    rates = several(read_rate)(asked["gamma"])
    shorter = asked.get("precision") is None and -(-samples // size) < record.wanted
    return asked | {
        "rng": record.entropy,
        "samples": record.wanted * size if shorter else samples,
        **_given(rates, bool(asked.get("single"))),
        "history": {
            "created": datetime.fromtimestamp(min(record.updated, 2e11), UTC).isoformat(timespec="seconds"),
            **dict(zip(("machine", "numpy", "scipy", "numba"), record.question["numerics"][1:], strict=True)),
        },
    }


def _given(rates: list[float], single: bool) -> dict[str, Any]:
    """Rates as a call takes them: gamma, or horizon."""
    values = rate_values(rates)
    asked = values[0] if single and len(values) == 1 else values
    return {"gamma": None, "horizon": None} | {rate_name(rates): asked}


def stored_rate(rate: float) -> float | dict[str, int]:
    """A rate as JSON has it: a number; a horizon as {"horizon": 5}."""
    return {"horizon": rate.steps} if isinstance(rate, Horizon) else float(rate)


def read_rate(told: Any) -> float:
    """What `stored_rate` gave; Misfit where it is nothing of that kind."""
    if isinstance(told, dict):
        return Horizon(record({"horizon": whole(1, LONGEST)})(told)["horizon"])
    found: float = real(0, 1)(told)
    return found


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
    writer = Writer()
    told = {name: writer.put(value) for name, value in given.items()}
    header = json.dumps({"given": told, "mdps": writer.mdps}).encode()
    parts = [pack((array,)) for array in (np.frombuffer(header, np.uint8), *writer.arrays)]
    return b"".join(piece for part in parts for piece in (len(part).to_bytes(8, "little"), part))


class Writer:
    """Turns things into JSON, and collects their arrays and MDPs, each of which is written once.

    Attributes
    ----------
    arrays : list of arrays
        The first is number 1: before them goes a header, which holds the rest.
    mdps : list of dict
        What JSON says of the MDPs.
    """

    def __init__(self) -> None:
        self.arrays: list[AnyArray] = []
        self.mdps: list[dict[str, Any]] = []
        self._known: dict[int, int] = {}

    def put(self, value: Any) -> Any:
        """What JSON says of an MDP, rewards, an option, a policy, an array, a text, None, or a list of these."""
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
                return {"array": self.array(value)}
            case str():
                return {"text": value}
        return {"policy": describe_policy(value)}

    def array(self, array: AnyArray) -> int:
        """The number by which an array is found again."""
        self.arrays.append(np.asarray(array))
        return len(self.arrays)  # the header is number 0

    def _mdp(self, mdp: RewardlessMDP) -> int:
        if id(mdp) not in self._known:
            self._known[id(mdp)] = len(self.mdps)
            kernel, table, own = mdp.kernel, mdp.label_table, own_reward(mdp)
            arrays = {
                "pair_states": mdp.pair_states, "action_codes": mdp.action_codes, "pointer": kernel.indptr,
                "successors": kernel.indices, "probabilities": kernel.data, "layout": mdp.layout, "table": table,
                "reward": None if own is None else own.values,
            }  # fmt: skip
            self.mdps.append({
                "size": mdp.n_states,
                "labels": None if table is not None or mdp.has_default_labels else mdp.states,
                "actions": mdp.action_names,
                "marks": {name: list(where) for name, where in mdp.marks.items()},
                "origin": dict(mdp.origin),
                "arrays": {name: self.array(array) for name, array in arrays.items() if array is not None},
            })  # fmt: skip
        return self._known[id(mdp)]

    def _option(self, option: Option) -> dict[str, Any]:
        parts: list[Any] = [
            [self._mdp(part.mdp), part.state, part.ahead, *([] if part.whole is None else [self._mdp(part.whole)])]
            if isinstance(part, Reach)
            else self.array(part)
            for part in option.parts
        ]
        first = next((part.mdp for part in option.parts if isinstance(part, Reach)), None)
        states = None if first is not None and first.states == option.states else option.states
        return {
            "name": option.name, "kind": option.kind,
            "gamma": None if option.gamma is None else stored_rate(option.gamma), "states": states, "parts": parts
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
        header = record({"given": mapping(anything), "mdps": several(anything)})(json.loads(bytes(arrays[0])))
        reader = Reader(arrays, header["mdps"])
        return {name: reader.get(value) for name, value in header["given"].items()}
    except FileError:
        raise
    except (ValueError, RecursionError, MDPPowerError) as error:
        raise FileError(f"what was kept of the call cannot be read: {error}") from None


_MDP = record({
    "size": whole(1, LARGEST_INDEX),
    "labels": nothing_or(several(label)),
    "actions": several(label),
    "marks": mapping(several(whole(0, LARGEST_INDEX))),
    "origin": mapping(text()),
    "arrays": record(
        {
            name: whole(1, LARGEST_INDEX)
            for name in ("pair_states", "action_codes", "pointer", "successors", "probabilities")
        },
        {name: (whole(1, LARGEST_INDEX), None) for name in ("layout", "table", "reward")},
    ),
})  # fmt: skip
_OPTION = record({
    "name": text(),
    "kind": one_of("value", "power", "rsd", "vectors"),
    "gamma": nothing_or(read_rate),
    "states": nothing_or(several(label)),
    "parts": several(anything, 1),
})  # fmt: skip


class Reader:
    """Builds things from JSON and arrays, all of which it checks.

    Parameters
    ----------
    arrays : list of arrays
        As `Writer` numbers them, after a header.
    mdps : list
        What JSON says of the MDPs.
    """

    def __init__(self, arrays: list[AnyArray], mdps: list[Any]) -> None:
        self.arrays = arrays
        self._used: set[int] = set()
        self.mdps: list[RewardlessMDP] = []
        for k, told in enumerate(mdps):
            try:
                self.mdps.append(self._mdp(_MDP(told)))
            except Misfit as error:
                raise error.inside(f"mdps[{k}]") from None

    def get(self, value: Any) -> Any:
        """What `Writer.put` was given."""
        if value is None:
            return None
        if isinstance(value, list):
            return [self.get(one) for one in value]
        kind = next(iter(value), None) if isinstance(value, dict) else None
        match one_of("mdp", "rewards", "option", "array", "text", "policy")(kind):
            case "mdp":
                return self.mdp(value)
            case "rewards":
                return self.rewards(value)
            case "option":
                return self.option(value)
            case "array":
                return self.array(record({"array": anything})(value)["array"])
            case "text":
                return record({"text": text()})(value)["text"]
        # Calls with policies are about one MDP.
        return policy_from_description(record({"policy": anything})(value)["policy"], self.mdps[0])

    def array(self, number: Any) -> AnyArray:
        """The array of that number, which is asked for once: small files are not to make large things."""
        place = whole(1, len(self.arrays) - 1)(number)
        if place in self._used:
            raise Misfit("the number of an array that nothing else has", place)
        self._used.add(place)
        return self.arrays[place]

    def mdp(self, value: Any) -> RewardlessMDP:
        """An MDP."""
        place: int = record({"mdp": whole(0, len(self.mdps) - 1)})(value)["mdp"]
        return self.mdps[place]

    def rewards(self, value: Any, most: int = LARGEST_INDEX) -> RewardDistribution:
        """Rewards of at most so many states."""
        told = record({"rewards": anything, "size": whole(1, most)})(value)
        try:
            return from_description(told["rewards"], told["size"])
        except Misfit as error:
            raise error.inside(".") from None

    def _mdp(self, told: dict[str, Any]) -> RewardlessMDP:
        arrays = {name: self.array(number) for name, number in told["arrays"].items() if number is not None}
        pairs, n, many = arrays["pair_states"].size, told["size"], arrays["probabilities"].size
        if n > pairs:
            raise Misfit(f"at most {pairs:,}, the actions of all states", n, ".size")

        def fits(name: str, shape: tuple[int, ...], kind: str, *bounds: float, rising: bool = False) -> Any:
            try:
                return checked(arrays[name], shape, kind, *bounds, rising=rising)
            except Misfit as error:
                raise error.inside(f".{name}") from None

        pointer = fits("pointer", (pairs + 1,), "i", 0, many, rising=True)
        if (pointer[0], pointer[-1]) != (0, many):
            raise Misfit(f"from 0 to {many}", f"{pointer[0]} to {pointer[-1]}", ".pointer")
        chances = fits("probabilities", (many,), "f", 0, 1 + 1e-9)
        rows = sparse.csr_array((chances, fits("successors", (many,), "i", 0, n - 1), pointer), shape=(pairs, n))
        parts = arrays["table"].shape[-1:] if "table" in arrays else ()
        codes = fits("action_codes", (pairs,), "i", 0, len(told["actions"]) - 1)
        mdp = RewardlessMDP.from_pairs(
            fits("pair_states", (pairs,), "i", 0, n - 1, rising=True),
            rows,
            states=fits("table", (n, *parts), "i") if "table" in arrays else told["labels"],
            actions=told["actions"],
            action_codes=codes,
            layout=fits("layout", (n, 2), "f", -FARTHEST, FARTHEST) if "layout" in arrays else None,
            marks=told["marks"],
            origin=told["origin"],
        )
        if "reward" in arrays:
            values = fits("reward", arrays["reward"].shape, "f")
            known = np.array_equal(mdp.action_codes, codes) and np.array_equal(mdp.kernel.indices, rows.indices)
            if values.shape not in ((pairs,), (many,)) or not known:
                raise Misfit("of pairs or transitions, which are in order", f"shape {values.shape}", ".reward")
            restore_reward(mdp, values)
        return mdp

    def option(self, value: Any) -> Option:
        """An option."""
        told = _OPTION(record({"option": anything})(value)["option"])
        if (told["gamma"] is None) != (told["kind"] == "vectors") or (told["kind"] == "rsd" and told["gamma"] != 1):
            raise Misfit("the rate of that kind of option, if it has one", told["gamma"], ".gamma")
        parts = [self._part(part, told["kind"], f".parts[{k}]") for k, part in enumerate(told["parts"])]
        reached = next((part.mdp.states for part in parts if isinstance(part, Reach)), ())
        states = reached if told["states"] is None else tuple(told["states"])
        for part in parts:
            alike = part.mdp.states == states if isinstance(part, Reach) else part.shape[1] == len(states)
            if not alike:
                raise Misfit(f"about the {len(states):,} states of the option", "others", ".parts")
        return Option(told["name"], told["kind"], told["gamma"], states, tuple(parts))

    def _part(self, part: Any, kind: str, place: str) -> Reach | AnyArray:
        try:
            if not isinstance(part, list):
                rows = self.array(part)
                shape = (len(rows), rows.shape[1]) if rows.ndim == 2 and len(rows) else (1, 1)
                return np.asarray(checked(rows, shape, "f"))
            if len(part) not in (3, 4) or kind == "vectors":
                raise Misfit("a state of an MDP" if len(part) not in (3, 4) else "rows", part)
            mdp = self.mdps[whole(0, len(self.mdps) - 1)(part[0])]
            every = None if len(part) == 3 else self.mdps[whole(0, len(self.mdps) - 1)(part[3])]
            reach = Reach(mdp, whole(0, mdp.n_states - 1)(part[1]), flag(part[2]), every)
            inside = every is None or (
                every.states == mdp.states and every.action_names == mdp.action_names
                and len(np.atleast_1d(np.arange(every.n_pairs)[reach.pairs])) == mdp.n_pairs
            )  # fmt: skip
            if not inside:
                raise Misfit("an MDP with these states and actions, and more", part[3])
            return reach
        except Misfit as error:
            raise error.inside(place) from None
