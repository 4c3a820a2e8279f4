"""The catalogue: complete, true to the files it names, and each entry read in one word."""

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.catalogue.catalogue import WAYS, prepare

OTHERS = [name for name in sl.datasets if not sl.datasets[name].ships]
OF_RUNS = [name for name in OTHERS if sl.datasets[name].read]

# Runs that are read, of the rows of the file.
USED = {
    "chinchilla-epoch": 240,
    "gemstones-hot": 220,
    "gemstones-curves": 1100,
    "cs336-isoflops": 72,
    "porian-isoflop": 1745,
    "porian-optima": 173,
    "routing-dense": 325,
}


class TestEntries:
    def test_the_folder_has_every_file(self, shared_data: Path) -> None:
        """It also holds tables of other kinds (routed models, mixtures, learning rates), which have no entry."""
        assert {sl.datasets[name].file for name in OTHERS} <= {
            path.name for path in shared_data.glob("*.csv")
        }

    @pytest.mark.parametrize("name", OTHERS)
    def test_bytes_and_rows_are_those_of_the_file(self, shared_data: Path, name: str) -> None:
        dataset = sl.datasets[name]
        content = (shared_data / dataset.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == dataset.sha256
        assert len(pd.read_csv(shared_data / dataset.file)) == dataset.rows

    @pytest.mark.parametrize("name", OTHERS)
    def test_columns_that_are_told_of_are_there(self, shared_data: Path, name: str) -> None:
        dataset = sl.datasets[name]
        there = set(pd.read_csv(shared_data / dataset.file).columns)
        assert set(dataset.columns) <= there
        assert {dataset.read[key] for key in ("N", "D", "C", "L", "group") if key in dataset.read} <= there

    def test_the_raw_file_of_epoch_is_the_one_that_its_authors_published(self) -> None:
        dataset = sl.datasets["chinchilla-epoch"]
        assert dataset.sha256 == "193478df4e90f040016431996c45682659306840ecdadf83cfb9cd5ca0aa1b30"
        assert not dataset.made

    @pytest.mark.parametrize("name", sl.datasets)
    def test_addresses_are_pinned_and_what_has_none_says_why(self, name: str) -> None:
        dataset = sl.datasets[name]
        pinned = r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w./-]+"
        assert (dataset.url and re.fullmatch(pinned, dataset.url)) or dataset.made or dataset.ships
        assert dataset.prepare in ("", *WAYS)
        assert len(dataset.sha256) == 64
        assert dataset.source
        assert dataset.citation

    def test_a_missing_licence_is_said(self) -> None:
        without = [name for name, dataset in sl.datasets.items() if not dataset.licence]
        assert without == ["chinchilla-epoch"]
        assert sl.datasets["chinchilla-epoch"].terms.startswith("none stated by its authors")
        assert sl.datasets["routing-dense"].terms == "CC-BY-4.0"

    def test_pooch_is_a_dependency(self) -> None:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
        assert any(each.startswith("pooch>=") for each in project["dependencies"])


class TestReading:
    @pytest.mark.parametrize("name", OF_RUNS)
    def test_each_is_read_in_one_word(self, shared_data: Path, name: str) -> None:
        runs = sl.read_dataset(name, shared_data)
        assert len(runs) == USED[name]
        assert len(runs) + len(runs.excluded) == sl.datasets[name].rows
        assert runs.sha256 == sl.datasets[name].sha256
        assert runs.N is not None
        assert runs.D is not None
        assert runs.C is not None

    def test_the_one_that_ships_is_read_without_a_folder(self) -> None:
        runs = sl.read_dataset("simulated-sweep")
        np.testing.assert_array_equal(runs.C, 6 * runs.N * runs.D)
        assert len(runs) == 240

    def test_as_the_files_are_read_by_hand(self, shared_data: Path, epoch_runs: sl.Runs) -> None:
        runs = sl.read_dataset("chinchilla-epoch", shared_data)
        np.testing.assert_array_equal(runs.N, epoch_runs.N)
        np.testing.assert_array_equal(runs.D, epoch_runs.D)
        np.testing.assert_array_equal(runs.L, epoch_runs.L)

    def test_noise_free_runs_are_the_law_that_is_told(self, shared_data: Path) -> None:
        runs = sl.read_dataset("cs336-isoflops", shared_data)
        np.testing.assert_allclose(runs.L, 2.69 + 1606.4 / runs.N**0.34 + 3210.7 / runs.D**0.36, rtol=1e-8)

    def test_curves_have_their_runs_and_the_authors_flop(self, shared_data: Path) -> None:
        runs = sl.read_dataset("gemstones-curves", shared_data)
        assert runs.columns["C"] == "flops_detailed"
        assert len(runs.group_names) == 22

    def test_your_own_keywords_stand_before_the_catalogue_s(self, shared_data: Path) -> None:
        assert len(sl.read_dataset("chinchilla-epoch", shared_data, drop_highest_loss=0)) == 245
        detailed = sl.read_dataset("gemstones-hot", shared_data, C="flops_detailed", group=None)
        assert detailed.columns["C"] == "flops_detailed"

    def test_your_where_chooses_among_the_rows_that_are_left(self, shared_data: Path) -> None:
        runs = sl.read_dataset("routing-dense", shared_data, where="seed == 1 or params < 2e7")
        assert len(runs) == 25 + 25
        assert "where: not ((loss > 0) and (seed == 1" in runs.excluded["reason"].iloc[0]

    def test_answers_are_no_runs(self) -> None:
        sentence = (
            r"^data set must be a table of runs, got 'porian-fits', a table of published answers; read it"
        )
        with pytest.raises(BadInput, match=sentence):
            sl.read_dataset("porian-fits")

    @pytest.mark.parametrize(
        ("name", "meant"), [("chinchila", "chinchilla-epoch"), ("gemstone", "gemstones-hot"), ("zzz", "")]
    )
    def test_a_misspelt_name_is_answered_with_the_nearest(self, name: str, meant: str) -> None:
        sentence = f"^data set must be one of the 14 that `scalelaw datasets` lists, got '{name}'"
        with pytest.raises(BadInput, match=sentence) as raised:
            sl.datasets[name]
        assert (meant in str(raised.value)) if meant else ("did you mean" not in str(raised.value))
        assert name not in sl.datasets


def test_a_list_loads_nothing_heavy() -> None:
    script = (
        "import sys; from scalelaw.catalogue import place, datasets; place(datasets['chinchilla-epoch'])\n"
        "heavy = {'jax', 'pandas', 'pooch', 'requests'} & set(sys.modules)\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


class TestPreparing:
    def test_the_course_s_json_makes_the_very_bytes(self, shared_data: Path) -> None:
        dataset = sl.datasets["cs336-isoflops"]
        table = pd.read_csv(shared_data / dataset.file, dtype=str).map(float)
        records = [
            f'  {{\n    "parameters": {N:.0f},\n    "compute_budget": {C!r},\n    "final_loss": {L!r}\n  }}'
            for N, C, L in zip(table["params"], table["budget"].tolist(), table["loss"].tolist(), strict=True)
        ]
        published = "[\n" + ",\n".join(records) + "\n]"
        assert prepare(dataset.prepare, published.encode()) == (shared_data / dataset.file).read_bytes()

    @pytest.mark.parametrize("content", [b"404: Not Found", b'[{"parameters": 1', b'[{"size": 1}]', b"[3]"])
    def test_what_is_not_published_so_is_left_for_the_check_of_its_bytes(self, content: bytes) -> None:
        assert prepare("isoflop-curves", content) == content
