"""What every test shares: the data sets, and fits that several tests look at, each made once."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest
from jaxtyping import install_import_hook

from annotations import CHECKED

# Before anything of scalelaw is imported.
install_import_hook([f"scalelaw.{name}" for name in CHECKED], "annotations.checked")

import scalelaw as sl  # noqa: E402
from scalelaw.cli.estimate import use_compilation_cache  # noqa: E402
from surfaces import isoflops, normal, sweep  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _shared_cache(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """All workers keep compiled code in one folder, apart from the user's: half of the time is compilation.

    SCALELAW_TEST_CACHE names a folder that outlives the run.
    """
    base = tmp_path_factory.getbasetemp()
    kept = os.environ.get("SCALELAW_TEST_CACHE", base if worker_id == "master" else base.parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(kept))
        use_compilation_cache()
        yield


MAPS = Path("/proc/self/maps")
MOST_MAPS = 20_000
"""Compiled functions hold memory maps; a process may have some 65,000, and two thousand tests need more."""


@pytest.fixture(scope="module", autouse=True)
def _compiled_code_is_let_go() -> Iterator[None]:
    """Where there is much of it: what is kept need not be traced again for the next module."""
    yield
    if not MAPS.exists() or MAPS.read_bytes().count(b"\n") > MOST_MAPS:
        jax.clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of other people's training runs, which the project does not ship."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data sets are not here")
    return folder


@pytest.fixture(scope="session")
def epoch_runs(shared_data: Path) -> sl.Runs:
    """The 240 runs of Besiroglu et al. 2024."""
    path = shared_data / "chinchilla_epoch.csv"
    return sl.read_runs(path, N="Model Size", C="Training FLOP", L="loss", drop_highest_loss=5)


@pytest.fixture(scope="session")
def epoch_fit(epoch_runs: sl.Runs) -> sl.Fit:
    """Chinchilla's law on them, from the 4,500 starts."""
    return sl.fit(epoch_runs)


@pytest.fixture(scope="session")
def all_epoch_runs(shared_data: Path) -> sl.Runs:
    """The 245 runs, outliers included."""
    return sl.read_runs(shared_data / "chinchilla_epoch.csv", N="Model Size", C="Training FLOP", L="loss")


@pytest.fixture(scope="session")
def gemstones_runs(shared_data: Path) -> sl.Runs:
    """The 220 runs of McLeish et al. 2025 at a constant learning rate."""
    return sl.read_runs(shared_data / "gemstones_hot.csv", N="params", D="tokens", L="loss")


@pytest.fixture(scope="session")
def cs336_runs(shared_data: Path) -> sl.Runs:
    """72 runs without noise."""
    return sl.read_runs(shared_data / "cs336_isoflops.csv", N="params", D="tokens", L="loss")


@pytest.fixture(scope="session")
def small_fit() -> sl.Fit:
    """48 runs at 6 budgets, 1 % noise."""
    N, D = isoflops(6, 8)
    return sl.fit(sweep(N, D, noise=normal(len(N), 0.01)), starts="projected")
