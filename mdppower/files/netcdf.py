"""Files: results and MDPs as sealed NetCDF (`sealed`, `results`), small MDPs as TOML (`mdp_toml`).

MDPs of other tools are read and written by `mdppower.formats`, to which `load` and `save_mdp` hand them on.

A seal proves a file whole, not honest: anybody can compute a SHA-256. So all that is in it is checked before anything
is built from it, by one schema (`mdppower._schema`, `mdppower.files.stored_arrays`). Nothing in a file is code; no
pickle.

A file of `mdppower.power`'s estimate holds the replicate means (all else follows from them; with a guarantee, the
running sums), the MDP itself, the reward distribution, the policy of suboptimal POWER, the entropy, and the versions
it was made with: `load` gives back the same bits. Other results are in `mdppower.files.results`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from mdppower._atomic import write_atomically
from mdppower._horizon import Horizon
from mdppower._schema import (
    FARTHEST,
    LARGEST_COUNT,
    LARGEST_INDEX,
    MOST_DIGITS,
    Misfit,
    anything,
    checked,
    flag,
    fraction,
    label,
    mapping,
    nothing_or,
    one_of,
    record,
    several,
    text,
    whole,
)
from mdppower._text import cut, fraction_text, rate_name
from mdppower.agents.policies import describe_policy, policy_from_description
from mdppower.errors import FileError, MDPPowerError, ParameterError
from mdppower.files.estimate_forms import require_method
from mdppower.files.sealed import (
    MOST_NAMES,
    SCHEMA,
    PathLike,
    check_seal,
    is_hdf5,
    suffix_of,
    told_as_file_error,
    write_sealed,
)
from mdppower.files.stored_arrays import (
    ESTIMATE,
    HORIZONS,
    LABELS,
    LARGEST_SIZE,
    LAYOUT,
    MDP,
    MEANS,
    OLD_NAMES,
    RATES,
    REWARDS,
    SUMS,
    header_text,
    read_arrays,
)
from mdppower.formats.doors import WRITTEN, read_if_known, written
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import own_reward, restore_reward
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import PowerTask
from mdppower.montecarlo.guaranteed import Guaranteed
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.description import describe, from_description
from mdppower.solvers.optimal_values import BACKWARD, METHODS

if TYPE_CHECKING:
    import h5py
    import xarray as xr


def load(path: PathLike) -> Any:
    """What a file holds: a result or an MDP.

    On the command line: ``mdppower info FILE`` tells what it holds, ``mdppower plot FILE`` draws it,
    ``mdppower convert FILE OUT`` writes it in another format, and ``mdppower rivals FILE`` has the success rates of
    learning curves.

    Parameters
    ----------
    path : str or path
        A ``.nc`` file that the ``save`` of a result or of an MDP wrote, a ``.toml`` file of an MDP, or, by its suffix
        or its content, a file of another tool: a graph of POWERplay (``.gv``, ``.dot``), a table of NumPy (``.npz``),
        PRISM's transitions (``.tra``) with what is beside them, Storm's DRN (``.drn``).

    Returns
    -------
    RewardlessMDP, PowerEstimate, or another result
        Of the same class and with the same bits as what was saved: `PowerEstimate`; `Estimate` (a part, a sum or a
        difference of estimates); `ActionOptimality`; `Comparison`; `ModelDifference`, `Sensitivity`; `Solution`;
        `Visits`, `Recurrent`, `OccupancyPolytope`, `Support`; `Certified`; `ClaimReport`,
        `Verification`; and the xarray.Dataset that ``mdppower runs --export`` makes of what has no class of its own.
        Of a user's own code (rewards, policies) there is the name, and what would need the code says so.

    Raises
    ------
    FileError
        The file cannot be read, is of a format that is not read, was cut or changed, or is of a newer schema.
    ModelError
        A file does not describe an MDP.
    SizeError
        A file of another tool says that it has more than can be indexed.

    Examples
    --------
    >>> import tempfile, pathlib, mdppower as mp
    >>> estimate = mp.power(mp.envs.make("fork(3)"), 0.9, samples=64, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     estimate.save(pathlib.Path(folder, "fork.nc"))
    ...     again = mp.load(pathlib.Path(folder, "fork.nc"))
    >>> (again.mean == estimate.mean).all() and (again.draw(5).rewards == estimate.draw(5).rewards).all()
    np.True_
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     estimate.difference("root", "t1").save(pathlib.Path(folder, "lead.nc"))
    ...     mp.load(pathlib.Path(folder, "lead.nc"))
    Estimate('root' − 't1': 0.2578 ± 0.049 at γ = 0.9 (95 %))
    """
    if suffix_of(path) == ".toml":
        from mdppower.files.mdp_toml import read_toml

        return read_toml(path)
    if not is_hdf5(path):
        found = read_if_known(path)
        if found is not None:
            return found
    check_seal(path)
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return _read(file)
    except FileError as error:
        raise FileError(f"{os.fspath(path)}: not what schema {SCHEMA} asks for: {error}") from None
    except MDPPowerError as error:
        raise FileError(f"{os.fspath(path)}: {error}") from error
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        # What HDF5 and SciPy come upon.
        raise FileError(f"{os.fspath(path)}: not what schema {SCHEMA} asks for: {error!r}") from error


def save_estimate(estimate: PowerEstimate, path: PathLike) -> None:
    """Write an estimate, its MDP and its history to a NetCDF file; see `PowerEstimate.save`."""
    if suffix_of(path) != ".nc":
        raise ParameterError(f"an estimate is saved as .nc, .csv or .json; got {os.fspath(path)!r}")
    with told_as_file_error(path):
        data, header = _contents(estimate)
        write_sealed(data, header, path)


def _contents(estimate: PowerEstimate) -> tuple[xr.Dataset, dict[str, Any]]:
    """The arrays of an estimate, and the rest, which JSON can hold."""
    task, kept = estimate.task, estimate.data
    data = estimate.to_xarray()
    if estimate.mdp.n_states > MOST_NAMES:
        data = data.drop_vars("state")
    elif not estimate.mdp.has_default_labels:
        # For other programs, which know neither tuples nor all that a Python string can hold.
        data = data.assign_coords(state=[cut(str(label), 1000) for label in estimate.mdp.states])
    data = data.assign(
        low=("state", kept.low),
        high=("state", kept.high),
        constant=("state", kept.constant.astype(np.int8)),
        slack=(rate_name(task.gammas), kept.slack),
    )
    if isinstance(kept, Guaranteed):
        for name, stored in SUMS.items():
            sizes = [rate_name(task.gammas) if size == "gamma" else size for size in stored.sizes]
            data[name] = (sizes, getattr(kept, name.removeprefix("sum_")))
    else:
        data["replicate_means"] = (("replicate", rate_name(task.gammas), "state"), kept.means)
    header = {
        "kind": "estimate",
        "mdp": _put_mdp(data, estimate.mdp),
        "rewards": describe(task.distribution),
        "single_gamma": task.single,
        "entropy": task.source.entropy,
        "sampler": task.source.kind,
        "replicate_size": task.source.size,
        "method": task.method,
        "policy": None if task.policy is None else describe_policy(task.policy),
        "looks": task.looks,
        "has_variance": kept.has_variance,
        "interrupted": estimate.interrupted,
        "caution": estimate.caution,
        "history": estimate.history,
    }
    if isinstance(kept, Guaranteed):
        header |= {"guarantee": True, "draws": kept.draws, "count": kept.count}
    else:
        header["trials"] = kept.trials
    if estimate.fractions is not None:
        header["exact"] = [[fraction_text(x) for x in row] for row in estimate.fractions.tolist()]
    return data, header


def save_mdp(mdp: RewardlessMDP, path: PathLike) -> None:
    """Write an MDP to a file, of the format that its suffix says; see `RewardlessMDP.save`."""
    import xarray as xr

    suffix = suffix_of(path)
    if suffix == ".toml":
        from mdppower.files.mdp_toml import to_toml

        _require_near(mdp)
        with told_as_file_error(path):
            write_atomically(path, to_toml(mdp).encode())
    elif suffix == ".nc":
        with told_as_file_error(path):
            data = xr.Dataset()
            write_sealed(data, {"kind": "mdp", "mdp": _put_mdp(data, mdp)}, path)
    elif suffix in WRITTEN:
        with told_as_file_error(path):
            write_atomically(path, *written(mdp, suffix))
    else:
        raise ParameterError(f"an MDP is saved as .nc, .toml, {' or '.join(WRITTEN)}; got {os.fspath(path)!r}")


# ---------------------------------------------------------------------- MDPs


def _require_near(mdp: RewardlessMDP) -> None:
    """Refuse to write positions that would not be read again."""
    if mdp.layout is not None:
        try:
            checked(mdp.layout, mdp.layout.shape, "f", -FARTHEST, FARTHEST)
        except Misfit as error:
            raise error.inside("layout") from None


def _put_mdp(data: xr.Dataset, mdp: RewardlessMDP) -> dict[str, Any]:
    """Add the arrays of an MDP to the Dataset; return the rest, which JSON can hold."""
    _require_near(mdp)
    kernel = mdp.kernel
    data["mdp_pair_state"] = ("pair", np.array(mdp.pair_states))
    data["mdp_pair_action"] = ("pair", np.array(mdp.action_codes))
    data["mdp_row_pointer"] = ("pair_end", np.array(kernel.indptr))
    data["mdp_successor"] = ("transition", np.array(kernel.indices))
    data["mdp_probability"] = ("transition", np.array(kernel.data))
    if mdp.layout is not None:
        data["mdp_layout"] = (("state", "axis"), np.array(mdp.layout))
    own = own_reward(mdp)
    if own is not None:
        size = "transition" if own.on_transitions else "pair"
        data[f"mdp_{size}_reward"] = (size, np.array(own.values))
    table = mdp.label_table
    if table is not None:
        data["mdp_labels"] = (("state", "part"), np.array(table))
    return {
        "states": mdp.n_states,
        "labels": None if table is not None or mdp.has_default_labels else mdp.states,
        "actions": mdp.action_names,
        "marks": {name: list(where) for name, where in mdp.marks.items()},
        "origin": dict(mdp.origin),
        "fingerprint": mdp.fingerprint,
    }


def _mdp(file: h5py.File, header: dict[str, Any], sizes: dict[str, int]) -> RewardlessMDP:
    arrays = read_arrays(file, MDP, sizes)
    pointer = arrays["mdp_row_pointer"]
    n_pairs, n_transitions = sizes["pair"], sizes["transition"]
    if sizes["pair_end"] != n_pairs + 1 or (pointer[0], pointer[-1]) != (0, n_transitions):
        told = f"{sizes['pair_end']:,} numbers from {pointer[:1]} to {pointer[-1:]}"
        raise Misfit(f"{n_pairs + 1:,} numbers from 0 to {n_transitions}", told, "mdp_row_pointer")
    labels: Any = header["labels"]
    if "mdp_labels" in file:
        labels = read_arrays(file, LABELS, sizes)["mdp_labels"]
    kernel = sparse.csr_array(
        (arrays["mdp_probability"], arrays["mdp_successor"], pointer), shape=(n_pairs, sizes["state"])
    )
    mdp = RewardlessMDP.from_pairs(
        arrays["mdp_pair_state"],
        kernel,
        states=labels,
        actions=header["actions"],
        action_codes=arrays["mdp_pair_action"],
        layout=read_arrays(file, LAYOUT, sizes)["mdp_layout"] if "mdp_layout" in file else None,
        marks=header["marks"],
        origin=header["origin"],
    )
    for name in REWARDS.keys() & file.keys():
        # Entries have their places in what was written; what from_pairs puts elsewhere was not written by us.
        same = (mdp.kernel.indices, arrays["mdp_successor"]), (mdp.action_codes, arrays["mdp_pair_action"])
        if not all(np.array_equal(ours, theirs) for ours, theirs in same):
            raise Misfit("of pairs and successors in order", "others", name)
        restore_reward(mdp, read_arrays(file, {name: REWARDS[name]}, sizes)[name])
    return mdp


# ---------------------------------------------------------------------- estimates


def _estimate(file: h5py.File, header: dict[str, Any], mdp: RewardlessMDP, sizes: dict[str, int]) -> PowerEstimate:
    told = header["rewards"]
    on_pairs = isinstance(told, dict) and told.get("kind") == "on pairs"
    rewards = from_description(told, mdp.n_pairs if on_pairs else mdp.n_states)
    guarantee = header["guarantee"]
    along = HORIZONS if "horizon" in file else RATES
    arrays = read_arrays(file, along | ESTIMATE | (SUMS if guarantee else MEANS), sizes, OLD_NAMES)
    gammas: tuple[float, ...] = tuple(
        arrays["gamma"].tolist() if along is RATES else map(Horizon, arrays["horizon"].tolist())
    )
    low, high = arrays["low"], arrays["high"]
    if not gammas or len(set(gammas)) < len(gammas) or (header["single_gamma"] and len(gammas) > 1):
        raise Misfit("different rates, one if single_gamma", gammas, rate_name(gammas))
    try:
        require_method(gammas, header["method"])
    except Misfit as error:
        raise error.inside("header") from None
    if (low > high).any():
        raise Misfit("at most high", float(low[low > high][0]), "low")
    source = Sampler(rewards, header["sampler"], header["replicate_size"], header["entropy"])
    policy = None
    if header["policy"] is not None:
        try:
            policy = policy_from_description(header["policy"], mdp)
        except Misfit as error:
            raise error.inside("header.policy") from None
    task = PowerTask(
        mdp, gammas, header["single_gamma"], source, header["method"], header["looks"], rewards, policy, guarantee
    )
    common: dict[str, Any] = {
        "low": low,
        "high": high,
        "constant": arrays["constant"].astype(bool),
        "slack": arrays["slack"],
    }
    kept: Replicates | Guaranteed
    if guarantee:
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise Misfit("finite, with a guarantee", "an infinite bound", "low, high")
        for name, given, end in (("low", low, rewards.low.min()), ("high", high, rewards.high.max())):
            if (other := given[abs(given - end) > 1e-12 * abs(end)]).size:
                raise Misfit(f"{end:g}, an end of the rewards' range, with a guarantee", float(other[0]), name)
        sums = {name.removeprefix("sum_"): arrays[name] for name in SUMS}
        kept = Guaranteed(draws=header["draws"], count=header["count"], **sums, **common)
        if kept.draws != kept.count * source.size:
            told = f"{kept.count:,} replicates of {source.size:,}"
            raise Misfit(told, kept.draws, "draws").inside("header.")
        if wrong := kept.contradiction():
            name, least, most, value = wrong
            told = f"between {least:.10g} and {most:.10g}, as the other sums of {kept.draws:,} draws say"
            raise Misfit(told, value, f"sum_{name}")
    else:
        if sizes["replicate"] == 0:
            raise Misfit("of one replicate or more", "none", "replicate_means")
        kept = Replicates(
            means=arrays["replicate_means"],
            trials=header["trials"],
            looks=header["looks"],
            has_variance=header["has_variance"],
            **common,
        )
    room = (arrays["slack"] + arrays["error_bound"])[:, None] + 1e-9 * np.maximum(1, abs(kept.value))
    what = "optimal value" if on_pairs else "POWER"
    least, most = np.maximum(low, rewards.low.min()), np.minimum(high, rewards.high.max())
    beyond = np.argwhere(~((least - room <= kept.value) & (kept.value <= most + room)))
    if len(beyond):
        g, s = beyond[0]
        told = f"in [{least[s]:g}, {most[s]:g}], within the rewards,"
        raise Misfit(f"{told} on average in state number {s}", float(kept.value[g, s]), what)
    if header["sampler"] == "exact" and not kept.constant.all():
        raise Misfit("1 everywhere in what is exact", 0, "constant")
    fractions = None
    if header["exact"] is not None:
        shape = (len(gammas), mdp.n_states)
        if [len(row) for row in header["exact"]] != [shape[1]] * shape[0]:
            raise Misfit(f"{shape[0]} lists of {shape[1]:,} fractions", header["exact"], "exact")
        fractions = np.array(header["exact"], dtype=object).reshape(shape)
    about = header["interrupted"], header["history"], fractions, header["caution"]
    return PowerEstimate(kept, task, arrays["error_bound"], *about)


def _read(file: h5py.File) -> Any:
    try:
        data = json.loads(header_text(file))
    except (ValueError, RecursionError) as error:  # ValueError: a number of 5,000 digits, too
        raise FileError(f"header is not JSON: {error}") from None
    try:
        kind = one_of("estimate", "mdp", "result")(data.get("kind") if isinstance(data, dict) else None)
        header = data if kind == "result" else _HEADERS[kind](data)
    except Misfit as error:
        raise error.inside("header") from None
    if kind == "result":
        from mdppower.files.results import read_result  # here: the classes of all rooms take a second

        return read_result(file, header)
    about = header["mdp"]
    sizes = {"state": about["states"], "action": len(about["actions"])}
    mdp = _mdp(file, about, sizes)
    if about["fingerprint"] not in ("", mdp.fingerprint):  # files without one are older
        told = f"the fingerprint of the MDP in the file, {mdp.fingerprint}"
        raise Misfit(told, about["fingerprint"], ".mdp.fingerprint").inside("header")
    return mdp if kind == "mdp" else _estimate(file, header, mdp, sizes)


_TEXTS = mapping(text(), 1000)
_MDP_HEADER = record(
    {
        "states": whole(1, LARGEST_INDEX),
        "labels": nothing_or(several(label)),
        "actions": several(label),
        "marks": mapping(several(whole(0, LARGEST_INDEX))),
        "origin": _TEXTS,
    },
    {"fingerprint": (text(64), "")},
)
_HEADERS = {
    "mdp": record({"kind": text(), "mdp": _MDP_HEADER}),
    "estimate": record(
        {
            "kind": text(),
            "mdp": _MDP_HEADER,
            "rewards": anything,
            "single_gamma": flag,
            "entropy": whole(0, 10**MOST_DIGITS),
            "sampler": one_of("latin", "sobol", "iid", "exact"),
            "replicate_size": whole(0, LARGEST_SIZE),
            "method": one_of(*METHODS, BACKWARD, "exact", "policy"),
            "looks": whole(1, LARGEST_INDEX),
            "has_variance": flag,
            "interrupted": flag,
            "history": _TEXTS,
        },
        {
            # Files of before there were policies, cautions and guarantees say nothing of them.
            "policy": (anything, None),
            "caution": (text(), ""),
            "guarantee": (flag, False),
            "draws": (whole(0, LARGEST_COUNT), 0),
            "count": (whole(0, LARGEST_COUNT), 0),
            "trials": (whole(1, LARGEST_COUNT), 1),
            "exact": (nothing_or(several(several(fraction))), None),
        },
    ),
}
