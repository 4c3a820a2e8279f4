"""The command: what it prints, its exit codes, its JSON, and one sentence for bad input."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.main import get_command

import scalelaw as sl
from commands import run
from scalelaw.cli.app import app, main

LAW_FILE = """
from typing import NamedTuple
import scalelaw as sl

class Params(NamedTuple):
    E: float
    A: float
    alpha: float
    gamma: float

def loss(p, x):
    return p.E + p.A * x.N ** -p.alpha * x.epochs ** -p.gamma

LAW = sl.Law("mine", Params, loss, inputs=("N", "epochs"), positive=("E", "A"),
             starts={"E": (1.0, 2.0), "A": (10.0, 1e3), "alpha": (0.2, 0.5), "gamma": (0.1, 0.5)})
NUMBER = 3
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 runs of a known law with 0.3 % noise; `epochs` for a law of one's own."""
    rng = np.random.default_rng(5)
    N = np.exp(rng.uniform(np.log(1e7), np.log(3e9), 60)).round()
    D = (N * np.exp(rng.uniform(np.log(5), np.log(200), 60))).round()
    L = (1.7 + 400 / N**0.34 + 2000 / D**0.37) * np.exp(0.003 * rng.standard_normal(60))
    path = tmp_path_factory.mktemp("table") / "runs.csv"
    pd.DataFrame({"params": N, "tokens": D, "loss": L, "epochs": rng.integers(1, 9, 60)}).to_csv(
        path, index=False
    )
    return path


class TestFit:
    def test_prints_values_and_certificate(self, table: Path) -> None:
        code, text = run("fit", table, "--starts", "projected")
        assert code == 0
        assert "chinchilla: L(N, D) = E + A / N^alpha + B / D^beta" in text
        assert "starts at the winner" in text
        assert "read N from 'params', D from 'tokens', L from 'loss'" in text

    def test_json_is_one_object_with_the_face_s_names(self, table: Path) -> None:
        code, text = run("fit", table, "--starts", "projected", "--json")
        assert code == 0
        answer = json.loads(text)
        assert set(answer["params"]) == {"E", "A", "B", "alpha", "beta"}
        assert answer["certificate"]["converged"] is True
        assert answer["trusted"] is True
        assert answer["runs"]["used"] == 60
        assert abs(answer["params"]["alpha"] - 0.34) < 0.05

    def test_out_writes_report_fit_manifest_and_figures(self, table: Path, tmp_path: Path) -> None:
        code, _ = run("fit", table, "--starts", "projected", "--out", tmp_path / "out")
        assert code == 0
        names = {path.name for path in (tmp_path / "out").iterdir()}
        pictures = {
            f"{name}.{kind}" for name in ("law", "residuals", "starts") for kind in ("png", "svg", "pdf")
        }
        assert names == {"report.md", "fit.json", "manifest.json"} | pictures
        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
        assert len(manifest["data"]["sha256"]) == 64
        assert manifest["settings"]["versions"]["jax"]

    def test_predicts_in_the_unit_of_the_law(self, tmp_path: Path) -> None:
        """A law of the batch has no nats in it."""
        C = np.geomspace(1e17, 1e22, 6)
        path = tmp_path / "batches.csv"
        pd.DataFrame({"C": C, "batch": 0.292 * C**0.3271}).to_csv(path, index=False)
        words = ("predict", path, "--law", "batch_C", "--L", "batch", "--starts", "projected")
        code, text = run(*words, "--at", "C=1e23")
        assert code == 0
        first, *notes = text.splitlines()
        assert first == "C 1e23  predicted B 9.74278e6 tokens per update"
        assert [note.split(" (")[0] for note in notes] == [
            "  note: C = 1e23 is beyond the largest of the runs"
        ]

    def test_saved_fit_answers_like_the_table(self, table: Path, tmp_path: Path) -> None:
        run("fit", table, "--starts", "projected", "--out", tmp_path)
        fresh = run("predict", table, "--starts", "projected", "--at", "N=70B,D=1.4T", "--json")
        saved = run("predict", tmp_path / "fit.json", "--at", "N=70B,D=1.4T", "--json")
        assert fresh == saved

    def test_constraints_are_honoured(self, table: Path) -> None:
        words = (
            "--fix",
            "E=1.69",
            "--tie",
            "beta=alpha",
            "--bound",
            "A=1:1e6",
            "--starts",
            "projected",
            "--json",
        )
        code, text = run("fit", table, *words)
        params = json.loads(text)["params"]
        assert code == 0
        assert params["E"] == 1.69
        assert params["beta"] == params["alpha"]

    def test_untrusted_fit_says_so_first_and_exits_with_3(self, table: Path, tmp_path: Path) -> None:
        runs = pd.read_csv(table)
        runs["tokens"] = 20 * runs["params"]
        runs.to_csv(tmp_path / "line.csv", index=False)
        code, text = run("fit", tmp_path / "line.csv", "--starts", "projected")
        assert code == 3
        assert text.startswith(
            "THIS FIT CANNOT BE TRUSTED AS IT STANDS:\n  - N and D are collinear (all runs lie on D = 20 N)"
        )

    def test_law_from_a_file(self, table: Path, tmp_path: Path) -> None:
        (tmp_path / "my_law.py").write_text(LAW_FILE)
        code, text = run("fit", table, "--law", f"{tmp_path / 'my_law.py'}:LAW", "--json")
        assert code in (0, 3)
        assert set(json.loads(text)["params"]) == {"E", "A", "alpha", "gamma"}


class TestIntervals:
    @pytest.mark.slow
    def test_of_clusters_are_printed_and_written(self, table: Path, tmp_path: Path) -> None:
        asked = ("--bootstrap", 30, "--scheme", "cluster", "--by", "epochs", "--level", 0.9)
        code, output = run("fit", table, "--starts", "projected", *asked, "--out", tmp_path)
        assert code == 0
        assert "30 resamples, 8 groups drawn with replacement (seed 0); 0 failed" in output
        assert "90% bca interval" in output
        draws = pd.read_csv(tmp_path / "draws.csv")
        assert list(draws) == ["replicate", "E", "A", "B", "alpha", "beta", "objective", "status", "changed"]
        assert len(draws) == 30

    def test_in_json_hold_the_value(self, table: Path) -> None:
        code, output = run("fit", table, "--starts", "projected", "--bootstrap", 200, "--json")
        assert code == 0
        sure = json.loads(output)["intervals"]
        assert (sure["level"], sure["kind"]) == (0.95, "bca")
        assert all(row["low"] < row["value"] < row["high"] for row in sure["of"].values())

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--bootstrap", -1), "--bootstrap must be a whole number of at least 0, got -1"),
            (("--bootstrap", 9, "--level", 95), "--level must be a number between 0 and 1"),
            (("--bootstrap", 9, "--scheme", "pears"), "did you mean 'pairs'"),
            (("--bootstrap", 9, "--scheme", "cluster", "--by", "nope"), "group must be a column of"),
            (("--bootstrap", 9, "--scheme", "cluster"), "groups must come from a column, and none was named"),
        ],
    )
    def test_refused_in_a_sentence(self, table: Path, words: tuple[object, ...], message: str) -> None:
        code, output = run("fit", table, "--starts", "projected", *words)
        assert code == 2
        assert message in output


class TestOthers:
    def test_allocate_and_its_json(self, table: Path) -> None:
        code, text = run(
            "allocate", table, "--starts", "projected", "--flops", "1e22", "--flops", "100 PF-days", "--json"
        )
        answer = json.loads(text)
        assert code == 0
        assert answer["C"] == [1e22, 100 * 8.64e19]
        assert np.allclose(6 * np.array(answer["N"]) * answer["D"], answer["C"])

    def test_laws_lists_and_shows(self) -> None:
        code, text = run("laws")
        assert code == 0
        assert "kaplan" in text
        assert "arXiv:2203.15556" in run("laws", "chinchilla")[1]

    def test_help_has_examples(self) -> None:
        for command in ("fit", "predict", "allocate", "laws", "demo"):
            code, text = run(command, "--help")
            assert code == 0
            assert f"scalelaw {command}" in text

    @pytest.mark.parametrize("command", ["fit", "bootstrap", "report"])
    def test_help_lists_every_scheme_and_kind_of_interval(self, command: str) -> None:
        options = {option.name: option for option in vars(get_command(app))["commands"][command].params}
        for name, known in (("scheme", sl.resampling.SCHEMES), ("interval", sl.resampling.KINDS)):
            assert sorted(re.split(", | or ", options[name].help.removesuffix("."))) == sorted(known)

    def test_help_imports_nothing_heavy(self) -> None:
        script = (
            "import sys, scalelaw.cli.app\n"
            "heavy = {'jax', 'pandas', 'matplotlib', 'optax', 'scipy'} & set(sys.modules)\n"
            "assert not heavy, heavy"
        )
        subprocess.run([sys.executable, "-c", script], check=True)

    def test_as_a_module(self) -> None:
        done = subprocess.run([sys.executable, "-m", "scalelaw", "--version"], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, f"scalelaw {sl.__version__}\n")


class TestBadInput:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("fit", "nowhere.csv"), "nowhere.csv"),
            (("fit", "{table}", "--delta", "0"), "delta must be a positive finite number, got 0.0"),
            (("fit", "{table}", "--law", "chinchila"), "did you mean 'chinchilla'?"),
            (("fit", "{table}", "--loss", "hubert"), "did you mean 'huber'?"),
            (
                ("fit", "{table}", "--residual", "cubic"),
                "residual must be one of 'log', 'linear', got 'cubic'",
            ),
            (("fit", "{table}", "--starts", "many"), "starts must be one of"),
            (("fit", "{table}", "--solver", "newton"), "--solver must be one of"),
            (("fit", "{table}", "--fix", "E"), "--fix must be written NAME=VALUE, got 'E'"),
            (("fit", "{table}", "--fix", "F=1"), "must be one of 'E', 'A', 'B', 'alpha', 'beta', got 'F'"),
            (("fit", "{table}", "--fix", "E=one"), "'one'"),
            (("fit", "{table}", "--bound", "alpha=1"), "must be written LOW:HIGH"),
            (("fit", "{table}", "--bound", "alpha=2:1"), "interval (low, high)"),
            (("fit", "{table}", "--tie", "E=alpha"), "two positive parameters or two others"),
            (
                ("fit", "{table}", "--law", "gone.py:LAW"),
                "law file must be an existing Python file, got gone.py",
            ),
            (("fit", "{table}", "--N", "size"), "size"),
            (("fit", "{table}", "--where", "loss <"), "loss <"),
            (("fit", "{table}", "--where", "loss < 0"), "runs.csv"),
            (("fit", "{table}", "--where", "index < 4"), "at least as many as the free parameters"),
            (("predict", "{table}", "--starts", "projected", "--at", "N=7B"), "exactly the inputs N, D"),
            (("predict", "{table}", "--at", "7B"), "--at must be written NAME=VALUE,NAME=VALUE"),
            (("allocate", "{table}", "--flops", "lots"), "'lots'"),
            (("allocate", "{table}"), "what is given must be one of"),
            (("laws", "kaplam"), "did you mean 'kaplan'?"),
        ],
    )
    def test_one_sentence(self, table: Path, words: tuple[str, ...], message: str) -> None:
        code, text = run(*(word.format(table=table) for word in words))
        assert code == 2
        assert message in text
        assert "\n" not in text
        assert "Traceback" not in text

    @pytest.mark.parametrize(
        ("body", "name", "message"),
        [
            ("import nothing_of_the_kind", "LAW", "does not import: ModuleNotFoundError"),
            ("def broken(:", "LAW", "does not import: SyntaxError"),
            (LAW_FILE, "NUMBER", "must be a Law in that file ('LAW'), got 'NUMBER', a int"),
            (LAW_FILE, "LAWS", "must be a Law in that file ('LAW'), got 'LAWS'"),
        ],
    )
    def test_law_files(self, table: Path, tmp_path: Path, body: str, name: str, message: str) -> None:
        path = tmp_path / f"law_{abs(hash((body, name)))}.py"
        path.write_text(body)
        code, text = run("fit", table, "--law", f"{path}:{name}")
        assert code == 2
        assert message in text

    def test_main_prints_it_and_exits_with_2(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["scalelaw", "fit", "nowhere.csv"])
        with pytest.raises(SystemExit, match="2"):
            main()
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
