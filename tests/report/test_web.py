"""The HTML report: what it says, that it needs nothing else, and how a browser takes it."""

import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import scalelaw as sl
from commands import run
from scalelaw import BadInput
from scalelaw.report import IntervalSettings, checklist, markdown, validate, web_page, write_page
from scalelaw.report.web import CAPTIONS
from surfaces import isoflops, normal, spread, sweep

BUDGETS = (1e23, 1e24)
MEGABYTE = 1e6
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (390, 1280)


@pytest.fixture(scope="module")
def fit() -> sl.Fit:
    N, D = isoflops(6, 9)
    return sl.fit(sweep(N, D, noise=normal(len(N), 0.003)), starts="projected")


@pytest.fixture(scope="module")
def page(fit: sl.Fit) -> str:
    sure = IntervalSettings(sl.bootstrap(fit, 200))
    compared = sl.compare(fit, budgets=BUDGETS, replicates=200)
    return web_page(fit, budgets=BUDGETS, sure=sure, comparison=compared, command="scalelaw report runs.csv")


def words(page: str) -> str:
    """The page's text, without markup."""
    body = page[page.index("<body>") :]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def test_the_answer_comes_first(fit: sl.Fit, page: str) -> None:
    best = sl.allocate(fit, C=1e24)
    text = words(page)
    assert text.index("What to train") < text.index("Do the approaches agree?") < text.index("The fit")
    assert sl.numbers.format_number(best.N) in text[: text.index("Do the approaches agree?")]
    low, high = sl.bootstrap(fit, 200).interval(lambda p: sl.optimal(fit.law, p, 1e24).N)
    assert f"{sl.numbers.format_number(float(low))} to {sl.numbers.format_number(float(high))}" in text


def test_how_flat_it_is(page: str) -> None:
    text = words(page)
    assert "how flat compute C, FLOP least N most N 2: IsoFLOP profiles 1e22" in text
    assert "Sizes whose loss is within 1 % of the best of their budget." in text


def test_it_needs_nothing_else(page: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    assert len(page) < 3 * MEGABYTE


def test_a_fit_that_cannot_be_trusted_says_so_before_any_number() -> None:
    D = np.geomspace(1e9, 1e11, 12)
    loose = sl.fit(sweep(np.full(12, 1e9), D, noise=0.01 * np.cos(np.arange(12))), starts="projected")
    text = words(web_page(loose, budgets=[1e22]))
    assert text.index("This fit cannot be trusted as it stands.") < text.index("What to train")
    assert loose.certificate.warnings[0] in text


def test_where_no_split_is_best_the_pages_say_why(fit: sl.Fit) -> None:
    endless = replace(fit, params=fit.params._replace(A=0.0, alpha=-1.0))
    for page in (words(web_page(endless, budgets=[1e22])), markdown(endless, [1e22], "")):
        assert "no split is best" in page


def test_every_figure_that_the_page_explains_is_one_of_the_report(page: str) -> None:
    """But that of Approach 1, which needs curves."""
    titles = re.findall("<figcaption><b>(.*?)\\.</b>", page)
    assert titles == [title for name, (title, _) in CAPTIONS.items() if name != "envelope"]


def test_what_the_runs_do_not_allow_is_said(page: str) -> None:
    assert "1: training curves: not possible: sweep: curves must be read with the column" in words(page)


@pytest.mark.slow
def test_names_from_the_table_are_no_markup(fit: sl.Fit) -> None:
    named = sl.Runs.from_frame(
        fit.runs.to_frame(), N="N", D="D", L="L", source="<script>alert(1)</script>.csv", drop_highest_loss=2
    )
    page = web_page(sl.fit(named, starts="projected"))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.csv" in page
    assert all(f"{row.row} {row.reason}" in words(page) for row in named.excluded.itertuples())
    assert len(named.excluded) == 2


class TestChecklist:
    def test_says_what_was_done(self, fit: sl.Fit) -> None:
        answers = dict(checklist(fit, IntervalSettings(sl.bootstrap(fit, 50)), validate(fit)))
        assert answers["Which form is fitted?"].startswith(
            "chinchilla: L(N, D) = E + A / N^alpha + B / D^beta"
        )
        assert answers["Which objective?"] == "the sum (not the mean) of huber(delta 0.001) of log residuals"
        assert answers["Model size N: which column, which unit?"].startswith(
            "column 'N'; the law takes it as"
        )
        assert answers["Compute C: which column, which unit?"].startswith("derived from the other two by 6ND")
        assert "the table does not say" in answers["Are there several rows of one run?"]
        assert "50 resamples, runs drawn with replacement (seed 0)" in answers["How are intervals made?"]
        assert fit.runs.sha256 in answers["Which data, which code?"]

    def test_says_what_was_held(self, fit: sl.Fit) -> None:
        held = sl.fit(
            fit.runs, fix={"E": 1.8}, tie={"beta": "alpha"}, bounds={"A": (1, None)}, starts="projected"
        )
        answers = dict(checklist(held))
        assert answers["Which parameters are held?"] == "E = 1.8; beta = alpha; 1 <= A <= inf"
        assert answers["Is the fit validated on runs it has not seen?"] == "no"


class TestValidation:
    def test_without_noise_the_largest_runs_are_predicted(self) -> None:
        N, D = isoflops(6, 9)
        found = validate(sl.fit(sweep(N, D), starts="projected"))
        assert found is not None
        assert len(found.errors) == 9
        np.testing.assert_allclose(found.errors, 0, atol=1e-9)

    def test_errors_are_those_of_a_fit_that_has_not_seen_them(self, fit: sl.Fit) -> None:
        found = validate(fit)
        assert found is not None
        C = fit.runs.C
        assert C is not None
        seen = np.flatnonzero(found.beyond >= C)
        again = sl.fit(fit.runs.taken(seen), starts="projected")
        rest = fit.runs.taken(np.flatnonzero(found.beyond < C))
        np.testing.assert_allclose(found.errors, again.predict(N=rest.N, D=rest.D) / rest.L - 1, rtol=1e-9)
        assert "fitted again without the 9 runs above" in str(found)

    def test_too_few_runs_are_left_out_of_it(self) -> None:
        N, D = spread(12)
        assert validate(sl.fit(sweep(N, D), starts="projected")) is None


def test_citation_is_that_of_the_project(fit: sl.Fit, page: str) -> None:
    cff = (Path(__file__).parents[2] / "CITATION.cff").read_text("utf-8")
    title = re.search(r'title: "(.+)"', cff)
    assert title is not None
    assert f"title   = {{{title.group(1)}}}," in page
    assert "author  = {{The scalelaw authors}}," in page
    assert f"version: {sl.__version__}" in cff
    assert f"version = {{{sl.__version__}}}," in page
    assert f"note    = {{law fitted: {fit.law.citation}}}" in unescape(page)


def test_a_page_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    assert write_page(tmp_path / "report.html", "whole").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(BadInput, match="--output must be a file that can be written, got .*No such file"):
        write_page(tmp_path / "nowhere" / "report.html", "whole")


def test_the_command(fit: sl.Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "fit.json")
    page = tmp_path / "r.html"
    code, text = run("report", tmp_path / "fit.json", "--bootstrap", 0, "--flops", "1e24", "-o", page)
    assert code == 0
    assert text.endswith("open it in a browser\n")
    said = words(page.read_text("utf-8"))
    assert "sandwich standard errors only; no resamples were made" in said
    assert run("report", tmp_path / "fit.json", "--flops", "0")[0] == 2


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
class TestChromium:
    """A real browser."""

    def browse(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    @pytest.mark.parametrize("width", WIDTHS)
    def test_nothing_overflows_and_nothing_is_complained_of(
        self, page: str, tmp_path: Path, width: int
    ) -> None:
        measured = (
            "<script>document.body.dataset.over = document.documentElement.scrollWidth - innerWidth</script>"
        )
        path = tmp_path / "report.html"
        path.write_text(page.replace("</body>", f"{measured}</body>"), encoding="utf-8")
        shown = self.browse(f"--window-size={width},900", "--dump-dom", path.as_uri())
        over = re.search(r'data-over="(-?\d+)"', shown.stdout)
        assert over is not None
        assert int(over.group(1)) <= 0
        assert "CONSOLE" not in shown.stderr

    def test_it_prints(self, page: str, tmp_path: Path) -> None:
        path = write_page(tmp_path / "report.html", page)
        self.browse(f"--print-to-pdf={tmp_path / 'report.pdf'}", path.as_uri())
        printed = (tmp_path / "report.pdf").read_bytes()
        assert printed.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 3
