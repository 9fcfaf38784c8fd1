"""Files are whole or not there: full disks, failures at every step, kills, and what dead writers leave."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading

import pytest

import mdppower as mp
from mdppower import _atomic
from mdppower._atomic import require_writable, write_atomically, write_new
from mdppower.reports.pages import write_report

posix = pytest.mark.skipif(os.name != "posix", reason="rights, locks and signals of POSIX")


@pytest.fixture(scope="module")
def estimate():
    return mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=64, rng=0)


def test_parts_one_after_the_other(tmp_path):
    path = tmp_path / "x"
    write_atomically(path, b"one", memoryview(b" two"))
    assert path.read_bytes() == b"one two"
    write_atomically(path, b"")
    assert path.read_bytes() == b""
    assert os.listdir(tmp_path) == ["x"]


def full(*_):
    raise OSError(28, "No space left on device")


# ---------------------------------------------------------------------- where there is no file yet


@pytest.fixture(params=["links", "no links"])
def links(request, monkeypatch):
    """File systems with hard links and without, which say so by EPERM."""

    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("links")
def test_a_new_file_is_written_where_there_is_none(tmp_path):
    assert write_new(tmp_path / "x", b"one", b" two")
    assert not write_new(tmp_path / "x", b"three")
    assert (tmp_path / "x").read_bytes() == b"one two"
    assert os.listdir(tmp_path) == ["x"]
    with pytest.raises(mp.FileError, match="it is a folder"):
        write_new(tmp_path, b"x")


@pytest.mark.usefixtures("links")
def test_of_many_writers_of_a_new_file_one_succeeds(tmp_path):
    ready, wrote = threading.Barrier(8), []

    def write(k):
        ready.wait()
        if write_new(tmp_path / "x", bytes([k]) * 10000):
            wrote.append(k)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "x").read_bytes() == bytes(wrote) * 10000
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("step", ["fsync", "link", "replace"])
def test_a_new_file_that_cannot_be_written_is_not_there(tmp_path, monkeypatch, step):
    def no_links(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", no_links)
        patch.setattr(os, step, full)
        with pytest.raises(mp.FileError, match=r"cannot write .*No space left"):
            write_new(tmp_path / "x", b"x")
    assert os.listdir(tmp_path) == []
    assert write_new(tmp_path / "x", b"x")  # negative control


@posix
def test_who_was_killed_between_two_names_leaves_one(tmp_path):
    part = tmp_path / f".mdppower-{'0' * 16}.part"
    write_new(tmp_path / "x", b"x")
    os.link(tmp_path / "x", part)
    write_atomically(tmp_path / "y", b"y")
    assert sorted(os.listdir(tmp_path)) == ["x", "y"]
    assert (tmp_path / "x").read_bytes() == b"x"


WRITERS = {
    "estimate.nc": lambda estimate, path: estimate.save(path),
    "mdp.nc": lambda estimate, path: estimate.mdp.save(path),
    "mdp.toml": lambda estimate, path: estimate.mdp.save(path),
    "power.png": lambda estimate, path: estimate.plot(path),
    "claims.md": lambda estimate, path: write_report([], path),
    "claims.html": lambda estimate, path: write_report([], path),
    "claims.json": lambda estimate, path: write_report([], path),
}


@pytest.mark.slow
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("name", WRITERS)
def test_every_writer_fails_with_our_error_and_leaves_the_old_file(estimate, tmp_path, monkeypatch, name, step):
    path = tmp_path / name
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(f"mdppower._atomic.os.{step}", full)
        with pytest.raises(mp.FileError, match=r"cannot write .*No space left"):
            WRITERS[name](estimate, path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [name]
    WRITERS[name](estimate, path)  # negative control: the same call writes where nothing is in the way
    assert path.read_bytes() != b"old"
    assert os.listdir(tmp_path) == [name]


def test_an_interruption_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "x").write_bytes(b"old")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


@posix
def test_links_are_followed_and_rights_are_kept(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "x").chmod(0o640)
    (tmp_path / "link").symlink_to("x")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "x").read_bytes() == b"new"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640
    mask = os.umask(0)
    os.umask(mask)
    write_atomically(tmp_path / "y", b"")
    assert (tmp_path / "y").stat().st_mode & 0o777 == 0o666 & ~mask


@posix
def test_what_a_dead_writer_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    dead, other = tmp_path / f".mdppower-{'0' * 16}.part", tmp_path / f".mdppower-{'0' * 15}.part"
    for path in (dead, other):
        path.write_bytes(b"half")
    _, number = _atomic._begin(str(tmp_path / "living"))  # removes the first; the second's name is not ours
    (living,) = set(os.listdir(tmp_path)) - {other.name}
    write_atomically(tmp_path / "x", b"new")
    assert sorted(os.listdir(tmp_path)) == sorted([other.name, living, "x"])
    os.close(number)  # as the system does when a process dies
    require_writable(tmp_path / "x")
    assert sorted(os.listdir(tmp_path)) == sorted([other.name, "x"])


def test_paths_are_refused_before_work(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    wrong = {
        "no/such/x": "No such file",
        "folder": "it is a folder",
        "file/x": "Not a directory|No such file",
        "a\0b": "null",
    }
    for path, told in wrong.items():
        for attempt in (require_writable, write_atomically):
            with pytest.raises(mp.FileError, match=f"cannot write .*(?:{told})"):
                attempt(tmp_path / path)
    require_writable(tmp_path / "file")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


DISK_FULL = """
import resource, signal, sys, mdppower as mp
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
estimate = mp.power(mp.envs.make("maze"), [.1, .5, .9], samples=1024, rng=0)
estimate.save(sys.argv[1])
old = open(sys.argv[1], "rb").read()
told = []
for size in [*range(0, len(old), 9001), len(old) - 1, len(old)]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        estimate.save(sys.argv[1])
        told.append("saved")
    except mp.FileError as error:
        told.append(str(error).rpartition(": ")[2])
    assert open(sys.argv[1], "rb").read() == old or told[-1] == "saved"
print(*told, sep="\\n")
"""


@pytest.mark.slow
@posix
def test_a_full_disk(tmp_path):
    """A limit of the size of files stands for it: HDF5, which may end the process, never meets it."""
    done = subprocess.run([sys.executable, "-c", DISK_FULL, tmp_path / "x.nc"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *failed, saved = done.stdout.split("\n")[:-1]
    assert set(failed) == {"File too large"}
    assert saved == "saved"
    assert os.listdir(tmp_path) == ["x.nc"]


KILLS = """
import os, random, signal, sys, time, mdppower as mp
path, rounds = sys.argv[1], int(sys.argv[2])
maze = mp.envs.make("maze")
both = [mp.power(maze, .9, samples=64, rng=seed) for seed in (0, 1)]
both[0].save(path)
moment, seen = random.Random(0), []
for _ in range(rounds):
    child = os.fork()
    if child == 0:
        while True:
            for one in both[::-1]:
                one.save(path)
    time.sleep(moment.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    seen.append(mp.load(path).entropy)
print(*seen)
"""


@pytest.mark.slow
@posix
def test_kills_at_any_moment(estimate, tmp_path):
    rounds = 60
    done = subprocess.run(
        [sys.executable, "-c", KILLS, tmp_path / "x.nc", str(rounds)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"0", "1"}
    assert len(done.stdout.split()) == rounds
    estimate.save(tmp_path / "x.nc")
    assert os.listdir(tmp_path) == ["x.nc"]  # what the killed ones left is gone
