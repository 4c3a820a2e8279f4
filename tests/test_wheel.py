"""What is installed: small, whole, and without anything that only developers need."""

import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
MOST_BYTES = 2_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(out), str(ROOT)], check=True, timeout=300)
    (made,) = out.glob("scalelaw-*.whl")
    return made


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_BYTES


def test_it_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    source = ROOT / "src"
    mine = {
        path.relative_to(source).as_posix()
        for path in (source / "scalelaw").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == mine
    assert "scalelaw/py.typed" in packed


@pytest.mark.slow
def test_it_installs_in_an_empty_environment_where_nothing_conflicts(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "fresh", with_pip=True)
    bin = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([bin / "python", "-m", "pip", "install", "--quiet", wheel], check=True, timeout=900)
    checked = subprocess.run(
        [bin / "python", "-m", "pip", "check"], capture_output=True, text=True, timeout=300
    )
    assert checked.stdout.strip() == "No broken requirements found."
    laws = subprocess.run([bin / "scalelaw", "laws"], capture_output=True, text=True, check=True, timeout=300)
    assert "chinchilla" in laws.stdout
