"""Files: the same bits come back, and a file that is not whole and ours is refused before anything reads it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from strategies import mdps

import mdppower as mp
from mdppower.files import sealed as sealed_files
from mdppower.rewards.distribution import Independent

REWARDS = {
    "text": "norm(0,1)",
    "frozen": stats.beta(2, 5, loc=-1),
    "per state": {(0, 0): 3, (2, 3): stats.poisson(2), "default": "uniform(-1,2)"},
    "table": stats.rv_discrete(values=([0, 1, 5], [0.5, 0.25, 0.25])),
    "gaussian": mp.Gaussian(np.arange(31) / 7, np.eye(31) + 0.1),
    "fixed": mp.Fixed(np.arange(31) / 3),
    "features": mp.Features(np.arange(93).reshape(31, 3) / 9, ["norm(0,1)", "uniform", 2]),
    "permuted": mp.Permuted("expon", np.arange(31)[::-1]),
    "mixture": mp.Mixture(["uniform", mp.Fixed(np.zeros(31))], [0.25, 0.75]),
}


@pytest.fixture(scope="module")
def estimate():
    return mp.power(mp.envs.make("maze", slip=0.1), [0, 0.5, 0.9], samples=128, rng=2**100)


@pytest.fixture(scope="module")
def saved(estimate, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "maze.nc"
    estimate.save(path)
    return path


def test_an_estimate_comes_back_with_the_same_bits(estimate, saved):
    again = mp.load(saved)
    assert again.data.means.tobytes() == estimate.data.means.tobytes()
    for confidence in (0.9, 0.99):
        for a, b in zip(
            again.interval(confidence, simultaneous=True),
            estimate.interval(confidence, simultaneous=True),
            strict=True,
        ):
            assert a.tobytes() == b.tobytes()
    assert again.error_bound.tobytes() == estimate.error_bound.tobytes()
    assert (again.gammas, again.samples, again.entropy) == (estimate.gammas, 128, 2**100)
    assert (again.sampler, again.method, again.guarantee) == (estimate.sampler, estimate.method, "statistical")
    assert again.history == estimate.history
    assert set(again.history) >= {"created", "mdppower", "numpy", "scipy", "numba", "python"}
    assert repr(again) == repr(estimate)
    assert again.mdp.equals(estimate.mdp)
    assert again.mdp.marks == estimate.mdp.marks
    np.testing.assert_array_equal(again.mdp.layout, estimate.mdp.layout)


@pytest.mark.slow
def test_a_loaded_estimate_goes_on_working(estimate, saved, tmp_path):
    again = mp.load(saved)
    here, there = (2, 3), (0, 6)
    assert again.difference(here, there).mean.tolist() == estimate.difference(here, there).mean.tolist()
    assert again.actions(here).mean.tolist() == estimate.actions(here).mean.tolist()
    a, b = again.draw(100, 0.9), estimate.draw(100, 0.9)
    assert a.rewards.tobytes() == b.rewards.tobytes()
    assert a.normalised.tobytes() == b.normalised.tobytes()
    again.plot(tmp_path / "again.svg")
    estimate.plot(tmp_path / "first.svg")
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "first.svg").read_bytes()
    # The file has all that makes the run again.
    once_more = mp.power(again.mdp, again.gammas, again.rewards, samples=again.samples, rng=again.entropy)
    assert once_more.data.means.tobytes() == estimate.data.means.tobytes()
    again.save(tmp_path / "again.nc")
    assert mp.load(tmp_path / "again.nc").history == estimate.history


@pytest.mark.slow
@pytest.mark.parametrize("kind", REWARDS)
def test_rewards_of_every_kind_draw_the_same_again(kind, tmp_path):
    # 32 draws of what is seldom anything else: most replicates are equal, which is warned of, and kept.
    rare = kind in ("per state", "mixture")
    with pytest.warns(mp.MDPPowerWarning, match="replicates have the same mean") if rare else nullcontext():
        estimate = mp.power(mp.envs.make("maze"), 0.9, REWARDS[kind], samples=32, rng=1)
    estimate.save(tmp_path / "a.nc")
    again = mp.load(tmp_path / "a.nc")
    assert again.caution == estimate.caution
    assert bool(again.caution) == rare
    assert again.mean.shape == (31,)  # one γ was given, not a sequence
    assert again.rewards.name == estimate.rewards.name
    for i in (0, 31):
        assert again.draw(i).rewards.tobytes() == estimate.draw(i).rewards.tobytes()
    for a, b in zip(again.interval(), estimate.interval(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_rewards_from_a_function_can_be_read_but_not_drawn(tmp_path):
    def loud(n, rng):
        return 10 * rng.random((n, 31))

    estimate = mp.power(mp.envs.make("maze"), 0.9, loud, samples=32, rng=1)
    estimate.save(tmp_path / "a.nc")
    again = mp.load(tmp_path / "a.nc")
    assert again.mean.tobytes() == estimate.mean.tobytes()
    assert again.rewards.name == "loud"
    again.plot()
    with pytest.raises(mp.RewardError, match="loud rewards are the user's own code"):
        again.draw(0)

    # A law of the user's own, even under a name that scipy has, must not come back as scipy's.
    class Norm(stats.rv_continuous):
        def _pdf(self, x):
            return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)

    mine = mp.power(mp.envs.make("fork(2)"), 0.5, Norm(name="norm")(), samples=32, rng=1)
    assert isinstance(mine.rewards, Independent)
    mine.save(tmp_path / "b.nc")
    with pytest.raises(mp.RewardError, match="a file cannot hold"):
        mp.load(tmp_path / "b.nc").draw(0)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["nc", "toml"])
@settings(max_examples=25)
@given(mdp=mdps())
def test_mdps_come_back_equal(tmp_path_factory, suffix, mdp):
    path = tmp_path_factory.mktemp("mdp") / f"m.{suffix}"
    mdp.save(path)
    again = mp.load(path)
    assert again.equals(mdp)
    assert again.fingerprint == mdp.fingerprint
    assert again.kernel.data.tobytes() == mdp.kernel.data.tobytes()


@pytest.mark.parametrize("suffix", ["nc", "toml"])
def test_labels_layout_marks_and_origin_come_back(tmp_path, suffix):
    labels = ["a", 'quote " and \\ and \n and \x7f and ∅', 7, ("x", (1, "y")), "$\u2028"]
    mdp = mp.RewardlessMDP.from_pairs(
        [0, 1, 2, 3, 4, 4],
        np.eye(5)[[1, 2, 3, 4, 0, 4]],
        states=labels,
        actions=["go", ("go", 2), 3],
        action_codes=[0, 1, 2, 2, 1, 0],
        layout=[[0, 0.1], [1, 1e-300], [2, -3], [1 / 3, 4], [5, 6]],
        marks={"*": [0, 3], "z": [4]},
        origin={"source": "by hand", "a b": "c"},
    )
    mdp.save(tmp_path / f"m.{suffix}")
    again = mp.RewardlessMDP.load(tmp_path / f"m.{suffix}")
    assert again.equals(mdp)
    assert again.states == tuple(labels)
    assert again.action_names == mdp.action_names
    assert again.layout.tobytes() == mdp.layout.tobytes()
    assert again.marks == mdp.marks
    assert again.origin == mdp.origin


@pytest.mark.parametrize("label", ["a\0b", "\ud800", 2**70, "", ("", (2**70,))])
def test_any_label_can_be_saved(tmp_path, label):
    mdp = mp.RewardlessMDP.from_successors({label: {label: label}})
    mp.power(mdp, 0.5, samples=32, rng=0).save(tmp_path / "e.nc")
    assert mp.load(tmp_path / "e.nc").mdp.states == (label,)
    if label == "\ud800":  # not Unicode: TOML cannot hold it, and says so
        with pytest.raises(mp.FileError, match="cannot write"):
            mdp.save(tmp_path / "m.toml")
    else:
        mdp.save(tmp_path / "m.toml")
        assert mp.load(tmp_path / "m.toml").equals(mdp)


def test_paths_with_a_null_byte(estimate):
    with pytest.raises(mp.FileError, match="cannot read"):
        mp.load("x\0.nc")
    with pytest.raises(mp.FileError, match="cannot write"):
        estimate.save("x\0.nc")


def test_fingerprints():
    maze = mp.envs.make("maze")
    assert maze.fingerprint == mp.envs.make("maze").fingerprint
    assert maze.fingerprint != mp.envs.make("maze", stay=False).fingerprint
    # The order in which action labels are numbered is no part of an MDP, and neither are layout and marks.
    a = mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), actions=["x", "y"], action_codes=[0, 1])
    b = mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), actions=["y", "x", "z"], action_codes=[1, 0], layout=np.eye(2))
    assert a.equals(b)
    assert a.fingerprint == b.fingerprint
    c = mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), actions=["x", "y"], action_codes=[1, 0])
    assert a.fingerprint != c.fingerprint


def test_the_file_is_plain_netcdf_for_others(estimate, saved):
    with xr.open_dataset(saved, engine="h5netcdf") as data:
        np.testing.assert_array_equal(data.power.values, estimate.mean)
        assert data.sel(gamma=0.9).power.sel(state="(2, 3)").item() == estimate.mean[2, estimate.mdp.index((2, 3))]
        assert data.attrs["rewards"] == "uniform"
        assert data.attrs["format"] == "mdppower"


def test_the_mdp_of_an_estimate(saved, estimate):
    assert mp.RewardlessMDP.load(saved).equals(estimate.mdp)
    assert mp.envs.make(saved).equals(estimate.mdp)


# ---------------------------------------------------------------------- what is not whole or not ours


def refused(path, message):
    with pytest.raises(mp.FileError, match=message) as caught:
        mp.load(path)
    assert "\n" not in str(caught.value)


def test_200_damaged_files(saved, tmp_path):
    """Bytes flipped, files cut: our error every time. (SHA-256 misses no change; HDF5 never sees these files.)"""
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged.nc"
    for number in range(200):
        damaged = bytearray(whole)
        if number % 2:
            for at in rng.integers(0, len(whole), rng.integers(1, 9)):
                damaged[at] ^= int(rng.integers(1, 256))
        else:
            del damaged[int(rng.integers(0, len(whole))) :]
        if bytes(damaged) != whole:
            path.write_bytes(damaged)
            with pytest.raises(mp.FileError):
                mp.load(path)


def test_damage_in_the_last_line(saved, tmp_path):
    whole = saved.read_bytes()
    for at in range(len(whole) - 88, len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        (tmp_path / "d.nc").write_bytes(damaged)
        with pytest.raises(mp.FileError):
            mp.load(tmp_path / "d.nc")


def sealed(payload: bytes, schema: int = 2) -> bytes:
    digest = hashlib.sha256(b"%d" % schema + payload).hexdigest().encode()
    return payload + b"\nmdppower schema %d sha256 %s\n" % (schema, digest)


def test_files_of_others(saved, tmp_path):
    path = tmp_path / "x.nc"
    refused(path, "cannot read .*No such file")
    refused(tmp_path, "cannot read .*directory")
    path.write_bytes(b"")
    refused(path, "is not a file of mdppower")
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    refused(path, "is not a file of mdppower")
    xr.Dataset({"a": 1}).to_netcdf(path, engine="h5netcdf")
    refused(path, "was cut, or written by another program")
    payload = saved.read_bytes().rpartition(b"\nmdppower schema")[0]
    path.write_bytes(sealed(payload, 3))
    refused(path, r"newer mdppower \(schema 3; this one reads up to 2\)")
    path.write_bytes(sealed(payload.replace(b"numba", b"nmuba", 1)))
    assert mp.load(path) is not None  # negative control: with its seal made anew, a change goes unseen


@pytest.mark.slow
def test_sealed_files_that_do_not_hold_what_they_should(saved, tmp_path):
    path = tmp_path / "x.nc"
    path.write_bytes(sealed(b"\x89HDF\r\n\x1a\n no HDF5"))
    refused(path, "not what schema 2 asks for")
    for damage in ("replicate_means", "header", "mdp_successor"):
        with xr.open_dataset(saved, engine="h5netcdf") as data:
            data.load().drop_vars(damage).to_netcdf(path, engine="h5netcdf")
        path.write_bytes(sealed(path.read_bytes()))
        refused(path, f"not what schema 2 asks for.*{damage}")


@pytest.mark.parametrize("name", ["x.txt", "x", "x.png"])
def test_suffixes(estimate, tmp_path, name):
    with pytest.raises(mp.ParameterError, match=r"is saved as \.nc"):
        estimate.save(tmp_path / name)
    with pytest.raises(mp.ParameterError, match=r"saved as \.nc, \.toml, \.drn or \.npz"):
        estimate.mdp.save(tmp_path / name)
    with pytest.raises(mp.ParameterError, match="a path is needed, got 3"):
        mp.load(3)


def test_a_failed_write_leaves_the_old_file_and_no_other(estimate, saved, tmp_path, monkeypatch):
    path = tmp_path / "x.nc"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed_files, "_digest", full)
    with pytest.raises(mp.FileError, match=r"cannot write .*No space left"):
        estimate.save(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.nc"]
    with pytest.raises(mp.FileError, match=r"cannot write .*No such file"):
        estimate.mdp.save(tmp_path / "no" / "where.toml")


def test_saved_files_have_the_rights_of_any_new_file(saved):
    mask = os.umask(0)
    os.umask(mask)
    assert saved.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.slow
def test_another_process_reads_the_same_numbers(estimate, saved):
    code = f"import mdppower as mp; print(mp.load({str(saved)!r}).mean.tobytes().hex())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert bytes.fromhex(out.strip()) == estimate.mean.tobytes()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "x.nc"
    path.write_bytes(data)
    with pytest.raises(mp.FileError):
        mp.load(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{}, {"guarantee": True}, {"policy": mp.agents.lookahead(2)}, {"method": "exact"}], ids=str
)
def test_an_estimate_of_some_steps_comes_back(tmp_path, options):
    found = mp.power(mp.envs.fork(2), horizon=[1, 4], rng=0, samples=64, **options)
    found.save(tmp_path / "x.nc")
    again = mp.load(tmp_path / "x.nc")
    assert again.horizons == (1, 4)
    assert again.mean.tobytes() == found.mean.tobytes()
    assert str(again) == str(found)
    if found.samples:
        assert (again.draw(7, horizon=4).normalised == found.draw(7, horizon=4).normalised).all()
    with xr.open_dataset(tmp_path / "x.nc") as data:
        assert data.power.dims == ("horizon", "state")
        assert data.horizon.values.tolist() == [1, 4]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["CliffWalking-v1", "FrozenLake-v1"])
def test_the_reward_of_an_environment_is_kept(tmp_path, name):
    # Of pairs (the cliff) and of transitions (the lake), beside an MDP, an estimate of it, and another result.
    mdp = mp.from_gymnasium(name)
    own = mp.given_rewards(mdp)
    mdp.save(tmp_path / "mdp.nc")
    mp.power(mdp, 0.9, samples=32, rng=0).save(tmp_path / "power.nc")
    mp.optimal_values(mdp, np.zeros(mdp.n_states), 0.9).save(tmp_path / "values.nc")
    for read in (mp.load(tmp_path / "mdp.nc"), *(mp.load(tmp_path / f"{x}.nc").mdp for x in ("power", "values"))):
        assert read.equals(mdp)
        assert read.origin == mdp.origin
        assert mp.given_rewards(read).on_transitions == own.on_transitions
        assert np.array_equal(mp.given_rewards(read).values, own.values)
