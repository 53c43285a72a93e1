"""A participant's side of the board: what is sent, what is said, and that no check waits for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from labkit import board, checking
from labkit.board import keys, link, sender
from labkit.board.link import Link
from labkit.checking import outcomes

from tests.grader import boards

FIRST = "residual_stack"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cache of our own, no waiting between attempts, and on no board afterwards."""
    monkeypatch.setenv("INTERP_LABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sender, "PAUSES", (0.05,))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # a proxy for the internet
    yield
    board._stop()
    assert outcomes.listeners == []


class Recorder(HTTPServer):
    """A server that is no board of ours: it writes down all it gets and gives the answers set."""

    def __init__(self) -> None:
        got: list[tuple[str, dict[str, str], bytes]] = []
        answers: list[tuple[int, bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                got.append((self.path, dict(self.headers), self.rfile.read(length)))
                status, content = answers.pop(0) if answers else (200, b'{"key": "k"}')
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.answers = got, answers
        self.link = f"http://127.0.0.1:{self.server_port}/#abcde"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Stop it."""
        self.shutdown()
        self._thread.join()
        self.server_close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A server that writes down what it gets."""
    one = Recorder()
    yield one
    one.stop()


def _check(name: str, passes: bool) -> None:
    """Run a check of an exercise as a notebook would."""
    result = "the student's own value" if passes else "something else"
    namespace: dict[str, Any] = {"check": checking.check}
    code = (
        f"def {name}(secret_argument):\n    return {result!r}\n"
        f"with check({name}) as c:\n    c.true(c.call(1) == \"the student's own value\", 'holds')\n"
    )
    exec(code, namespace)


def _sent() -> bool:
    assert board._sender is not None
    return board._sender.flush(10)


def _wait(happens: Any) -> None:
    ends = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize(
    "address", ["192.168.1.5", "10.20.30.40", "172.16.254.3", "255.255.255.255"]
)
@pytest.mark.parametrize("port", [8080, 8087])
def test_the_letters_are_crockfords_base_32_of_the_address(address: str, port: int) -> None:
    made = Link(f"http://{address}:{port}", "K7WQ2")
    letters = made.letters.replace("-", "")
    assert len(letters) == 12
    # Python reads base 32 with the digits 0-9a-v; Crockford's skips I, L, O and U.
    digits = str.maketrans("ABCDEFGHJKMNPQRSTVWXYZ", "abcdefghijklmnopqrstuv")
    number = int(letters[:7].translate(digits), 32)
    assert socket.inet_ntoa((number >> 3).to_bytes(4, "big")) == address
    assert (number & 7, letters[7:]) == (port - 8080, "K7WQ2")
    typed = made.letters.lower().replace("1", "l").replace("0", "o")
    for text in (made.letters, typed, letters, f"  {letters[:5]} {letters[5:]} ", made.url):
        assert link.parse(text) == made


def test_an_address_that_does_not_fit_has_a_link_only() -> None:
    for address in ("http://192.168.1.5:9000", "http://laptop.local:8080", "https://10.0.0.1:8080"):
        assert Link(address, "K7WQ2").letters == ""
        assert link.parse(f"{address}/#k7wq2") == Link(address, "K7WQ2")
    assert link.parse("192.168.1.5:8080/#k7wq2").address == "http://192.168.1.5:8080"
    assert link.parse("http://[fe80::1]:8080/#k7wq2").address == "http://[fe80::1]:8080"


@pytest.mark.parametrize(
    "text",
    ["", "hello", "http://192.168.1.5:8080/", "file:///etc/passwd#x", "http://a:b#c", "#k7wq2"],
)
def test_what_is_no_link_is_one_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    board.join(text, "ada")
    said = capsys.readouterr().out
    assert said.startswith("Not joined: this is no link to a board")
    assert said.count("\n") == 1


def test_a_check_sends_its_exercise_whether_it_passes_and_nothing_else(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    _check(FIRST, True)
    assert recorder.got == [], "nothing before joining"
    board.join(recorder.link, "ada")
    _check(FIRST, False)
    _check(FIRST, True)
    assert _sent()
    board.leave()
    _check(FIRST, True)
    time.sleep(0.1)
    assert [path for path, _, _ in recorder.got] == ["/join", "/report", "/report", "/leave"]
    joined, *reports, left = (json.loads(body) for _, _, body in recorder.got)
    assert joined == {"code": "ABCDE", "nickname": "ada", "shown": False}
    assert left == {}
    for report, passed in zip(reports, (False, True), strict=True):
        number = report.pop("number")
        assert (len(number), report) == (16, {"exercise": FIRST, "passed": passed})
    assert reports[0] is not reports[1]
    everything = b"".join(body for _, _, body in recorder.got).decode()
    for private in ("secret_argument", "own value", "def ", str(Path.cwd()), os.uname().nodename):
        assert private not in everything
    for _, headers, _ in recorder.got:
        assert set(headers) <= {
            *("Host", "User-Agent", "Accept-Encoding", "Accept", "Connection"),
            *("Content-Length", "Content-Type", "Authorization"),
        }
    said = capsys.readouterr().out
    assert "Your name" not in said
    assert "Joined the board as ada; your name is not shown." in said
    assert "Left: nothing is sent any more, and the board has forgotten you." in said


def test_what_is_not_written_yet_is_no_attempt(recorder: Recorder) -> None:
    board.join(recorder.link, "ada")
    exec(
        f"def {FIRST}(x):\n    raise NotImplementedError()\n"
        f"with check({FIRST}) as c:\n    c.call(1)\n",
        {"check": checking.check},
    )
    assert _sent()
    assert [path for path, _, _ in recorder.got] == ["/join"]


def test_a_room_hears_of_it_and_of_nothing_after_leaving(tmp_path: Path) -> None:
    with boards.served(tmp_path / "b.sqlite") as served:
        board.join(served.link.url, "ada", show=True)
        _check(FIRST, True)
        assert _sent()
        assert served.counts(FIRST) == (1, 0, 0, 0)
        who = served.board.room.named("ada")
        assert who is not None
        assert who.shown
        board.leave()
        assert served.state()["joined"] == 0
        assert keys.recall(served.link, "ada") == ""


def test_a_new_kernel_is_the_same_person(tmp_path: Path) -> None:
    with boards.served(tmp_path / "b.sqlite") as served:
        board.join(served.link.url, "ada")
        _check(FIRST, True)
        assert _sent()
        board._stop()  # the kernel's memory is gone
        board.join(served.link.url, "ada")
        assert (served.state()["joined"], served.counts(FIRST)[0]) == (1, 1)
        kept = tmp_path / "cache" / "boards.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        kept.write_text("{damaged")  # costs the place, not the notebook
        board.join(served.link.url, "ada two")
        assert served.state()["joined"] == 2


def test_a_board_that_says_no_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with boards.served(tmp_path / "b.sqlite") as served:
        served.join("ada")
        board.join(served.link.url, "ADA")
        board.join(served.link.address + "/#zzzzz", "bo")
        board.join(served.link.url, "")
    said = capsys.readouterr().out.splitlines()
    assert [line.startswith("Not joined: ") for line in said] == [True] * 3
    assert "already: take another" in said[0]
    assert "not the code" in said[1]
    assert "1 to 24 characters" in said[2]


def test_the_exercises_of_another_lab_are_said_once_and_hold_nothing_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with boards.served(tmp_path / "b.sqlite") as served:
        board.join(served.link.url, "ada")
        for name in ("head_patch", "path_patch", FIRST):
            _check(name, True)
            assert _sent()
        _check(FIRST, True)
        assert served.counts(FIRST)[0] == 1
    said = capsys.readouterr().out
    assert said.count("(The workshop board: It is about 01_logit_lens today;") == 1


def test_a_host_that_goes_away_slows_no_check_is_said_once_and_gets_it_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with boards.served(tmp_path / "b.sqlite") as served:
        port = int(served.link.address.rsplit(":", 1)[1])
        board.join(served.link.url, "ada")
    taken = []
    for passed in (False, False, True):
        began = time.perf_counter()
        verdict = SimpleNamespace(name=FIRST, status="passed" if passed else "failed")
        for listener in outcomes.listeners:
            listener(verdict)
        taken.append(time.perf_counter() - began)
        time.sleep(0.15)
    assert max(taken) < 0.5
    assert capsys.readouterr().out.count("The workshop board does not answer.") == 1
    with boards.served(tmp_path / "b.sqlite", port=port) as served:
        assert _sent()
        assert served.counts(FIRST) == (1, 0, 0, 0)
        who = served.board.room.named("ada")
        assert who is not None
        assert len(who.numbers) == 3


def test_a_host_that_never_answers_slows_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # accepts, and says nothing
        from labkit.board import line

        monkeypatch.setattr(line, "TIMEOUT", (0.2, 0.2))
        one = sender.Sender(line.Line(f"http://127.0.0.1:{mute.getsockname()[1]}"), "key")
        began = time.perf_counter()
        for _ in range(1_000):
            one.check_ran(SimpleNamespace(name=FIRST, status="failed"))
        assert time.perf_counter() - began < 1
        _wait(one.notices)
        assert not one.flush(0.05)
        assert len(one._waiting) == 500, "an hour without the board does not fill the memory"
        one.close()
        one._thread.join(5)
        assert not one._thread.is_alive()


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (302, b"{}"),
        (500, b'{"error": "x"}'),
        (200, b"<html>a hotel's page</html>"),
        (200, b"[1]"),
        (200, b"\xff" * 99_999),
        (200, b"[" * 9_000),
    ],
)
def test_what_is_no_answer_of_a_board_is_tried_again(
    recorder: Recorder, status: int, answer: bytes
) -> None:
    board.join(recorder.link, "ada")
    recorder.answers[:] = [(status, answer)]
    _check(FIRST, True)
    assert _sent()
    paths, bodies = zip(*((path, body) for path, _, body in recorder.got[1:]), strict=True)
    assert paths == ("/report", "/report"), "and nothing is sent elsewhere"
    assert bodies[0] == bodies[1], "the number says that it is the same"


def test_the_board_forgot_us_is_said_and_ends_it(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    board.join(recorder.link, "ada")
    recorder.answers[:] = [(401, b'{"error": "x"}')]
    _check(FIRST, True)
    assert _sent()
    for _ in range(3):
        _check(FIRST, True)
    assert len(recorder.got) == 2
    assert capsys.readouterr().out.count("no longer knows you") == 1


def test_too_much_at_once_waits_as_long_as_it_is_told(recorder: Recorder) -> None:
    board.join(recorder.link, "ada")
    recorder.answers[:] = [(429, b'{"error": "x"}')]
    began = time.monotonic()
    _check(FIRST, True)
    assert _sent()
    assert time.monotonic() - began >= 1
    assert len(recorder.got) == 3


def test_a_notebook_at_home_runs_on(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    began = time.monotonic()
    board.join(f"http://127.0.0.1:{port}/#abcde", "ada")
    assert time.monotonic() - began < 2
    assert "Not joined: no board answers at" in capsys.readouterr().out
    _check(FIRST, True)
    board.leave()
    assert "You are on no board." in capsys.readouterr().out


def test_who_leaves_while_the_host_is_away_can_still_be_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with boards.served(tmp_path / "b.sqlite") as served:
        board.join(served.link.url, "ada")
    board.leave()
    assert "join and leave again when it is back" in capsys.readouterr().out
    # The host's laptop has another address now.
    with boards.served(tmp_path / "b.sqlite") as served:
        board.join(served.link.url, "ada")
        assert served.state()["joined"] == 1
        board.leave()
        assert served.state()["joined"] == 0


def test_a_notebook_that_is_graded_joins_nothing(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    board.join(recorder.link, "ada")
    assert recorder.got == []


def test_a_script_that_ends_at_once_still_tells(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom labkit import board, check\nboard.join(sys.argv[1], 'ada')\n"
        f"def {FIRST}(x):\n    return x\n"
        f"with check({FIRST}) as c:\n    c.true(c.call(True), 'holds')\n"
    )
    with boards.served(tmp_path / "b.sqlite") as served:
        done = subprocess.run(
            [sys.executable, "-c", code, served.link.url],
            capture_output=True, text=True, timeout=120, cwd=tmp_path,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert served.counts(FIRST) == (1, 0, 0, 0)
