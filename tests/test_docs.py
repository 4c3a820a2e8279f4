"""What the documentation shows is what comes out: examples of docstrings, the Python and the numbers of the README.

Docstrings say `sl` for `import scalelaw as sl`, and run in an empty folder.
"""

import doctest
import json
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scalelaw as sl
import stand_ins

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "scalelaw"
README = (ROOT / "README.md").read_text(encoding="utf-8")

SMALLER = {
    'sl.Cell("pairs", "student"))': (
        'sl.Cell("pairs", "student"), of=["a"], kinds=["percentile"], datasets=100, replicates=99)'
    ),
}
"""What of the README is too heavy for a test, and what runs in its place."""

LONG = ("backtest.backtest", "calibrated.calibrate", "compare.compare", "coverage.coverage", "ranking.rank")
"""Docstrings whose examples take ten seconds and more."""

BUDGETS = np.array([1e21, 1e22, 1e23])
"""The `budgets` of the README [FLOP]."""


def docstrings() -> Iterator[doctest.DocTest]:
    """Those with examples, of every module of the package."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            module = import_module(".".join(parts).removesuffix(".__init__"))
            yield from (test for test in finder.find(module, globs={"sl": sl}) if test.examples)


def examples() -> list[Any]:
    """Docstrings, the long ones marked."""
    return [
        pytest.param(test, id=test.name, marks=pytest.mark.slow if test.name.endswith(LONG) else ())
        for test in docstrings()
    ]


@pytest.mark.parametrize("test", examples())
def test_docstring(test: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    assert runner.run(test, out=said.append).failed == 0, "".join(said)


@pytest.mark.slow
def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks, one after another."""
    monkeypatch.chdir(tmp_path)
    stand_ins.write(tmp_path)
    space: dict[str, Any] = {"budgets": BUDGETS}
    for block in re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for heavy, light in SMALLER.items():
            block = block.replace(heavy, light)
        exec(compile(block, "README.md", "exec"), space)
    assert space["fit"].certificate.trusted
    mine = sl.fit(sl.read_runs("runs.csv", inputs=["epochs"]), space["LAW"])
    assert mine.law.fields == ("E", "A", "alpha", "gamma")


def test_what_is_too_heavy_is_still_there() -> None:
    assert [heavy for heavy in SMALLER if heavy not in README] == []


RESULTS = ROOT / "benchmarks" / "results"
UNCERTAIN = ("alpha", "beta", "a", "ln N*(10 C)")
"""Of what the README says how often intervals hold the truth."""


def result(name: str) -> Any:
    """A committed measurement."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def short(value: float) -> str:
    """A share as the README writes it: .431."""
    return f"{value:.3f}".removeprefix("0")


def percent(values: Iterable[float]) -> str:
    """The range of some shares, 95.0 to 96.0."""
    values = list(values)
    return f"{100 * min(values):.1f} to {100 * max(values):.1f}"


def of_solvers() -> Iterator[str]:
    """The two tables of rivals."""
    rows = {row["rival"]: row for row in result("solvers") if row["workload"] == "grid4500"}
    time = {rival: row["ms_per_fit"] for rival, row in rows.items()}
    share = {rival: f"{100 * row['share_at_best']:.0f} %" for rival, row in rows.items()}
    lbfgs, bfgs, lm = "scipy-lbfgsb-tight-cores", "scipy-bfgs", "optimistix-lm-tuned"
    yield f"| **scalelaw** | **{time['scalelaw']:.3f}** | **{share['scalelaw']}** |"
    yield f"tight, both cores | {time[lbfgs]:.2f} | {share[lbfgs]} |"
    yield f"tight tolerances, both cores | {time[lbfgs]:.2f} | {share[lbfgs]} |"
    yield f"analytic gradient, one core | {time[bfgs]:.2f} | {share[bfgs]} |"
    tuned = "optimistix-bfgs-tuned"
    yield f"cache-sized batches, both cores | {time[tuned]:.2f} | {share[tuned]} |"
    yield f"Levenberg-Marquardt, likewise | {time[lm]:.2f} | {share[lm]} |"


def of_bootstrap() -> Iterator[str]:
    """Its time, beside SciPy's and in a process of its own."""
    found = result("bootstrap")
    scipy, (few, _, million) = found["scipy"], found["sizes"]
    seconds = scipy["ours_ms_median"] * scipy["replicates"] / 1000
    yield f"{scipy['replicates']:,} bootstrap resamples of the {scipy['runs']} Chinchilla runs take {seconds:.1f} s"
    yield f"{scipy['ratio_tight']:.0f} times less than SciPy's BFGS"
    yield f"{scipy['ratio_default']:.0f} times less than at its default tolerance"
    yield f"where {100 * scipy['scipy_default_at_best']:.3g} % do"
    yield f"A million take {million['seconds']:.0f} s at a peak of {million['peak_rss_mb']:.0f} MB"
    yield f"{few['replicates']:,} take {few['peak_rss_mb']:.0f} MB"


def of_sweep() -> Iterator[str]:
    """Exponents, the runs held out, and what moves when the smallest runs are left out."""
    found = result("sweep")
    for name, columns in (("a", 3), ("a without embeddings", 4)):
        for approach, heading in (("1: training curves", "Approach 1"), ("3: parametric law", "Approach 3")):
            row = next(line for line in README.splitlines() if line.startswith(f"| {heading}"))
            value, low, high = map(short, found[name][approach])
            assert f"{value} ({low} to {high})" in row.split("|")[columns - 1]
    yield "Approach 2, IsoFLOP profiles | {} ({} to {}) |".format(
        *map(short, found["a"]["2: IsoFLOP profiles"])
    )
    errors = [run["error"] for run in found["held out"]]
    assert all(run["inside"] for run in found["held out"])
    yield f"The five larger runs lie {percent(errors)} % below what the law says, all within"
    noise = found["noise"]
    yield f"{100 * noise['about the law']:.1f} % over where seeds differ by {100 * noise['between seeds']:.1f} %"
    first, *_, fourth, last = found["by smallest budget"]
    yield f"its E rises from {first['E']:.0f} to {last['E']:.2f} as"
    yield f"missed by {percent(fourth['errors at larger runs'])} %"
    assert [fit["trusted"] for fit in found["by smallest budget"]] == [False, True, True, True, True]


def of_coverage() -> Iterator[str]:
    """How often intervals hold the truth."""
    cells = result("coverage")

    def held(
        kind: str, scheme: str = "pairs", designs: Iterable[str] = ("isoflop", "240 runs", "few")
    ) -> Any:
        return [
            row["covered"]
            for cell in cells
            for row in cell["table"]
            if cell["scheme"] == scheme and cell["design"] in designs
            if row["kind"] == kind and row["of"] in UNCERTAIN
        ]

    yield f"hold the truth {percent(held('bca', designs=('isoflop', '240 runs')))} % of the time"
    yield f"and {percent(held('bca', designs=['few']))} % on 20 runs"
    yield f"Percentile intervals hold it {percent(held('percentile'))} %"
    yield f"basic ones {percent(held('basic'))} %"
    yield f"studentized ones {percent(held('studentized'))} %"
    yield f"alone {percent(held('sandwich'))} %"
    rows, clusters = (held("bca", scheme, ["curves"]) for scheme in ("pairs", "cluster"))
    yield f"rows hold the true alpha {100 * rows[0]:.0f} % of the time"
    yield f"gives {100 * clusters[0]:.0f} % (beta, which is learnt within models, {100 * clusters[1]:.0f} %)"


def of_frontiers() -> Iterator[str]:
    """How often intervals of Approaches 1 and 2 hold the optimum, and how wide they are."""
    cells = result("frontier_coverage")

    def held(**named: Any) -> list[dict[str, Any]]:
        usual = {"scheme": "parametric", "kind": "percentile"} if named["approach"] == "isoflop" else {}
        wanted = usual | named
        return [cell for cell in cells if all(cell[name] == value for name, value in wanted.items())]

    def shares(found: list[dict[str, Any]]) -> str:
        return percent(share for cell in found for share in cell["covered"].values())

    def widths(found: list[dict[str, Any]]) -> str:
        ratios = [cell["width"][name] / cell["oracle"][name] for cell in found for name in cell["width"]]
        return f"{min(ratios):.2f} to {max(ratios):.2f}"

    def four(method: str) -> list[dict[str, Any]]:
        grids = ("9 x 8, +-4x", "9 x 8, +-16x")
        own = held(approach="isoflop", method=method, noise="gaussian")
        return [cell for cell in own if cell["design"] in grids and cell["size"] < 0.01]

    assert all(cell["datasets"] == 2000 for cell in cells if cell["approach"] == "isoflop")
    yield f"hold the optimum {shares(four('shared'))} % of the time"
    yield f"{widths(four('shared'))} times as wide as an oracle's"
    yield f"the parabola's {shares(four('parabola'))} %"
    yield f"a cubic's are {widths(four('cubic'))} times as wide"
    every = held(approach="isoflop", method="shared")
    others = [cell for cell in every if cell not in four("shared") and cell["noise"] != "correlated"]
    yield f"they hold it {shares(others)} % of the time and are {widths(others)} times as wide"
    yield f"only {shares([cell for cell in every if cell['noise'] == 'correlated'])} %"
    models = shares(held(approach="isoflop", scheme="cluster"))
    yield f'`sl.bootstrap(found, scheme="cluster", by="N")`: {models} %'
    yield f"of an envelope hold it {shares(held(approach='envelope', edges=False))} % of the time"
    yield f"with its edges {shares(held(approach='envelope', edges=True))} %"


@pytest.mark.parametrize("quotes", [of_solvers, of_bootstrap, of_sweep, of_coverage, of_frontiers])
def test_readme_quotes_the_committed_measurements(quotes: Callable[[], Iterator[str]]) -> None:
    text = " ".join(README.split())
    assert [quote for quote in quotes() if quote not in text] == []


def test_scipy_finds_nothing_lower_from_everywhere() -> None:
    found = result("scipy_everywhere")["replicates"]
    assert len(found) == 20
    assert max(each["ours_above"] for each in found) < 1e-13


def test_readme_names_files_that_are_there() -> None:
    named = re.findall(r"`((?:\w+/)+\w+\.\w+)`", README)
    assert named
    assert [
        name
        for name in named
        if not any((root / name).exists() for root in (ROOT, PACKAGE, ROOT / "benchmarks"))
    ] == []
