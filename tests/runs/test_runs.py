"""Reading a table of runs: what is read, derived, selected and refused, word by word."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

from scalelaw import BadInput
from scalelaw.flops import SIX_ND
from scalelaw.runs import Runs, read_runs
from scalelaw.runs.columns import ALIASES, FALLBACKS, fold_name

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")

N = np.array([1e8, 2e8, 4e8, 8e8])
D = np.array([2e9, 4e9, 8e9, 16e9])
L = np.array([3.5, 3.2, 2.9, 2.7])


def frame(**columns: Any) -> pd.DataFrame:
    """Four runs, with columns added, replaced or (None) taken away."""
    every = {"params": N, "tokens": D, "loss": L} | columns
    return pd.DataFrame({name: cells for name, cells in every.items() if cells is not None})


EITHER_SIGN = '; a response of either sign is read with signed=True and fitted with residual="linear"'


LINEAR = 'fit it with residual="linear" (--residual linear)'


def refuses(message: str) -> Any:
    """The whole message, as written."""
    return pytest.raises(BadInput, match=f"^{re.escape(message)}$")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


class TestQuantities:
    def test_reads_and_derives(self) -> None:
        runs = Runs.from_frame(frame())
        assert len(runs) == 4
        np.testing.assert_array_equal(runs.N, N)
        np.testing.assert_array_equal(runs.D, D)
        np.testing.assert_array_equal(runs.C, 6 * N * D)
        np.testing.assert_array_equal(runs.L, L)
        assert {leaf.dtype for leaf in jax.tree.leaves(runs)} == {np.dtype(np.float64)}
        assert runs.weight is None
        assert runs.group is None
        assert runs.group_names == ()
        assert runs.extra == {}
        assert runs.columns == {"N": "params", "D": "tokens", "L": "loss"}
        assert runs.notes == (
            "read N from 'params', D from 'tokens', L from 'loss'",
            "derived C by the convention 6ND",
        )
        assert runs.source == "table"
        assert runs.rows.tolist() == [1, 2, 3, 4]
        assert len(runs.excluded) == 0
        assert list(runs.excluded.columns) == ["row", "reason", "params", "tokens", "loss"]
        assert repr(runs) == "Runs(4 rows of table; read N from 'params', D from 'tokens', L from 'loss')"

    def test_derives_tokens_and_parameters(self) -> None:
        C = 6 * N * D
        by_tokens = Runs.from_frame(frame(tokens=None, flops=C))
        assert by_tokens.D is not None
        np.testing.assert_allclose(by_tokens.D, D, rtol=1e-15)
        assert by_tokens.notes[1] == "derived D by the convention 6ND"
        by_params = Runs.from_frame(frame(params=None, flops=C))
        assert by_params.N is not None
        np.testing.assert_allclose(by_params.N, N, rtol=1e-15)
        assert by_params.notes[1] == "derived N by the convention 6ND"

    @pytest.mark.parametrize("only", ["N", "D", "C"])
    def test_one_input_is_enough(self, only: str) -> None:
        runs = Runs.from_frame(pd.DataFrame({only: N * 1e4, "L": L}))
        assert {name for name in "NDC" if getattr(runs, name) is not None} == {only}
        assert len(runs.notes) == 1

    def test_a_users_own_input_is_enough(self) -> None:
        runs = Runs.from_frame(pd.DataFrame({"depth": [1, 2], "L": [3.0, 2.0]}), inputs=["depth"])
        assert runs.N is None
        assert runs.extra["depth"].tolist() == [1.0, 2.0]

    def test_given_compute_is_used_and_compared(self) -> None:
        runs = Runs.from_frame(frame(flops=6 * N * D * [0.5, 1.0, 1.25, 2.0]))
        np.testing.assert_array_equal(runs.C, 6 * N * D * [0.5, 1.0, 1.25, 2.0])
        assert runs.notes[1] == "C as in the table is 1.125 times 6ND in the median row, from 0.5 to 2"

    def test_contradicting_compute_is_refused(self) -> None:
        with refuses(
            "table, row 3: C must be within a factor 3 of 6ND, "
            "got N = 400M, D = 8B, C = 6.144e19 (ratio 3.2); "
            'check the columns and their units, or take C as the table has it, flops="given" (--flops-rule given)'
        ):
            Runs.from_frame(frame(flops=6 * N * D * [1, 1 / 2.9, 3.2, 1]))
        with pytest.raises(BadInput, match=r"row 1: C must be .* \(ratio 0\.32\); "):
            Runs.from_frame(frame(flops=6 * N * D * [0.32, 1, 1, 1]))

    def test_given_takes_the_tables_own_compute(self) -> None:
        runs = Runs.from_frame(frame(flops=6 * N * D * 50), flops="given")
        np.testing.assert_array_equal(runs.C, 6 * N * D * 50)
        assert runs.notes[1] == "C is taken as given in the table, by no convention"

    def test_given_derives_nothing(self) -> None:
        assert Runs.from_frame(frame(tokens=None, flops=N * D), flops="given").D is None
        with refuses('table: flops must be a convention such as "6ND" for a table without C, got "given"'):
            Runs.from_frame(frame(), flops="given")

    def test_takes_a_convention_by_value(self) -> None:
        assert Runs.from_frame(frame(), flops=SIX_ND).notes[1] == "derived C by the convention 6ND"

    def test_unknown_convention(self) -> None:
        with refuses("flops must be one of '6ND', got '7ND'; did you mean '6ND'?"):
            Runs.from_frame(frame(), flops="7ND")

    def test_derived_overflow_names_the_row(self) -> None:
        with refuses("table, row 2: C as derived must be a positive finite number, got inf"):
            Runs.from_frame(frame(params=[1e8, 1e200, 1e8, 1e8], tokens=[1e9, 1e200, 1e9, 1e9]))

    def test_weight_and_group_are_read_when_asked_for(self) -> None:
        table = frame(w=[0, 1, 2, 0.5], run=["b", "a", "b", "c"])
        assert Runs.from_frame(table).weight is None
        runs = Runs.from_frame(table, weight="w", group="run")
        assert runs.weight is not None
        assert runs.group is not None
        assert runs.weight.tolist() == [1, 2, 0.5]
        assert runs.group.tolist() == [0, 1, 2]
        assert runs.group.dtype == np.int64
        assert runs.group_names == ("a", "b", "c")

    def test_groups_are_numbered_among_the_rows_used(self) -> None:
        runs = Runs.from_frame(frame(run=[10, 11, 12, 11]), group="run", where="run > 10")
        assert runs.group is not None
        assert runs.group.tolist() == [0, 1, 0]
        assert runs.group_names == ("11", "12")

    def test_further_inputs(self) -> None:
        table = frame(unique=["1B", "2B", "4B", "8B"], depth=[0, 1, 2, 3])
        runs = Runs.from_frame(table, inputs={"U": "unique", "T": "tokens"})
        assert runs.extra["U"].tolist() == [1e9, 2e9, 4e9, 8e9]
        assert runs.extra["T"].tolist() == D.tolist()
        assert runs.columns["U"] == "unique"
        assert Runs.from_frame(table, inputs=["depth"]).extra["depth"].tolist() == [0, 1, 2, 3]

    @pytest.mark.parametrize("name", ["N", "D", "C", "L", "weight", "group", "budget"])
    def test_further_inputs_cannot_take_a_reserved_name(self, name: str) -> None:
        with refuses(f"inputs must be names other than N, D, C, L, weight, group, budget, got {name!r}"):
            Runs.from_frame(frame(), inputs={name: "tokens"})

    def test_further_inputs_are_no_bare_text(self) -> None:
        with refuses(
            "inputs must be a mapping of names to columns or a list of names, like [\"U\"], got 'U'"
        ):
            Runs.from_frame(frame(), inputs="U")

    def test_inputs_by_name(self) -> None:
        runs = Runs.from_frame(frame(U=D / 2), inputs=["U"])
        assert list(runs.inputs(["D", "U", "N"])) == ["D", "U", "N"]
        assert runs.inputs(("N", "D"))["N"] is runs.N

    def test_a_missing_input_says_how_to_read_it(self) -> None:
        runs = Runs.from_frame(frame(tokens=None), source="runs.csv")
        with refuses(
            "runs.csv: input must be one of 'N', got 'D'; name its column when reading the table, D=\"...\" "
            "(--D ...), or take a law of what these runs have (--law, `scalelaw laws`)"
        ):
            runs.inputs(["N", "D"])
        with refuses(
            "runs.csv: input must be one of 'N', got 'U'; "
            'name its column when reading the table, inputs={"U": "..."} (--input U=...), '
            "or take a law of what these runs have (--law, `scalelaw laws`)"
        ):
            runs.inputs(["U"])

    def test_to_frame(self) -> None:
        runs = Runs.from_frame(
            frame(w=1.0, run=list("abab"), U=D), weight="w", group="run", inputs=["U"], where="run == 'b'"
        )
        expected = pd.DataFrame(
            {"row": [2, 4], "N": N[[1, 3]], "D": D[[1, 3]], "C": (6 * N * D)[[1, 3]], "L": L[[1, 3]]}
            | {"weight": [1.0, 1.0], "group": ["b", "b"], "U": D[[1, 3]]}
        )
        pd.testing.assert_frame_equal(runs.to_frame(), expected)

    def test_to_frame_leaves_out_what_is_not_there(self) -> None:
        assert list(Runs.from_frame(frame(tokens=None)).to_frame()) == ["row", "N", "L"]

    def test_the_data_frame_is_not_changed(self) -> None:
        table = frame(tokens=["2B", "4B", "8B", "16B"]).set_index(pd.Index([9, 8, 7, 6]))
        before = table.copy(deep=True)
        runs = Runs.from_frame(table, where="tokens > 3e9", drop_highest_loss=1)
        pd.testing.assert_frame_equal(table, before)
        assert runs.rows.tolist() == [3, 4]

    def test_hash_follows_the_data(self) -> None:
        same, other = Runs.from_frame(frame()), Runs.from_frame(frame(loss=L + 1))
        assert same.sha256 == Runs.from_frame(frame(), source="x").sha256 != other.sha256
        assert same.sha256 == hashlib.sha256(frame().to_csv(index=False).encode()).hexdigest()


class TestColumns:
    @pytest.mark.parametrize(
        "names",
        [
            ("N", "D", "C", "L"),
            ("n", "d", "c", "l"),
            ("params", "tokens", "flops", "loss"),
            ("n_params", "n_tokens", "flop", "val_loss"),
            ("num_params", "num_tokens", "training_flop", "validation_loss"),
            ("Parameters", "Train-Tokens", "training_flops", "eval/loss"),
            ("Model Size", "Training Tokens", "Training FLOP", "test loss"),
            ("model_params", "tokens_seen", "train_flops", "final_loss"),
            ("param_count", "total tokens", "total_flops", "train.loss"),
            ("total_params", "TrainingTokens", "Compute", "Final Val Loss"),
            ("number of parameters", "num_train_tokens", "training_compute", "cross-entropy loss"),
        ],
    )
    def test_names_people_use(self, names: tuple[str, str, str, str]) -> None:
        runs = Runs.from_frame(pd.DataFrame(dict(zip(names, (N, D, 6 * N * D, L), strict=True))))
        assert runs.columns == dict(zip("NDCL", names, strict=True))

    def test_aliases_are_written_folded_and_mean_one_quantity(self) -> None:
        every = [alias for table in (ALIASES, FALLBACKS) for aliases in table.values() for alias in aliases]
        assert [fold_name(alias) for alias in every] == every
        assert len(set(every)) == len(every)

    @pytest.mark.parametrize("name", ["budget", "flop_budget", "Compute Budget"])
    def test_budget_is_compute_when_nothing_better_is_there(self, name: str) -> None:
        table = frame(**{name: 6 * N * D})
        assert Runs.from_frame(table).columns["C"] == name
        assert Runs.from_frame(table.assign(flops=5 * N * D)).columns["C"] == "flops"

    def test_two_losses_are_refused(self) -> None:
        with refuses(
            "table: L (loss, nats per token) must be one column, got 'train_loss', 'val_loss'; "
            'choose one: L="train_loss" (--L train_loss)'
        ):
            Runs.from_frame(frame(loss=None, train_loss=L, val_loss=L + 1))

    def test_two_sizes_are_refused_with_a_quoted_flag(self) -> None:
        with refuses(
            "table: N (parameters) must be one column, got 'Model Size', 'params'; "
            "choose one: N=\"Model Size\" (--N 'Model Size')"
        ):
            Runs.from_frame(pd.DataFrame({"Model Size": N * 2, "params": N, "tokens": D, "loss": L}))

    def test_an_exact_name_does_not_beat_an_alias(self) -> None:
        with pytest.raises(
            BadInput, match=r"^table: N \(parameters\) must be one column, got 'params', 'N'; "
        ):
            Runs.from_frame(frame(N=N * 2))

    def test_a_named_column_settles_it(self) -> None:
        runs = Runs.from_frame(frame(train_loss=L, loss=None, val_loss=L + 1), L="val_loss")
        np.testing.assert_array_equal(runs.L, L + 1)

    def test_a_named_column_is_read_as_nothing_else(self) -> None:
        runs = Runs.from_frame(frame(flops=6 * N * D, tokens=None, compute=D), D="compute")
        assert runs.columns == {"N": "params", "D": "compute", "C": "flops", "L": "loss"}

    def test_equal_columns_are_one(self) -> None:
        assert Runs.from_frame(frame(model_size=N)).columns["N"] == "params"

    def test_a_column_of_words_is_no_quantity(self) -> None:
        assert Runs.from_frame(frame(param_count=["kaplan", "standard"] * 2)).columns["N"] == "params"

    def test_no_loss(self) -> None:
        with refuses(
            "table: the loss L must be in a column with a name known for it, got the columns "
            "'params', 'tokens', 'perplexity'; name its column: L=\"...\" (--L ...)"
        ):
            Runs.from_frame(frame(loss=None, perplexity=L))

    def test_no_input(self) -> None:
        with refuses(
            "table: an input N, D or C must be in a column with a name known for it, got the columns "
            "'width', 'loss'; name its column: N=\"...\" (--N ...)"
        ):
            Runs.from_frame(pd.DataFrame({"width": N, "loss": L}))

    @pytest.mark.parametrize("keyword", ["N", "D", "C", "L", "weight", "group"])
    def test_no_such_column(self, keyword: str) -> None:
        with refuses(
            f"{keyword} must be a column of table ('params', 'tokens', 'loss'), got 'Param'; "
            "did you mean 'params'?"
        ):
            Runs.from_frame(frame(), **{keyword: "Param"})  # type: ignore[arg-type]

    def test_no_such_further_input(self) -> None:
        with refuses("U must be a column of table ('params', 'tokens', 'loss'), got 'zz'"):
            Runs.from_frame(frame(), inputs={"U": "zz"})

    def test_one_column_for_two_quantities(self) -> None:
        with refuses("table: N and D must be different columns, got 'params' for both"):
            Runs.from_frame(frame(), N="params", D="params")

    def test_names_need_not_be_text(self) -> None:
        runs = Runs.from_frame(pd.DataFrame({0: N, 1: D, 2: L}), N="0", D="1", L="2")
        np.testing.assert_array_equal(runs.D, D)


class TestCells:
    def test_numbers_as_people_write_them(self) -> None:
        runs = Runs.from_frame(
            frame(
                params=["100M", "0.2B", "4e8", "800,000,000"], tokens=[2_000_000_000, "4B", " 8e9 ", "0.016T"]
            )
        )
        np.testing.assert_array_equal(runs.N, N)
        np.testing.assert_array_equal(runs.D, D)

    @pytest.mark.parametrize(
        "kind", ["float32", "int64", "uint64", "Int64", "Float64", "object", "category", "str", "string"]
    )
    def test_kinds_of_columns(self, kind: str) -> None:
        sizes: Any = pd.Series([100_000_000, 200_000_000, 400_000_000, 800_000_000])
        np.testing.assert_array_equal(Runs.from_frame(frame(params=sizes.astype(kind))).N, N)

    @pytest.mark.parametrize(
        ("cell", "shown"),
        [
            ("abc", "'abc'"),
            ("7 billion", "'7 billion'"),
            ("3,5", "'3,5'"),
            ("", "an empty cell"),
            (None, "an empty cell"),
            (pd.NA, "an empty cell"),
            ("NA", "'NA'"),
            ("nan", "'nan'"),
            (float("nan"), "nan"),
            (0.0, "0.0"),
            ("0", "'0'"),
            (-1.5, "-1.5"),
            ("-7B", "'-7B'"),
            ("-inf", "'-inf'"),
            (True, "True"),
            ([1.0], "[1.0]"),
            (1 + 2j, "(1+2j)"),
        ],
    )
    @pytest.mark.parametrize(("quantity", "column"), [("N", "params"), ("D", "tokens"), ("L", "loss")])
    def test_bad_cells(self, quantity: str, column: str, cell: object, shown: str) -> None:
        table: Any = frame().astype(object)
        table.at[2, column] = cell
        with refuses(
            f"runs.csv, row 3, column {column!r}: {quantity} must be a positive finite number, got {shown}; "
            f'correct it, or leave such rows out on purpose with where (--where "{column} > 0")'
            + (EITHER_SIGN if quantity == "L" and shown in ("-1.5", "'-7B'") else "")
        ):
            Runs.from_frame(table, source="runs.csv")
        assert Runs.from_frame(table, where=f"{column} > 0").rows.tolist() == [1, 2, 4]

    @pytest.mark.parametrize("cell", [np.inf, "inf", "1e400", 10**400])
    def test_infinite_cells(self, cell: object) -> None:
        table: Any = frame().astype(object)
        table.at[0, "loss"] = cell
        with pytest.raises(
            BadInput, match=r"row 1, column 'loss': L must be a positive finite .*--where \"loss < 1e300\"\)$"
        ):
            Runs.from_frame(table)
        assert Runs.from_frame(table, where="loss < 1e300").rows.tolist() == [2, 3, 4]

    def test_bad_compute(self) -> None:
        with pytest.raises(
            BadInput, match=r"^table, row 2, column 'flops': C must be a positive .*, got 0\.0; "
        ):
            Runs.from_frame(frame(flops=[1e18, 0.0, 1e18, 1e18]))

    def test_the_number_of_bad_cells_is_told(self) -> None:
        with pytest.raises(BadInput, match=r"row 2, .*, got nan \(and 2 more of its cells\); correct it"):
            Runs.from_frame(frame(loss=[3.0, np.nan, np.nan, np.nan]))

    def test_names_that_are_no_identifiers_are_quoted_for_where(self) -> None:
        table = pd.DataFrame({"Model Size": N, "final loss": [3.0, -1, 3, 3], "class": D})
        with pytest.raises(BadInput, match=r'--where "`final loss` > 0"\); '):
            Runs.from_frame(table)
        with pytest.raises(BadInput, match=r'--where "`class` > 0"\)$'):
            Runs.from_frame(table.assign(**{"class": 0.0 * N, "final loss": L}), D="class")
        long = "loss " * 30
        with pytest.raises(BadInput, match=r'--where "L > 0"\); '):
            Runs.from_frame(table.rename(columns={"final loss": long}), L=long)

    @pytest.mark.parametrize("cell", [-1.0, np.nan, np.inf])
    def test_bad_weights(self, cell: float) -> None:
        with pytest.raises(
            BadInput, match=r"^table, row 4, column 'w': weight must be a finite number of at least 0, got "
        ):
            Runs.from_frame(frame(w=[1, 1, 1, cell]), weight="w")

    def test_weights_of_zero_alone(self) -> None:
        with refuses("table: weight must be above 0 in at least one row, got 0 in all 4"):
            Runs.from_frame(frame(w=[0, 0, 0, 0]), weight="w")

    def test_a_row_of_weight_zero_is_left_out(self) -> None:
        runs = Runs.from_frame(frame(w=[1, 0, 2, 0]), weight="w")
        assert runs.rows.tolist() == [1, 3]
        assert runs.excluded["reason"].tolist() == ["weight 0"] * 2

    def test_a_response_of_either_sign(self) -> None:
        runs = Runs.from_frame(frame(loss=[-1.0, 0, 1, 2]), signed=True)
        assert runs.L.tolist() == [-1, 0, 1, 2]
        with refuses(f"table, row 1: L for a fit must be positive, got -1.0; {LINEAR}"):
            runs.check_positive("a fit")

    def test_groups_of_several_columns(self) -> None:
        runs = Runs.from_frame(frame(run=["a", "b", "a", "a"], seed=[1, 1, 2, 1]), group="run, seed")
        assert runs.group is not None
        assert runs.group.tolist() == [0, 1, 2, 0]
        assert runs.group_names == ("run=a, seed=1", "run=b, seed=1", "run=a, seed=2")
        assert runs.columns["group"] == "run,seed"

    @pytest.mark.parametrize("cell", [None, np.nan, "", "NA"])
    def test_a_row_without_group(self, cell: object) -> None:
        with refuses(
            "table, row 2, column 'run': group must be the name of the row's group, got an empty cell"
        ):
            Runs.from_frame(frame(run=["a", cell, "b", "b"]), group="run")

    def test_further_inputs_may_be_zero_but_not_missing(self) -> None:
        with refuses(
            "table, row 3, column 'U': U must be a finite number, got nan; "
            'correct it, or leave such rows out on purpose with where (--where "U > -1e300")'
        ):
            Runs.from_frame(frame(U=[0, -1, np.nan, 1]), inputs=["U"])


class TestSelection:
    def test_where_keeps_rows_and_lists_the_others(self) -> None:
        runs = Runs.from_frame(frame(), where="loss < 3.3 and params < 8e8")
        assert runs.rows.tolist() == [2, 3]
        expected = frame().iloc[[0, 3]].reset_index(drop=True)
        expected.insert(0, "reason", "where: not (loss < 3.3 and params < 8e8)")
        expected.insert(0, "row", [1, 4])
        pd.testing.assert_frame_equal(runs.excluded, expected, check_dtype=False)
        assert "left out 2 of 4 rows: 2 by where: not (loss < 3.3 and params < 8e8)" in runs.notes

    @pytest.mark.parametrize(
        ("expression", "rows"),
        [
            ("N > 1e8", [2, 3, 4]),
            ("D <= 8e9", [1, 2, 3]),
            ("C < 1e19", [1, 2]),
            ("L < 3", [3, 4]),
            ("`Training Tokens` > 2e9", [2, 3, 4]),
            ("kind == 'val'", [2, 4]),
            ("kind.str.startswith('t')", [1, 3]),
            ("kind in ['val', 'test']", [2, 4]),
            ("width >= 1024", [3, 4]),
            ("D / N > 1 and not (kind == 'train')", [2, 4]),
            ("ok == True", [1, 4]),
        ],
    )
    def test_where_sees_columns_and_free_quantities(self, expression: str, rows: list[int]) -> None:
        table = frame(
            tokens=None,
            **{"Training Tokens": ["2B", "4B", "8B", "16B"], "kind": ["train", "val"] * 2},
            width=["256", "512", "1k", "2k"],
            ok=[True, False, False, True],
        )
        assert Runs.from_frame(table, where=expression.replace("1024", "1000")).rows.tolist() == rows

    def test_a_column_comes_before_a_quantity_of_its_name(self) -> None:
        runs = Runs.from_frame(frame(N=[1, 2, 3, 4]), N="params", where="N > 2")
        assert runs.rows.tolist() == [3, 4]

    @pytest.mark.parametrize(
        ("expression", "reason"),
        [
            ("losss < 5", "name 'losss' is not defined"),
            ("loss <", "invalid syntax"),
            ("", "it is empty"),
            ("loss = 3", "compare with ==, not ="),
            ("loss < 'a'", "Invalid comparison"),
            ("@x > 1", "variables (@) are not allowed"),
            ("__import__('os')", "a call of '__import__' is not allowed"),
        ],
    )
    def test_bad_expressions(self, expression: str, reason: str) -> None:
        x = 3  # what `@x` must not reach
        with pytest.raises(
            BadInput, match="^table: where must be an expression over the table's columns, got "
        ) as e:
            Runs.from_frame(frame(), where=expression)
        assert x == 3
        assert reason in str(e.value)
        assert repr(expression) in str(e.value)

    @pytest.mark.parametrize("expression", ["loss", "1", "1 < 2", "[1, 2]", "params + 1", "kind"])
    def test_expressions_that_are_no_condition(self, expression: str) -> None:
        with refuses(
            'where must be a condition that is true or false of each row, like "loss < 5", '
            f"got {expression!r}"
        ):
            Runs.from_frame(frame(kind="a"), where=expression)

    def test_where_that_is_true_of_no_row(self) -> None:
        with refuses(
            "table: where must be true of at least one row, "
            "got 'loss < 0', which is true of none of the 4 rows"
        ):
            Runs.from_frame(frame(), where="loss < 0")

    def test_python_warnings_about_an_expression_stay_inside(self) -> None:
        assert len(Runs.from_frame(frame(kind="d"), where=r"kind != '\d'")) == 4

    def test_highest_losses_go_with_their_ties(self) -> None:
        table = frame(loss=[3.5, 3.2, 3.2, 2.7])
        assert Runs.from_frame(table, drop_highest_loss=0).rows.tolist() == [1, 2, 3, 4]
        assert Runs.from_frame(table, drop_highest_loss=1).rows.tolist() == [2, 3, 4]
        runs = Runs.from_frame(table, drop_highest_loss=2)
        assert runs.rows.tolist() == [4]
        assert runs.excluded["reason"].tolist() == ["drop-highest-loss 2"] * 3

    def test_highest_losses_are_counted_after_where(self) -> None:
        runs = Runs.from_frame(frame(), where="loss < 3.4", drop_highest_loss=1)
        assert runs.rows.tolist() == [3, 4]
        assert runs.excluded[["row", "reason"]].to_numpy().tolist() == [
            [1, "where: not (loss < 3.4)"],
            [2, "drop-highest-loss 1"],
        ]
        assert "left out 2 of 4 rows: 1 by where: not (loss < 3.4), 1 by drop-highest-loss 1" in runs.notes

    @pytest.mark.parametrize("highest", [4, 5])
    def test_dropping_every_row(self, highest: int) -> None:
        with refuses(
            f"table: drop_highest_loss must be small enough to leave a row, got {highest}, "
            "which leaves none of the 4 rows"
        ):
            Runs.from_frame(frame(), drop_highest_loss=highest)

    def test_a_negative_number_of_rows(self) -> None:
        with refuses("drop_highest_loss must be a whole number of at least 0, got -1"):
            Runs.from_frame(frame(), drop_highest_loss=-1)

    def test_columns_called_row_and_reason_stay_apart(self) -> None:
        runs = Runs.from_frame(frame(row=[9, 8, 7, 6], reason="x"), where="row < 9")
        assert list(runs.excluded.columns)[:2] == ["row", "reason"]
        assert runs.excluded.iloc[0][["row", "row (table)", "reason (table)"]].tolist() == [1, 9, "x"]


class TestNotes:
    def test_repeated_rows_are_kept_and_named(self) -> None:
        table = pd.concat([frame(), frame().iloc[[1]], frame().iloc[[0]]])
        runs = Runs.from_frame(table)
        assert len(runs) == 6
        assert runs.notes[-1] == (
            "warning: row 5 repeats row 2, row 6 repeats row 1 (the same N, D, C, L); all are kept"
        )

    def test_many_repeats_are_counted(self) -> None:
        note = Runs.from_frame(pd.concat([frame().iloc[[0]]] * 9)).notes[-1]
        assert note.startswith("warning: row 2 repeats row 1, row 3 repeats row 1, ")
        assert "row 6 repeats row 1 and 3 more rows repeat (the same" in note

    def test_rows_that_differ_in_a_further_input_do_not_repeat(self) -> None:
        table = pd.concat([frame(U=1.0), frame(U=2.0)])
        assert "repeats" in Runs.from_frame(table).notes[-1]
        assert "repeats" not in Runs.from_frame(table, inputs=["U"]).notes[-1]

    def test_losses_that_look_like_perplexity(self) -> None:
        note = Runs.from_frame(frame(loss=[33.1, 25.0, 18.0, 15.0])).notes[-1]
        assert note == (
            "warning: L reaches 33.1 in row 1, "
            "which looks like perplexity or a sum rather than nats per token"
        )

    def test_sizes_that_look_like_millions(self) -> None:
        note = Runs.from_frame(frame(params=N / 1e6, tokens=D / 1e6)).notes[-1]
        assert note == (
            "warning: N is at most 800, which looks like millions or billions rather than parameters"
        )

    def test_tokens_that_look_like_millions(self) -> None:
        note = Runs.from_frame(frame(tokens=D / 1e6)).notes[-1]
        assert note == (
            "warning: D / N is at most 2e-5, "
            "which looks like millions of tokens, or steps, rather than tokens"
        )

    def test_a_sound_table_gets_no_warning(self) -> None:
        assert not any(note.startswith("warning:") for note in Runs.from_frame(frame()).notes)


ROWS = frame(kind=["a", "b, c", 'd "e"', "f"])


def as_bytes(table: pd.DataFrame, name: str) -> bytes:
    suffix = name.removesuffix(".gz").rpartition(".")[2]
    if suffix == "parquet":
        content = table.to_parquet()
    elif suffix in ("csv", "tsv"):
        content = table.to_csv(index=False, sep="," if suffix == "csv" else "\t").encode()
    else:
        content = table.to_json(orient="records", lines=True, double_precision=15).encode()
    return gzip.compress(content) if name.endswith(".gz") else content


class TestFiles:
    @pytest.mark.parametrize("zipped", ["", ".gz"])
    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".CSV"])
    def test_round_trip(self, write: Callable[..., Path], suffix: str, zipped: str) -> None:
        name = f"my.runs{suffix}{zipped}"
        content = as_bytes(ROWS, name.lower())
        runs = read_runs(write(name, content), group="kind", where="loss < 3.4")
        np.testing.assert_array_equal(runs.N, N[1:])
        np.testing.assert_array_equal(runs.D, D[1:])
        np.testing.assert_array_equal(runs.L, L[1:])
        assert runs.group_names == ("b, c", 'd "e"', "f")
        assert runs.source == name
        assert runs.sha256 == hashlib.sha256(content).hexdigest()
        assert runs.rows.tolist() == [2, 3, 4]

    def test_numbers_keep_every_bit(self, write: Callable[..., Path]) -> None:
        values = np.random.default_rng(0).lognormal(size=200)
        text = "params,loss\n" + "".join(f"1e9,{value!r}\n" for value in values.tolist())
        np.testing.assert_array_equal(read_runs(write("runs.csv", text)).L, values)

    @pytest.mark.parametrize("separator", [";", "\t", ", ", " ; "])
    def test_separators_of_csv(self, write: Callable[..., Path], separator: str) -> None:
        text = "params|tokens|loss\n1e8|2e9|3.5\n".replace("|", separator)
        assert read_runs(write("runs.csv", text)).columns == {"N": "params", "D": "tokens", "L": "loss"}

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_line_ends_and_byte_order_mark(self, write: Callable[..., Path], end: str) -> None:
        text = end.join(["\ufeffparams,loss", "1e8,3.5", "", "2e8,3.2", "  ", "4e8,x"])
        with pytest.raises(BadInput, match=r"^runs\.csv, row 3 \(line 6\), column 'loss': L must be "):
            read_runs(write("runs.csv", text))

    def test_lines_follow_quoted_line_ends(self, write: Callable[..., Path]) -> None:
        text = 'params,loss,note\n1e8,3.5,"two\nlines"\n2e8,0,x\n'
        with refuses(
            "runs.csv, row 2 (line 4), column 'loss': L must be a positive finite number, got '0'; "
            'correct it, or leave such rows out on purpose with where (--where "loss > 0")'
        ):
            read_runs(write("runs.csv", text))

    def test_an_index_column_without_name(self, write: Callable[..., Path]) -> None:
        runs = read_runs(write("runs.csv", frame().to_csv()), where="`Unnamed: 0` > 0")
        assert runs.rows.tolist() == [2, 3, 4]

    def test_json_lines_may_lack_members(self, write: Callable[..., Path]) -> None:
        text = '{"params": 1e8, "loss": 3.5}\n\n{"loss": 3.2, "params": "2e8", "seed": 1}\n'
        assert read_runs(write("runs.jsonl", text)).N.tolist() == [1e8, 2e8]  # type: ignore[union-attr]
        with pytest.raises(
            BadInput, match=r"^runs\.jsonl, row 2 \(line 3\), column 'loss': .*, got an empty cell;"
        ):
            read_runs(write("runs.jsonl", text.replace('"loss": 3.2, ', "")))

    def test_relative_paths_and_text_paths(
        self, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write("runs.csv", as_bytes(ROWS, "runs.csv"))
        assert len(read_runs(str(path))) == 4
        monkeypatch.chdir(path.parent)
        assert len(read_runs("runs.csv")) == 4


class TestUnreadableFiles:
    def test_no_such_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with refuses("path must be a file that exists, got 'runs.csv'"):
            read_runs("runs.csv")

    def test_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "runs.csv").mkdir()
        with refuses("path must be a file, got the directory 'runs.csv'"):
            read_runs("runs.csv")

    @pytest.mark.parametrize("name", ["runs.xlsx", "runs", "runs.gz", "runs.csv.zip"])
    def test_unknown_suffix(self, name: str) -> None:
        with refuses(
            "path must be a file ending in .csv, .tsv, .jsonl, .ndjson, .json, .parquet "
            f"(or one of these with .gz), got {name!r}"
        ):
            read_runs(name)

    def test_impossible_path(self) -> None:
        with pytest.raises(BadInput, match=r"^path must be a (readable file|file that exists), got "):
            read_runs("a\0b.csv")
        with pytest.raises(BadInput, match=r"^path must be a readable file, got .*name too long"):
            read_runs("x" * 5000 + ".csv")

    @pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
    @pytest.mark.parametrize("name", ["runs.csv", "runs.tsv", "runs.jsonl"])
    def test_empty_file(self, write: Callable[..., Path], name: str, content: str) -> None:
        with refuses(f"{name}: the file must be a table of runs, got an empty file"):
            read_runs(write(name, content))

    def test_header_without_names(self, write: Callable[..., Path]) -> None:
        with refuses("runs.csv: the file must be a table of runs, got no column name"):
            read_runs(write("runs.csv", '""\n'))

    @pytest.mark.parametrize("content", ["params,loss\n", "params,loss"])
    def test_header_without_rows(self, write: Callable[..., Path], content: str) -> None:
        with refuses("runs.csv: the table must be one row a run below the header, got no row"):
            read_runs(write("runs.csv", content))

    def test_binary_file(self, write: Callable[..., Path]) -> None:
        with refuses("runs.csv: the file must be UTF-8 text, got byte 0x89 at position 0"):
            read_runs(write("runs.csv", b"\x89PNG\r\n\x1a\n"))
        said = "got UTF-16, as PowerShell and Excel's Unicode text are; save it as UTF-8"
        with refuses(f"runs.csv: the file must be UTF-8 text, {said}"):
            read_runs(write("runs.csv", "params,loss\n1,2\n".encode("utf-16")))
        with refuses("runs.csv: the file must be UTF-8 text, got a NUL byte at position 1"):
            read_runs(write("runs.csv", "params,loss\n1,2\n".encode("utf-16-le")))

    @pytest.mark.parametrize(("row", "cells"), [("1e8,3.5", 2), ("1e8,2e9,3.5,", 4), ("1e8", 1)])
    def test_ragged(self, write: Callable[..., Path], row: str, cells: int) -> None:
        with refuses(
            f"runs.csv, row 2 (line 3): cells must be as many as the header has names (3), got {cells}"
        ):
            read_runs(write("runs.csv", f"params,tokens,loss\n1e8,2e9,3.5\n{row}\n"))

    @pytest.mark.parametrize("row", ['1e8,"3.5', '1e8,"3"5'])
    def test_broken_quotes(self, write: Callable[..., Path], row: str) -> None:
        with pytest.raises(
            BadInput,
            match=r"^runs\.csv, line 3: the file must be well-formed separated text, got a record that",
        ):
            read_runs(write("runs.csv", f"params,loss\n1e8,3.5\n{row}\n"))

    def test_doubled_names(self, write: Callable[..., Path]) -> None:
        with refuses("runs.csv: column names must be different from each other, got 'loss' more than once"):
            read_runs(write("runs.csv", "params,loss,loss\n1e8,3,3\n"))
        with refuses("table: column names must be different from each other, got 'loss' more than once"):
            Runs.from_frame(pd.DataFrame([[1e8, 3, 3]], columns=["params", "loss", "loss"]))
        with refuses(
            "runs.jsonl, line 1: the names of a JSON object must be different from each other, got one twice"
        ):
            read_runs(write("runs.jsonl", '{"params": 1e8, "loss": 3, "loss": 4}'))

    @pytest.mark.parametrize("line", ["{", "[1, 2]", "3", "null", "not json", "[" * 100_000])
    def test_bad_json_line(self, write: Callable[..., Path], line: str) -> None:
        with pytest.raises(BadInput, match=r"^runs\.jsonl, line 2: each line must be one JSON object, got '"):
            read_runs(write("runs.jsonl", f'{{"params": 1e8, "loss": 3}}\n{line}\n'))

    def test_damaged_gzip(self, write: Callable[..., Path]) -> None:
        content = gzip.compress(as_bytes(ROWS, "runs.csv"))
        for damaged in (b"params,loss", content[:-9], content[:20] + b"\xff\xff\xff" + content[23:]):
            with pytest.raises(BadInput, match=r"^runs\.csv\.gz: a \.gz file must be whole gzip data, got "):
                read_runs(write("runs.csv.gz", damaged))

    @pytest.mark.parametrize("content", [b"", b"params,loss", b"PAR1" * 9])
    def test_damaged_parquet(self, write: Callable[..., Path], content: bytes) -> None:
        with pytest.raises(BadInput, match=r"^runs\.parquet: the file must be Parquet, got "):
            read_runs(write("runs.parquet", content))

    def test_parquet_with_text_that_is_none(self, write: Callable[..., Path]) -> None:
        """Arrow would decode the text only when a cell is looked at."""
        content = frame(run="abcdef").to_parquet(compression=None).replace(b"abcdef", b"abc\xff\xaaf")
        with pytest.raises(BadInput, match=r"^runs\.parquet: the file must be Parquet, got "):
            read_runs(write("runs.parquet", content), group="run")

    def test_parquet_without_pyarrow(
        self, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def missing(*_: object, **__: object) -> None:
            raise ImportError("Unable to find a usable engine")

        monkeypatch.setattr(pd, "read_parquet", missing)
        with refuses('runs.parquet: reading Parquet needs pyarrow; pip install "scalelaw[parquet]"'):
            read_runs(write("runs.parquet", b"PAR1"))

    def test_empty_data_frame(self) -> None:
        with refuses("table: the table must be one row a run below the header, got no row"):
            Runs.from_frame(frame().iloc[:0])

    def test_no_data_frame(self) -> None:
        with refuses("table: df must be a pandas DataFrame, got 'dict'"):
            Runs.from_frame({"N": N, "L": L})  # type: ignore[arg-type]

    def test_long_names_make_no_long_message(self) -> None:
        table = pd.DataFrame({"x" * 10_000 + str(index): N for index in range(9)})
        with pytest.raises(BadInput, match=r"and 3 more; name its column") as refusal:
            Runs.from_frame(table, source="y" * 1000)
        assert len(str(refusal.value)) < 500


class TestPytree:
    def test_round_trip(self) -> None:
        runs = Runs.from_frame(
            frame(w=1.0, run=list("abab"), U=D), weight="w", group="run", inputs=["U"], drop_highest_loss=1
        )
        leaves, structure = jax.tree.flatten(runs)
        again = jax.tree.unflatten(structure, leaves)
        assert len(leaves) == 7
        assert again.provenance is runs.provenance
        assert again.extra["U"] is runs.extra["U"]
        assert again.N is runs.N
        pd.testing.assert_frame_equal(again.to_frame(), runs.to_frame())

    def test_absent_quantities_stay_absent(self) -> None:
        runs = Runs.from_frame(frame(tokens=None))
        assert len(jax.tree.leaves(runs)) == 2
        assert jax.tree.map(lambda leaf: leaf[:2], runs).D is None

    def test_map_and_compile(self) -> None:
        runs = Runs.from_frame(frame())
        halves = jax.tree.map(lambda leaf: leaf / 2, runs)
        np.testing.assert_array_equal(halves.L, L / 2)
        assert halves.notes == runs.notes
        structures = {jax.tree.structure(halves), jax.tree.structure(runs)}
        assert len(structures) == 1
        traced = jax.jit(lambda runs: runs.L.sum() / len(runs))(runs)
        assert float(traced) == pytest.approx(L.mean(), rel=1e-6)

    def test_frozen(self) -> None:
        with pytest.raises(AttributeError, match="cannot assign to field 'L'"):
            Runs.from_frame(frame()).L = L  # type: ignore[misc]


@needs_data
class TestRealTables:
    def test_chinchilla(self) -> None:
        """Besiroglu et al. 2024 keep the rows whose loss is strictly below the 5th largest: 240 of 245."""
        path = DATA / "chinchilla_epoch.csv"
        every, kept = read_runs(path), read_runs(path, drop_highest_loss=5)
        assert every.columns == {"N": "Model Size", "C": "Training FLOP", "L": "loss"}
        assert every.notes[1:] == ("derived D by the convention 6ND",)
        assert every.sha256 == "193478df4e90f040016431996c45682659306840ecdadf83cfb9cd5ca0aa1b30"
        raw = pd.read_csv(path, dtype=str)
        sizes, flops = (raw[name].map(float).to_numpy() for name in ("Model Size", "Training FLOP"))
        np.testing.assert_array_equal(every.N, sizes)
        np.testing.assert_array_equal(every.D, flops / (6 * sizes))
        assert (len(every), len(kept)) == (245, 240)
        assert kept.excluded["row"].tolist() == [1, 2, 3, 4, 5]
        assert kept.L.max() < np.sort(every.L)[-5]
        assert "left out 5 of 245 rows: 5 by drop-highest-loss 5" in kept.notes

    def test_gemstones(self) -> None:
        runs = read_runs(DATA / "gemstones_hot.csv", group="run_id")
        assert runs.columns == {"N": "params", "D": "tokens", "C": "flops", "L": "loss", "group": "run_id"}
        assert len(runs) == 220
        assert len(runs.group_names) == 22
        assert runs.notes[1:] == ("C as in the table is 1 times 6ND in the median row, from 1 to 1",)

    def test_gemstones_own_compute(self) -> None:
        runs = read_runs(DATA / "gemstones_hot.csv", C="flops_detailed")
        assert runs.notes[1] == (
            "C as in the table is 1.031 times 6ND in the median row, from 0.7087 to 1.591"
        )

    def test_cs336(self) -> None:
        """The table is 2.69 + 1606.4 / N^0.34 + 3210.7 / D^0.36, but for N cut to whole parameters (2e-8)."""
        runs = read_runs(DATA / "cs336_isoflops.csv")
        assert runs.columns == {"N": "params", "D": "tokens", "C": "flops", "L": "loss", "budget": "budget"}
        np.testing.assert_array_equal(runs.budget, runs.C)
        assert runs.N is not None
        assert runs.D is not None
        np.testing.assert_allclose(2.69 + 1606.4 / runs.N**0.34 + 3210.7 / runs.D**0.36, runs.L, rtol=5e-9)

    def test_porian(self) -> None:
        runs = read_runs(DATA / "porian_isoflop.csv", group="experiment", where="dataset == 'rw'")
        assert runs.columns["N"] == "params"
        assert runs.columns["C"] == "budget"
        assert len(runs) + len(runs.excluded) == 1745
        assert all(name.startswith("rw|") for name in runs.group_names)

    def test_routing_has_a_bad_row_that_can_be_left_out_on_purpose(self) -> None:
        path = DATA / "routing_dense_curves.csv"
        with pytest.raises(
            BadInput,
            match=r"^routing_dense_curves\.csv, row \d+ \(line \d+\), column 'loss': L must be a "
            r"positive finite number, got (an empty cell|'nan'); correct it, .*\(--where \"loss > 0\"\)$",
        ):
            read_runs(path)
        runs = read_runs(path, where="loss > 0", group="run_id")
        assert len(runs) == 325
        assert len(runs.excluded) == 1
        assert (
            runs.notes[1] == "C as in the table is 0.7287 times 6ND in the median row, from 0.4272 to 1.151"
        )

    def test_published_json_lines_equal_csv(self, tmp_path: Path) -> None:
        raw = pd.read_csv(DATA / "gemstones_hot.csv", dtype=str)
        path = tmp_path / "gemstones.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in raw.to_dict("records")))
        np.testing.assert_array_equal(read_runs(path).L, read_runs(DATA / "gemstones_hot.csv").L)


class TestWhatATableLooksLike:
    """Files that people have: the message says what is wrong with the file, not with its columns."""

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("a.csv", "| params | loss |\n|---|---|\n| 20M | 6.2 |\n", "a table in Markdown"),
            ("a.csv", "params   tokens   loss\n20M   1B   6.2\n", "columns apart by blanks"),
            ("a.csv", "Step,gpt - loss,gpt - loss__MIN\n1,2,3\n", "an export of Weights & Biases"),
            ("a.csv", "dim,1e+18,3e+18\nd320,1.3,1.2\n", "budgets, a column each"),
            ("a.csv", "Model,,Result\nparams,tokens,loss\n", "another line than the first"),
            ("a.csv", "# of May\nparams,tokens,loss\n", "take the comment off the first line"),
            ("a.csv", "params,loss\n20M,6\n".encode("utf-16"), "UTF-16.*; save it as UTF-8"),
            ("a.jsonl", '[\n{"params": 1}\n]', r"jq -c '\.\[\]' runs\.json > runs\.jsonl"),
            ("a.csv", 'params,tokens,loss\n20M,"0,020B",6\n', "positive finite number, got '0,020B'"),
        ],
    )
    def test_is_said(self, name: str, content: str | bytes, message: str, tmp_path: Path) -> None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(BadInput, match=message):
            read_runs(tmp_path / name)
