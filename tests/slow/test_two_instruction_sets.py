"""No test of solver or bootstrap passes by luck of rounding: they hold under two instruction sets of the processor.

Each rounds otherwise (fused multiply-add, width of a sum), so that a lane at the edge of two ends goes another way.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TESTS = ("tests/solve", "tests/resampling/test_bootstrap.py")
SETS = ("SSE4_2", "AVX2")
INTEL = ("x86_64", "AMD64")


@pytest.mark.skipif(platform.machine() not in INTEL, reason="other processors have other instruction sets")
@pytest.mark.parametrize("instructions", SETS)
def test_solver_and_bootstrap_hold(instructions: str, tmp_path: Path) -> None:
    """What was compiled for one set is not for the other: each has its own cache."""
    own = {
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa={instructions}".strip(),
        "SCALELAW_TEST_CACHE": str(tmp_path / "cache"),
    }
    inherited = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    words = ["-m", "pytest", "-q", "-m", "not slow and not exhaustive", "-p", "no:cacheprovider", *TESTS]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=inherited | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
