"""Every notebook is stripped, asks a question, and runs from a clean kernel without a word on standard error."""

from pathlib import Path
from typing import Any

import jax
import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS = 300

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
FIRST = "five_minutes_from_a_table_to_a_plan"
"""The notebook that every run of the tests executes; the others are executed before a release."""


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def title(notebook: Any) -> str:
    return str(notebook.cells[0].source).splitlines()[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder beside `benchmarks`, for a kernel with no settings of its own and no network."""
    (tmp_path / "benchmarks").symlink_to(REPOSITORY / "benchmarks")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "SCALELAW_DATA"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    for name in ("compilation_cache_dir", "compilation_cache_max_size"):
        monkeypatch.setenv(f"JAX_{name.upper()}", str(getattr(jax.config, f"jax_{name}")))
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    # The tests' shared cache may be locked for seconds; JAX then compiles, and warns. No matter of the notebook's.
    busy = (f"ignore:Error {what} persistent compilation cache" for what in ("reading", "writing"))
    monkeypatch.setenv("PYTHONWARNINGS", ",".join(busy))
    folder = tmp_path / "notebooks"
    folder.mkdir()
    return folder


def run(path: Path, place: Path) -> Any:
    """The notebook with its outputs; a cell that raises fails the test with its traceback."""
    notebook = read(path)
    where = {"metadata": {"path": str(place)}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    return notebook


def said(notebook: Any, stream: str) -> str:
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    return "".join(output.text for output in outputs if output.get("name") == stream)


def pictures(notebook: Any) -> int:
    return sum("image/png" in output.get("data", {}) for cell in code(notebook) for output in cell.outputs)


def test_there_are_eight() -> None:
    assert len(NOTEBOOKS) == 8


@every_notebook
def test_stripped(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert [cell.id for cell in code(notebook) if cell.outputs or cell.execution_count is not None] == []
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert not any(cell.metadata for cell in notebook.cells)


@every_notebook
def test_the_title_is_a_question_of_the_list(path: Path) -> None:
    asked = title(read(path))
    assert asked.startswith("# ")
    assert asked.endswith("?")
    assert f"| {asked[2:]} | [{path.stem}]({path.name}) |" in (FOLDER / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=() if path.stem == FIRST else pytest.mark.slow)
        for path in NOTEBOOKS
    ],
)
def test_runs(path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = REPOSITORY.parent / "shared" / "data"
    if data.is_dir():
        monkeypatch.setenv("SCALELAW_DATA", str(data))
    done = run(path, place)
    assert said(done, "stderr") == ""
    assert 1 <= pictures(done) <= 3


@pytest.mark.slow
def test_chinchilla_without_its_data(place: Path) -> None:
    """Where the runs of Besiroglu et al. cannot be had, the reason is printed and the story goes on."""
    done = run(FOLDER / "replicating_chinchilla_approach_3.ipynb", place)
    assert "must be reachable, to fetch chinchilla-epoch" in said(done, "stdout")
    assert "240 runs of simulated_sweep.csv" in said(done, "stdout")
    assert said(done, "stderr") == ""
