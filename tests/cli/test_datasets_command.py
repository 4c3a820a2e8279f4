"""`scalelaw datasets`, and `--dataset` in the place of a table."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import scalelaw as sl
from commands import run
from scalelaw.cli.app import app

FAST = ("--starts", "projected")


@pytest.fixture(autouse=True)
def _no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCALELAW_DATA", raising=False)


def outcome(*words: object) -> Result:
    """The result of a command that succeeds, standard output and error apart."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


class TestTheList:
    def test_has_every_data_set_and_says_that_a_licence_is_missing(self) -> None:
        lines = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["datasets"]).output.splitlines()
        assert lines[0] == "14 data sets to read with --dataset NAME"
        names = [line.split()[0] for line in lines[1:] if line[:2] == "  " and line[2] != " "]
        assert names == list(sl.datasets)
        (epoch,) = (line for line in lines if line.startswith("  chinchilla-epoch"))
        assert "245 rows; licence MISSING (none stated); fetched once." in epoch

    def test_as_json(self) -> None:
        listed = json.loads(outcome("datasets", "--json").stdout)
        assert [each["name"] for each in listed] == list(sl.datasets)
        assert all(each["here"] for each in listed[:5])
        (epoch,) = (each for each in listed if each["name"] == "chinchilla-epoch")
        assert epoch["licence"] is None


class TestAPage:
    def test_says_all_about_one(self, shared_data: Path) -> None:
        text = outcome("datasets", "chinchilla-epoch", "--data-dir", shared_data).stdout
        for line in (
            "  licence    none stated by its authors: ask them before you pass it on",
            "  sha256     193478df4e90f040016431996c45682659306840ecdadf83cfb9cd5ca0aa1b30",
            "             Training FLOP  C; D = C / (6 N)",
            "@article{besiroglu2024chinchilla,",
        ):
            assert line in text.splitlines()
        assert "92258837425e1b5f2851d624287f0120583a3d0e" in text
        assert "0.0010182740178006" in text
        assert "not there yet" not in text

    def test_says_that_a_file_is_not_there(self, tmp_path: Path) -> None:
        words = ("datasets", "chinchilla-epoch", "--data-dir", tmp_path)
        assert "not there yet" in " ".join(outcome(*words).stdout.split())
        assert json.loads(outcome(*words, "--json").stdout)["here"] is False

    @pytest.mark.parametrize("name", sl.datasets)
    def test_of_each_fits_the_terminal_but_for_its_address_and_citation(self, name: str) -> None:
        text = outcome("datasets", name).stdout.partition("\n@")[0]
        dataset = sl.datasets[name]
        for line in text.splitlines():
            assert len(line) <= 80 or dataset.url in line or str(Path.home().anchor) in line

    def test_of_a_misspelt_name_asks_what_was_meant(self) -> None:
        code, text = run("datasets", "chinchila")
        assert code == 2
        assert text.endswith("got 'chinchila'; did you mean 'chinchilla-epoch'?")


class TestInPlaceOfATable:
    def test_finds_the_known_answer(self, shared_data: Path) -> None:
        result = outcome("fit", "--dataset", "chinchilla-epoch", "--data-dir", shared_data, *FAST, "--json")
        fitted = json.loads(result.stdout)
        assert fitted["objective"] == pytest.approx(0.0010182740178006, rel=1e-10)
        assert fitted["runs"]["used"] == 240

    def test_shows_licence_and_citation_once_on_standard_error(self, shared_data: Path) -> None:
        words = ("predict", "--dataset", "chinchilla-epoch", "--at", "N=70B,D=1.4T", *FAST)
        result = outcome(*words, "--data-dir", shared_data)
        assert result.stderr.count("licence: none stated by its authors") == 1
        assert result.stderr.count("cite: Besiroglu, Erdil, Barnett & You 2024") == 1
        assert "licence" not in result.stdout

    def test_by_the_variable(self, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCALELAW_DATA", str(shared_data))
        found = json.loads(outcome("isoflop", "--dataset", "cs336-isoflops", "--json", "--no-bias").stdout)
        assert found["plain"]["N"]["exponent"] == pytest.approx(0.36 / 0.70, abs=0.01)

    def test_that_ships_needs_no_folder(self) -> None:
        fitted = json.loads(outcome("fit", "--dataset", "simulated-sweep", *FAST, "--json").stdout)
        assert fitted["runs"]["used"] == 240

    def test_reads_curves_with_their_runs(self, shared_data: Path) -> None:
        words = ("envelope", "--dataset", "gemstones-curves", "--method", "hull", "--edges", "--json")
        found = json.loads(outcome(*words, "--data-dir", shared_data).stdout)
        assert found["frontier"]["N"]["exponent"] == pytest.approx(0.499380, abs=5e-7)
        assert found["points"] == 21

    def test_with_options_that_stand_before_the_catalogue_s(self, shared_data: Path) -> None:
        words = ("fit", "--dataset", "chinchilla-epoch", "--data-dir", shared_data, *FAST, "--json")
        assert json.loads(outcome(*words, "--drop-highest-loss", 0).stdout)["runs"]["used"] == 245

    def test_leaves_further_words_their_meaning(self, shared_data: Path) -> None:
        words = ("--dataset", "chinchilla-epoch", "--data-dir", shared_data, *FAST)
        path = shared_data / "chinchilla_epoch.csv"
        named = ("--N", "Model Size", "--C", "Training FLOP", "--drop-highest-loss", 5)
        by_name = outcome("influence", "alpha", *words).stdout
        assert by_name == outcome("influence", path, "alpha", *named, *FAST).stdout
        profiled = json.loads(outcome("profile", "E", *words, "--json").stdout)
        assert profiled["law"] == "chinchilla"


class TestBadInput:
    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (
                ("fit",),
                "the runs must be a table of runs or --dataset NAME, got neither; "
                "`scalelaw datasets` lists the names",
            ),
            (
                ("fit", "runs.csv", "--dataset", "simulated-sweep"),
                "the runs must be a table or --dataset NAME, not both, got 'runs.csv' and --dataset "
                "simulated-sweep; leave one out",
            ),
            (
                ("profile", "runs.csv", "E", "--dataset", "simulated-sweep"),
                "the runs must be a table or --dataset NAME, not both, got 'runs.csv' and --dataset "
                "simulated-sweep; leave one out",
            ),
            (
                ("influence", "--dataset", "simulated-sweep"),
                "FUNCTION must be given after the runs, got nothing; see --help",
            ),
            (("influence", "runs.csv"), "FUNCTION must be given after the runs, got nothing; see --help"),
            (
                ("fit", "runs.csv", "--data-dir", "folder"),
                "--data-dir must be given with --dataset, got 'folder'; add --dataset NAME",
            ),
            (
                ("fit", "--dataset", "porian-fits"),
                "data set must be a table of runs, got 'porian-fits', a table of published answers; read it as "
                'it is: pandas.read_csv(scalelaw.dataset_path("porian-fits"))',
            ),
        ],
    )
    def test_is_one_sentence(self, words: tuple[str, ...], sentence: str) -> None:
        assert run(*words) == (2, sentence)

    def test_coverage_takes_a_data_set_or_a_design(self) -> None:
        code, text = run("coverage", "--dataset", "simulated-sweep", "--design", "few")
        assert code == 2
        assert text.startswith("give either a table of runs or --design")

    def test_a_file_of_other_bytes_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "chinchilla_epoch.csv").write_text("Model Size,Training FLOP,loss\n1,2,3\n")
        code, text = run("fit", "--dataset", "chinchilla-epoch", "--data-dir", tmp_path)
        assert code == 2
        assert "its sha256 must be 193478df" in text
