"""The same bits from threads, processes, loky and Dask; workers that die, and what cannot be sent to them."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from elsewhere import compiled_here, deadly, slowly

import mdppower as mp
from mdppower.sensitivity import difference
from mdppower.theorems import verify
from mdppower.theorems.pathwise_claims import copy_test

ROOT = Path(__file__).parents[2]
GRID = mp.envs.make("open(3,3)", slip=0.1)
OTHER = mp.envs.make("open(3,3)", slip=0.2)
WIDE = mp.envs.make("open(13,13)")
NEAR = np.exp(-0.3 * np.abs(np.subtract.outer(np.arange(169), np.arange(169))))
"""Correlations; products of so many columns depend on how many threads BLAS has."""

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # Python 3.12, with threads about


@contextmanager
def engine(name):
    """Two workers."""
    if name == "threads":
        with ThreadPoolExecutor(2) as pool:
            yield pool
    elif name == "loky":
        import loky

        pool = loky.ProcessPoolExecutor(2)
        try:
            yield pool
        finally:
            pool.shutdown(kill_workers=True)
    else:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(name)) as pool:
            yield pool


@pytest.fixture(scope="module")
def client():
    """A Dask client, with two workers of one thread."""
    from distributed import Client, LocalCluster

    quiet = {"silence_logs": logging.CRITICAL, "dashboard_address": None}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **quiet) as cluster,
        Client(cluster) as client,
    ):
        yield client


def everything(**by):
    """Arrays of a run of each kind."""
    run = {"rng": 3, "progress": False} | by
    power = mp.power(GRID, [0, 0.9], samples=256, **run)
    yield "power", power.data.means
    yield "correlated", mp.power(WIDE, 0.9, mp.rewards.Gaussian(np.zeros(169), NEAR), samples=64, **run).data.means
    sums = mp.power(GRID, 0.9, samples=256, guarantee=True, **run)
    yield "guarantee", np.array([*sums.interval(), sums.mean])
    chances = mp.action_optimality(GRID, 0.9, samples=256, **run)
    yield "optimality", np.array([chances.optimal.mean, chances.optimal.stderr])
    options = [mp.Option.state(GRID, state, 0.9, "power") for state in GRID.states[:2]]
    compared = mp.compare(*options, samples=256, **run)
    yield "compare", np.array([compared.gap.mean, compared.p_greater.mean])
    yield "difference", difference(GRID, OTHER, 0.9, samples=256, **run).data.means
    tested = copy_test(GRID, (0, 0), (1, 1), {(0, 0): (1, 1), (1, 1): (0, 0)}, 0.9, samples=200, rng=1, **by)
    yield "pathwise", np.array([tested.violations, tested.worst, tested.tolerance, *tested.violator])


@pytest.fixture(scope="module")
def undisturbed():
    return dict(everything())


def test_the_bits_of_threads(undisturbed):
    for name, array in everything(workers=4):
        np.testing.assert_array_equal(array, undisturbed[name], err_msg=name)
    with engine("threads") as pool:
        for name, array in everything(executor=pool):
            np.testing.assert_array_equal(array, undisturbed[name], err_msg=name)
    assert (np.diff(undisturbed["power"], axis=0) != 0).any()  # what is compared is not all the same


def same_bits(pool, undisturbed):
    for what, array in everything(executor=pool):
        np.testing.assert_array_equal(array, undisturbed[what], err_msg=what)


def kernels_were_loaded(pool):
    """Kernels come from the cache that this process has filled: they are not compiled again."""
    missed, loaded = pool.submit(compiled_here).result()
    return missed == 0 and loaded > 3


def takes_lambdas(pool):
    """Code that only cloudpickle can send."""
    here = mp.power(GRID, 0.9, lambda n, rng: rng.random((n, 9)), samples=64, rng=0)
    there = mp.power(GRID, 0.9, lambda n, rng: rng.random((n, 9)), samples=64, rng=0, executor=pool)
    return bool((here.data.means == there.data.means).all())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fork", "spawn"])
def test_the_bits_of_processes(name, undisturbed):
    with engine(name) as pool:
        same_bits(pool, undisturbed)
        assert name == "fork" or kernels_were_loaded(pool)


@pytest.mark.slow
def test_the_bits_of_a_forkserver_and_what_it_cannot_be_sent(undisturbed):
    with engine("forkserver") as pool:
        same_bits(pool, undisturbed)
        found = verify(GRID, 0.9, claims=["prop-5.4", "prop-B.1"], samples=50, rng=0, executor=pool)
        alone = verify(GRID, 0.9, claims=["prop-5.4", "prop-B.1"], samples=50, rng=0)
        told = [[one.numbers for report in some for one in report.evidence] for some in (found, alone)]
        assert told[0] == told[1]
        assert found.here.executor is None  # reports hold no pool
        with pytest.raises(mp.ParameterError, match="must be functions of a module"):
            mp.power(GRID, 0.9, lambda n, rng: rng.random((n, 9)), samples=64, rng=0, executor=pool)


@pytest.mark.slow
def test_the_bits_of_loky_and_of_dask_what_they_can_be_sent_and_a_kill(undisturbed, client):
    with engine("loky") as pool:
        same_bits(pool, undisturbed)
        assert takes_lambdas(pool)
        survives_a_kill(pool)
    pool = client.get_executor()
    same_bits(pool, undisturbed)
    assert takes_lambdas(pool)
    assert kernels_were_loaded(pool)


@pytest.mark.slow
def test_a_worker_of_dask_is_killed(client):
    # 64 replicates of 10 ms, and one of the two workers is killed in the middle: the scheduler gives what it had to
    # the other one, or to the one that is started in its place, which lacks the parts.
    expected = mp.power(GRID, 0.9, slowly, samples=4096, rng=0, workers=2)
    victim, *_ = client.run(os.getpid).values()
    threading.Timer(0.1, os.kill, (victim, signal.SIGKILL)).start()
    found = mp.power(GRID, 0.9, slowly, samples=4096, rng=0, executor=client.get_executor())
    np.testing.assert_array_equal(found.data.means, expected.data.means)
    assert victim not in client.run(os.getpid).values()


def survives_a_kill(pool):
    """A worker is killed, and the pool with it: the error is clear, and all that comes before is its estimate."""
    entropy = 5

    def first_drawn(k):
        return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(k,))).random((64, 9))

    dead = next(k for k in range(10_000) if first_drawn(k)[0, 0] < 0.005)
    assert dead > 60  # the first tasks are of seven
    with pytest.raises(mp.ParameterError, match=r"executor .* failed at draws? .*worker was killed") as caught:
        mp.power(GRID, 0.9, deadly, samples=64_000, rng=entropy, executor=pool)
    found = caught.value.estimate
    assert found.interrupted
    assert 2 <= found.data.count <= dead
    assert found.data.count * 64 == caught.value.draw
    # Their bits are those of uniform rewards drawn iid.
    expected = mp.power(GRID, 0.9, sampler="iid", samples=64 * 64, rng=entropy)
    assert expected.task.source.size == found.task.source.size == 64
    np.testing.assert_array_equal(found.draw(1).rewards, first_drawn(0)[1])
    count = min(found.data.count, 64)
    np.testing.assert_allclose(found.data.means[:count], expected.data.means[:count], rtol=0, atol=1e-12)


@pytest.mark.slow
def test_a_worker_of_a_pool_is_killed():
    with engine("fork") as pool:
        survives_a_kill(pool)


@pytest.mark.slow
def test_the_scripts_of_the_page_run_as_they_stand(tmp_path):
    page = (ROOT / "mdppower" / "montecarlo" / "README.md").read_text(encoding="utf-8")
    pool, local, slurm = re.findall(r"```python\n((?!>>>).*?)```", page, flags=re.DOTALL)
    assert "ProcessPoolExecutor" in pool
    assert "LocalCluster" in local
    assert "SLURMCluster" in slurm
    compile(slurm, "slurm", "exec")  # there is no queue to try it on
    for code, told in ((pool, "PowerEstimate(31 states"), (local, "PowerEstimate(64 states")):
        (tmp_path / "script.py").write_text(code, encoding="utf-8")
        command = [sys.executable, "script.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout


class Watched(Executor):
    """A pool that calls something after some answers."""

    def __init__(self, pool, after, call):
        self.pool, self.left, self.call = pool, after, call

    def submit(self, *args):
        future = self.pool.submit(*args)
        future.add_done_callback(self.heard)
        return future

    def heard(self, future):
        self.left -= 1
        if self.left == 0:
            self.call()


@pytest.mark.slow
def test_ctrl_c_does_not_wait_for_processes():
    # 4,000 replicates of 10 ms: 20 s for two, if nothing happened; Ctrl-C comes soon after the tenth answer.
    later = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))
    with engine("fork") as pool:
        begin = time.perf_counter()
        with pytest.warns(mp.MDPPowerWarning, match="interrupted"):
            found = mp.power(GRID, 0.9, slowly, samples=256_000, rng=0, executor=Watched(pool, 10, later.start))
        assert found.interrupted
        assert 2 <= found.data.count < 4000
        assert time.perf_counter() - begin < 15
