"""Fetching by a server of our own: once, checked, and nothing kept of what is corrupt or cut short."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from platformdirs import user_cache_path

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.catalogue import Dataset, locate, place

TABLE = b"params,tokens,loss\n1e8,2e9,3.5\n1e9,2e10,2.8\n"


class Server(ThreadingHTTPServer):
    """Answers every request with `content`, and says that it has `length` bytes."""

    content = TABLE
    length = len(TABLE)
    status = 200
    asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/runs.csv"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(self.server.length))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def dataset(server: Server) -> Dataset:
    """A data set that the server has."""
    known = {"file": "runs.csv", "sha256": hashlib.sha256(TABLE).hexdigest(), "url": server.url}
    return replace(sl.datasets["chinchilla-epoch"], **known)


class TestAFolder:
    def test_is_the_one_that_is_named_else_the_variable_s_else_the_cache(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SCALELAW_DATA", raising=False)
        assert place(dataset) == user_cache_path("scalelaw") / "datasets" / "runs.csv"
        monkeypatch.setenv("SCALELAW_DATA", str(tmp_path / "variable"))
        assert place(dataset) == tmp_path / "variable" / "runs.csv"
        assert place(dataset, tmp_path) == tmp_path / "runs.csv"

    def test_that_has_the_file_needs_no_network(
        self, server: Server, dataset: Dataset, tmp_path: Path
    ) -> None:
        (tmp_path / "runs.csv").write_bytes(TABLE)
        assert locate(dataset, tmp_path) == tmp_path / "runs.csv"
        assert server.asked == 0

    def test_with_another_file_of_that_name_is_refused_and_left_alone(
        self, server: Server, dataset: Dataset, tmp_path: Path
    ) -> None:
        (tmp_path / "runs.csv").write_bytes(b"mine")
        found = hashlib.sha256(b"mine").hexdigest()
        sentence = (
            rf"runs\.csv: its sha256 must be {dataset.sha256}, got {found}; it is not the chinchilla-epoch of "
            r"the catalogue: move it away and it is fetched again$"
        )
        with pytest.raises(BadInput, match=sentence):
            locate(dataset, tmp_path)
        assert (tmp_path / "runs.csv").read_bytes() == b"mine"
        assert server.asked == 0

    def test_in_the_file_s_place_is_refused(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "runs.csv").mkdir()
        with pytest.raises(
            BadInput, match=r"^data set 'chinchilla-epoch' must be a file that can be read, got "
        ):
            locate(dataset, tmp_path)

    def test_that_cannot_be_made_is_refused(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("")
        sentence = r"^folder of data sets must be a folder that can be written, got .*taken.*--data-dir or SC"
        with pytest.raises(BadInput, match=sentence):
            locate(dataset, tmp_path / "taken")

    @pytest.mark.parametrize("name", ["gemstones-hot", "porian-isoflop", "routing-dense"])
    def test_without_a_table_that_is_published_nowhere_says_so(self, name: str, tmp_path: Path) -> None:
        sentence = (
            rf"^data set '{name}' must be in .* as {sl.datasets[name].file}, got no such file; it cannot be "
            r"fetched, being a table of this project's.*--data-dir or SCALELAW_DATA$"
        )
        with pytest.raises(BadInput, match=sentence):
            sl.dataset_path(name, tmp_path)


class TestADownload:
    def test_happens_once(self, server: Server, dataset: Dataset, tmp_path: Path) -> None:
        folder = tmp_path / "new" / "folder"
        assert locate(dataset, folder) == folder / "runs.csv"
        assert locate(dataset, folder).read_bytes() == TABLE
        assert server.asked == 1
        assert [path.name for path in folder.iterdir()] == ["runs.csv"]

    def test_says_nothing_itself(
        self, dataset: Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        locate(dataset, tmp_path)
        assert capfd.readouterr() == ("", "")

    def test_goes_to_the_cache_where_no_folder_is_named(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SCALELAW_DATA", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        path = locate(dataset)
        assert path == place(dataset)
        assert path.read_bytes() == TABLE

    @pytest.mark.parametrize("content", [TABLE.replace(b"3.5", b"3.6"), TABLE[:20], b"", b"<html>404</html>"])
    def test_of_other_bytes_is_refused_and_removed(
        self, server: Server, dataset: Dataset, tmp_path: Path, content: bytes
    ) -> None:
        server.content, server.length = content, len(content)
        found = hashlib.sha256(content).hexdigest()
        sentence = (
            rf"runs\.csv: sha256 of chinchilla-epoch must be {dataset.sha256}, got {found}; the download, corrupt "
            r"or cut short, is removed: try again$"
        )
        with pytest.raises(BadInput, match=sentence):
            locate(dataset, tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_that_breaks_off_is_refused_and_removed_and_can_be_tried_again(
        self, server: Server, dataset: Dataset, tmp_path: Path
    ) -> None:
        server.content = TABLE[:20]
        with pytest.raises(BadInput, match=r"runs\.csv must be reachable, to fetch chinchilla-epoch, got "):
            locate(dataset, tmp_path)
        assert list(tmp_path.iterdir()) == []
        server.content = TABLE
        assert locate(dataset, tmp_path).read_bytes() == TABLE

    def test_that_is_not_there_is_refused(self, server: Server, dataset: Dataset, tmp_path: Path) -> None:
        server.status = 404
        with pytest.raises(BadInput, match="got HTTPError: 404 Client Error"):
            locate(dataset, tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_without_a_network_says_what_to_do(
        self, server: Server, dataset: Dataset, tmp_path: Path
    ) -> None:
        server.server_close()
        server.shutdown()
        sentence = (
            r"must be reachable, to fetch chinchilla-epoch, got ConnectionError: .*; without a network, put "
            r"runs\.csv into a folder and name it with --data-dir or SCALELAW_DATA$"
        )
        with pytest.raises(BadInput, match=sentence):
            locate(dataset, tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_that_is_prepared_is_checked_as_the_table_that_it_makes(
        self, server: Server, dataset: Dataset, tmp_path: Path
    ) -> None:
        made = b"params,budget,loss,tokens,flops\n100000000.0,1.2e+18,3.5,2000000000.0,1.2e+18\n"
        server.content = b'[{"parameters": 100000000, "compute_budget": 1.2e18, "final_loss": 3.5}]'
        server.length = len(server.content)
        course = replace(dataset, prepare="isoflop-curves", sha256=hashlib.sha256(made).hexdigest())
        assert locate(course, tmp_path).read_bytes() == made
