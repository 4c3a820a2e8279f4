"""The same draws in every arrangement: killed and continued, on 1, 2, 4 devices, in 2 processes, in 4 shards."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import scalelaw as sl
from scalelaw.fitting.refits import WARM

pytestmark = pytest.mark.slow

REPLICATES = 12_000
CHUNK = 500
SETTINGS = ("--replicates", REPLICATES, "--chunk", CHUNK, "--seed", 3)

RESAMPLES = """
import hashlib, sys
import jax, numpy as np
import scalelaw as sl
from scalelaw.resampling.resampler import Resampler

fit = sl.Fit.load(sys.argv[1])
draw, problem = Resampler.of(fit, 3).draw(fit), fit.setup.problem
with jax.enable_x64(True):
    for device in jax.devices():
        at = jax.device_put(problem, device)
        weights = jax.jit(jax.vmap(lambda i: draw(at, i)[1]))(np.arange(256, dtype=np.uint32))
        print(hashlib.sha256(np.asarray(weights).tobytes()).hexdigest())
"""

LATE = """
import sys, time
import jax
jax.distributed.initialize(sys.argv[1], 2, int(sys.argv[2]))
import scalelaw as sl

def late(done, total):
    if jax.process_index() == 1 and done == 0:
        time.sleep(45)

study = sl.study(sl.Fit.load(sys.argv[3]), 400, sys.argv[4], chunk=50, progress=late)
assert not study.missing
"""


@pytest.fixture(scope="module")
def saved(epoch_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "fit.json"
    epoch_fit.save(path)
    return path


@pytest.fixture(scope="module")
def whole(epoch_fit: sl.Fit) -> sl.Draws:
    """The draws, in one call and without a file."""
    return sl.bootstrap(epoch_fit, REPLICATES, 3)


def started(saved: Path, out: Path, *words: object, devices: int = 1) -> subprocess.Popen[str]:
    """The command at work on a study."""
    return subprocess.Popen(
        [sys.executable, "-c", "from scalelaw.cli import main; main()", "bootstrap", str(saved)]
        + [str(word) for word in (*SETTINGS, "--out", out, *words)],
        env=os.environ | {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str], code: int = 0) -> str:
    """What the command printed."""
    output, errors = process.communicate(timeout=600)
    assert process.returncode == code, errors
    return output + errors


def address() -> str:
    """A free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def part_count(out: Path) -> int:
    return len(list(out.glob("part-*.parquet")))


def until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def largest_difference(mine: sl.Draws, theirs: sl.Draws) -> float:
    """Of any parameter of any replicate, relative; verdicts must be the same."""
    assert len(mine) == len(theirs)
    assert np.array_equal(mine.status, theirs.status)
    assert np.array_equal(mine.changed, theirs.changed)
    return max(
        float(np.max(np.abs(ours / others - 1)))
        for ours, others in zip(mine.params, theirs.params, strict=True)
    )


def test_killed_at_five_random_moments(saved: Path, whole: sl.Draws, tmp_path: Path) -> None:
    moments = random.Random(0)
    for _ in range(5):
        process = started(saved, tmp_path)
        before = part_count(tmp_path)
        until(lambda before=before: part_count(tmp_path) > before, process)
        time.sleep(moments.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    assert 5 <= part_count(tmp_path) < REPLICATES // CHUNK
    assert "12,000 replicates in 24 files" in finished(started(saved, tmp_path))
    assert not list(tmp_path.glob(".*"))
    assert largest_difference(sl.load_draws(tmp_path), whole) <= 1e-9


def test_interrupted(saved: Path, whole: sl.Draws, tmp_path: Path) -> None:
    process = started(saved, tmp_path)
    until(lambda: part_count(tmp_path) > 1, process)
    process.send_signal(signal.SIGINT)
    assert "the same command goes on from there" in finished(process, 130)
    assert 0 < part_count(tmp_path) < REPLICATES // CHUNK
    finished(started(saved, tmp_path))
    assert largest_difference(sl.load_draws(tmp_path), whole) <= 1e-9


@pytest.mark.parametrize("devices", [1, 2, 4])
def test_on_host_devices(saved: Path, whole: sl.Draws, tmp_path: Path, devices: int) -> None:
    finished(started(saved, tmp_path, devices=devices))
    assert largest_difference(sl.load_draws(tmp_path), whole) <= 1e-9


def test_resamples_are_the_same_bits_on_every_device(saved: Path) -> None:
    hashes = [
        subprocess.run(
            [sys.executable, "-c", RESAMPLES, str(saved)],
            env=os.environ | {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for devices in (1, 2, 4)
    ]
    assert [len(some) for some in hashes] == [1, 2, 4]
    assert len({one for some in hashes for one in some}) == 1


def test_a_process_may_be_late(saved: Path, tmp_path: Path) -> None:
    """By more than the half minute that collectives on CPU allow."""
    meet = address()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LATE, meet, str(own), str(saved), str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for own in range(2)
    ]
    for process in processes:
        finished(process)
    assert len(sl.load_draws(tmp_path)) == 400


@pytest.mark.parametrize("devices", [1, 2])
def test_in_two_processes(saved: Path, whole: sl.Draws, tmp_path: Path, devices: int) -> None:
    together = ("--coordinator", address(), "--processes", 2, "--process")
    processes = [started(saved, tmp_path, *together, number, devices=devices) for number in range(2)]
    first, second = map(finished, processes)
    assert "12,000 replicates in 24 files" in first
    assert "replicates" not in second
    assert largest_difference(sl.load_draws(tmp_path), whole) <= 1e-9


def test_in_four_shards_at_once_in_one_folder(saved: Path, whole: sl.Draws, tmp_path: Path) -> None:
    processes = [started(saved, tmp_path, "--shard", f"{number}/4") for number in range(4)]
    for process in processes:
        finished(process)
    assert largest_difference(sl.load_draws(tmp_path), whole) <= 1e-9


def test_in_four_shards_merged(saved: Path, whole: sl.Draws, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    for number, folder in enumerate(folders):
        finished(started(saved, folder, "--shard", f"{number}/4"))
    merged = sl.merge(folders, tmp_path / "merged")
    assert not merged.missing
    assert largest_difference(merged.draws(), whole) <= 1e-9


@pytest.mark.parametrize("chunk", [64, 4096])
@pytest.mark.parametrize("threads", [1, 2])
def test_chunks_and_threads(
    epoch_fit: sl.Fit, whole: sl.Draws, tmp_path: Path, chunk: int, threads: int
) -> None:
    solver = replace(WARM, threads=threads)
    study = sl.study(epoch_fit, REPLICATES, tmp_path, seed=3, chunk=chunk, solver=solver)
    assert largest_difference(study.draws(), whole) <= 1e-9
