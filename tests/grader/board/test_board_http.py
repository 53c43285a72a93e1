"""The board as strangers on the network meet it: who may do what, and what it keeps."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import segno
from bs4 import BeautifulSoup
from rich.console import Console

from grader.board import limits, serve, store, view
from grader.course import labs
from grader.errors import UserError
from tests.grader import boards
from tests.grader.boards import Served

EXERCISES = [exercise.name for exercise in labs.named(boards.LAB).exercises]
FIRST, SECOND = EXERCISES[:2]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Served]:
    """A board of lab 01 that nobody has joined."""
    with boards.served(tmp_path / "b.sqlite") as one:
        yield one


def _rows(path: Path) -> list[tuple[Any, ...]]:
    """All events in a board's file, read by SQLite itself."""
    base = sqlite3.connect(path)
    try:
        return base.execute("SELECT kind, participant, body FROM event").fetchall()
    finally:
        base.close()


def test_a_room_is_counted_by_exercise(board: Served) -> None:
    ada, bo, chen = map(board.join, ("ada", "bo", "chen"))
    assert board.report(ada, FIRST, True) == 200
    assert board.report(bo, FIRST, False) == 200
    assert board.report(chen, FIRST, False) == 200
    assert board.report(chen, SECOND, False) == 200
    assert board.counts(FIRST) == (1, 1, 0, 1)
    assert board.counts(SECOND) == (0, 1, 0, 0)
    board.clock.ahead = 60 * 15
    assert board.counts(FIRST) == (1, 0, 1, 1)
    assert board.state()["joined"] == 3


def test_names_are_shown_of_the_stuck_who_said_so_and_of_nobody_else(board: Served) -> None:
    keys = [board.join("ada", shown=True), board.join("bo"), board.join("chen", shown=True)]
    board.report(keys[0], FIRST, False)
    board.report(keys[1], FIRST, False)
    board.report(keys[2], FIRST, True)
    board.clock.ahead = 60 * 10
    told = board.state(board.board.host_token)
    assert told["exercises"][0]["stuck_names"] == ["ada"]
    for name in ("bo", "chen"):
        assert f'"{name}"' not in json.dumps(told), "not even the host"
    assert board.post("/hide", {"nickname": "ADA"}, board.link.code)[0] == 403
    assert board.post("/hide", {"nickname": "ADA"}, board.board.host_token)[0] == 200
    assert board.counts(FIRST) == (1, 0, 2, 0)
    assert board.state()["exercises"][0]["stuck_names"] == []


def test_nobody_gets_in_without_the_code_nor_by_guessing(board: Served) -> None:
    body = {"code": "00000", "nickname": "eve", "shown": False}
    assert requests.get(board.link.address + "/state", timeout=9).status_code == 403
    for _ in range(19):
        assert board.post("/join", body)[0] == 403
    status, answer = board.post("/join", body | {"code": board.link.code})
    assert (status, "wait" in answer["error"]) == (429, True), "even with the right one"
    board.clock.ahead = 30
    assert board.post("/join", body | {"code": board.link.code.lower()})[0] == 200


def test_a_participant_cannot_speak_for_another_nor_for_the_host(board: Served) -> None:
    ada, bo = board.join("ada"), board.join("bo")
    forged = {"exercise": FIRST, "passed": True, "number": "1", "participant": "ada", "key": ada}
    assert board.post("/report", forged, bo)[0] == 200
    who = board.board.room.named("ada"), board.board.room.named("bo")
    assert [sorted(one.passed) for one in who if one] == [[], [FIRST]]
    for key in ("", "x", board.link.code, board.board.host_token, ada[:-1], ada + "0"):
        assert board.report(key, FIRST, True) == 401
        assert board.post("/leave", {}, key)[0] == 401
    for key in ("", ada, board.link.code):
        assert board.post("/timer", {"press": "start", "minutes": 0}, key)[0] == 403
    assert board.state()["clock"]["state"] == "ready"


@pytest.mark.parametrize(
    "nickname",
    ["", "   ", "x" * 25, "a\nb", "a\x00b", "a\u202eb", "?!", None, 7, ["ada"], "\ud800"],
)
def test_a_nickname_is_a_short_printable_name(board: Served, nickname: object) -> None:
    body = {"code": board.link.code, "nickname": nickname, "shown": True}
    status, answer = board.post("/join", body)
    assert (status, "nickname" in answer["error"]) == (400, True)


def test_a_nickname_is_one_persons(board: Served) -> None:
    key = board.join("Ada")
    body = {"code": board.link.code, "shown": False}
    for same in ("Ada", "ada", " ADA ", "Ａda"):
        status, answer = board.post("/join", body | {"nickname": same})
        assert (status, "take another" in answer["error"]) == (409, True)
    # With the key it is the same person, who comes back.
    board.report(key, FIRST, True)
    status, answer = board.post("/join", body | {"nickname": "Ada", "key": key, "shown": True})
    assert (status, answer["key"]) == (200, key)
    assert (board.state()["joined"], board.counts(FIRST)[0]) == (1, 1)
    # On a machine that two people use, another nickname is another person.
    status, answer = board.post("/join", body | {"nickname": "bo", "key": key})
    assert (status, answer["key"] == key, board.state()["joined"]) == (200, False, 2)


def test_who_leaves_is_forgotten_in_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite"
    with boards.served(path) as board:
        key = board.join("Grace Hopper", shown=True)
        other = board.join("bo")
        board.report(key, FIRST, True)
        board.report(other, FIRST, True)
        assert board.post("/leave", {}, key)[0] == 200
        assert (board.state()["joined"], board.counts(FIRST)[0]) == (1, 1)
        assert board.report(key, SECOND, True) == 401
        beside = [p.read_bytes() for p in tmp_path.iterdir()]
        assert not any(b"Grace" in content for content in beside), "while it runs"
        board.join("Grace Hopper")  # the name is free again
    assert [kind for kind, _, _ in _rows(path)] == ["join", "check", "join"]
    assert [p.name for p in tmp_path.iterdir()] == ["b.sqlite"]


def test_the_file_holds_no_key_no_code_and_no_address(tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite"
    with boards.served(path) as board:
        key = board.join("ada")
        body = {"exercise": FIRST, "passed": False, "number": "n1", "source": "def f(): pass"}
        assert board.post("/report", body, key)[0] == 200
    content = path.read_bytes()
    assert key.encode() not in content
    assert b"def f" not in content
    assert b"127.0.0.1" not in content
    (_, _, kept) = _rows(path)[1]
    assert json.loads(kept) == {"exercise": FIRST, "passed": False, "number": "n1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"exercise": FIRST, "passed": True}, 400),
        ({"exercise": FIRST, "passed": 1, "number": "1"}, 400),
        ({"exercise": FIRST, "passed": True, "number": "1" * 33}, 400),
        ({"exercise": FIRST, "passed": True, "number": 1}, 400),
        ({"exercise": ["x"], "passed": True, "number": "1"}, 400),
        ({"exercise": "x" * 101, "passed": True, "number": "1"}, 400),
        ({"exercise": "<script>", "passed": True, "number": "1"}, 404),
        ([1], 400),
        ("x", 400),
    ],
)
def test_a_report_that_is_none_is_refused(board: Served, body: object, status: int) -> None:
    key = board.join("ada")
    assert board.post("/report", body, key)[0] == status
    assert board.counts(FIRST) == (0, 0, 0, 0)


def test_what_is_large_deep_or_no_json_is_refused(board: Served) -> None:
    key = board.join("ada")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    url = board.link.address + "/report"
    for content in (b"", b"{", b"\xff\xfe", b"[" * 2000, b"NaN"):
        answer = requests.post(url, data=content, headers=headers, timeout=9)
        assert answer.status_code == 400, content[:9]
    large = b'{"exercise": "' + b"x" * limits.BODY + b'"}'
    with contextlib.suppress(requests.ConnectionError):  # hung up on while sending
        assert requests.post(url, data=large, headers=headers, timeout=9).status_code in (400, 413)
    assert board.report(key, FIRST, True) == 200, "and the board goes on"


def test_reports_are_limited_and_counted_once(board: Served) -> None:
    key = board.join("ada")
    for _ in range(3):
        assert board.report(key, FIRST, False, number="the same") == 200
    who = board.board.room.named("ada")
    assert who is not None
    assert who.numbers == {"the same"}
    statuses = [board.report(key, FIRST, False) for _ in range(70)]
    assert 429 in statuses
    assert statuses.index(429) >= 50, "a whole notebook may run"
    board.clock.ahead = 120
    assert board.report(key, FIRST, False) == 200


def test_the_board_takes_only_so_many_people(
    board: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_PEOPLE", 2)
    board.join("ada")
    board.join("bo")
    status, answer = board.post("/join", {"code": board.link.code, "nickname": "c", "shown": False})
    assert (status, answer["error"]) == (429, "This board is full.")


def test_other_sites_and_other_names_are_refused(board: Served) -> None:
    key = board.join("ada")
    body = {"exercise": FIRST, "passed": True, "number": "1"}
    similar = board.link.address + ".evil.example"
    for origin in ("http://evil.example", "null", "http://[", similar):
        assert board.post("/report", body, key, Origin=origin)[0] == 403
    for host in ("evil.example", "[::1", "", "127.0.0.1.evil.example", "localhost.evil.example:80"):
        assert board.post("/report", body, key, Host=host)[0] == 403
    # What a form of another site can send without being asked.
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
        answer = requests.post(
            board.link.address + "/report", data=json.dumps(body), headers=headers, timeout=9
        )
        assert answer.status_code == (400 if "multipart" in kind else 415)
    asked = requests.options(board.link.address + "/report", timeout=9)
    assert asked.status_code == 405
    assert not [name for name in asked.headers if name.lower().startswith("access-control")]
    assert board.counts(FIRST) == (0, 0, 0, 0)
    assert board.post("/report", body, key, Origin=board.link.address)[0] == 200
    port = board.link.address.rsplit(":", 1)[1]
    assert board.post("/report", body, key, Host=f"localhost:{port}")[0] == 200


def test_the_page_is_self_contained_and_runs_only_its_own_script(board: Served) -> None:
    answer = requests.get(board.link.address, timeout=9)
    page = BeautifulSoup(answer.text, "html.parser")
    assert not page.select("[src]:not(#qr), link, iframe, [style], [onclick], [onload]")
    (policy,) = page.select("meta[http-equiv=Content-Security-Policy]")
    rules = dict(part.strip().split(" ", 1) for part in str(policy["content"]).split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert rules["script-src"].startswith("'sha256-")
    assert " " not in rules["script-src"]
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    for secret in (board.board.code, board.board.host_token):
        assert secret not in answer.text
    for path in ("/nothing", "/%2e%2e", "/state/", "/out/board"):
        assert requests.get(board.link.address + path, timeout=9).status_code == 404


def test_an_unchanged_room_costs_no_bytes(board: Served) -> None:
    headers = {"Authorization": f"Bearer {board.link.code}"}
    first = requests.get(board.link.address + "/state", headers=headers, timeout=9)
    headers["If-None-Match"] = first.headers["Etag"]
    again = requests.get(board.link.address + "/state", headers=headers, timeout=9)
    assert (again.status_code, again.content) == (304, b"")
    board.join("ada")
    changed = requests.get(board.link.address + "/state", headers=headers, timeout=9)
    assert changed.status_code == 200


def test_the_timer_is_the_hosts(board: Served) -> None:
    token = board.board.host_token
    for wrong in ({"press": "explode"}, {"press": "extend", "minutes": 61}, {"press": "extend",
                  "minutes": 1.5}, {"press": ["start"]}, {}):  # fmt: skip
        assert board.post("/timer", wrong, token)[0] == 400
    assert board.post("/timer", {"press": "start"}, token)[0] == 200
    board.clock.ahead = 600
    clock = board.state()["clock"]
    assert clock["state"] == "running"
    assert board.clock() - clock["zero"] == pytest.approx(600, abs=5)
    board.post("/timer", {"press": "pause"}, token)
    board.clock.ahead = 1200
    assert board.state()["clock"]["elapsed"] == pytest.approx(600, abs=5)
    before = [stop["end"] for stop in board.state()["clock"]["stops"]]
    board.post("/timer", {"press": "extend", "minutes": 5}, token)
    assert board.state()["clock"]["stops"][-1]["end"] == before[-1] + 5


def test_a_board_that_is_started_again_is_the_same_board(tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite"
    with boards.served(path) as board:
        token, link = board.board.host_token, board.link
        ada = board.join("ada", shown=True)
        bo = board.join("bo")
        for exercise, passed in ((FIRST, True), (SECOND, False)):
            board.report(ada, exercise, passed)
        board.report(bo, FIRST, False, number="sent again")
        board.post("/timer", {"press": "start"}, token)
        board.clock.ahead = 900
        board.post("/timer", {"press": "pause"}, token)
        before = board.state()
    with boards.served(path, port=int(link.address.rsplit(":", 1)[1])) as again:
        again.clock.ahead = 900
        assert (again.board.host_token, again.link) == (token, link)
        now = again.state()
        for changing in ("elapsed", "zero"):
            before["clock"].pop(changing), now["clock"].pop(changing)
        assert now == before
        assert again.report(bo, FIRST, False, number="sent again") == 200
        assert again.report(ada, SECOND, True) == 200
        assert again.counts(SECOND)[0] == 1
    assert sum(kind == "check" for kind, _, _ in _rows(path)) == 4


def test_a_full_disk_is_no_answer_and_nothing_that_happened(
    board: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = board.join("ada")
    with monkeypatch.context() as patched:

        def full(self: store.Store) -> None:
            self._base.rollback()
            raise sqlite3.OperationalError("database or disk is full")

        patched.setattr(store.Store, "commit", full)
        assert board.report(key, FIRST, True, number="n") == 503
        assert board.counts(FIRST) == (0, 0, 0, 0)
    assert board.report(key, FIRST, True, number="n") == 200
    assert board.counts(FIRST) == (1, 0, 0, 0)
    assert capsys.readouterr().err.count("disk is full") == 1


def test_two_boards_do_not_share_a_file_and_others_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite"
    one = store.Store(path)
    with pytest.raises(UserError, match="belongs to a board that is running"):
        store.Store(path)
    with pytest.raises(UserError, match="belongs to a board that is running"):
        store.put_aside(path)
    one.close()
    assert store.put_aside(tmp_path / "none") is None
    for name, content in (("text", b"not a database, " * 99), ("other", None)):
        foreign = tmp_path / name
        if content is None:
            base = sqlite3.connect(foreign)
            base.execute("CREATE TABLE precious (x)")
            base.execute("PRAGMA user_version = 7")
            base.commit()
            base.close()
        else:
            foreign.write_bytes(content)
        kept = foreign.read_bytes()
        with pytest.raises(UserError, match="--new puts it aside"):
            store.Store(foreign)
        assert foreign.read_bytes() == kept
        aside = store.put_aside(foreign)
        assert aside is not None
        assert aside.read_bytes() == kept
        assert not foreign.exists()


def test_the_qr_code_says_the_link() -> None:
    made = view.welcome(boards.the_plan(), boards.Link("http://192.168.1.5:8080", "K7WQ2"))
    assert made["link"] == "http://192.168.1.5:8080/#k7wq2"
    assert made["qr"].startswith("data:image/svg+xml")
    # segno is the oracle for itself only in so far as the text decides the symbol.
    same = segno.make("http://192.168.1.5:8080/#k7wq2", error="m", micro=False)
    options = {"border": 4, "dark": "#000", "light": "#fff", "omitsize": True}
    assert made["qr"] == same.svg_data_uri(**options)


def test_what_a_host_gets_wrong_is_one_line_and_touches_no_file(tmp_path: Path) -> None:
    lab, path, quiet = labs.named("1"), tmp_path / "new" / "b.sqlite", Console(quiet=True)
    with pytest.raises(UserError, match="--minutes is between 10 and 480, not 0"):
        serve.run(lab, 0, quiet, state=path, new=True)
    assert not path.parent.exists()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken, .*: give --port {port + 1}"):
            serve.run(lab, None, quiet, state=path, port=port, bind="127.0.0.1")
    with pytest.raises(UserError, match=r"cannot listen at 203\.0\.113\.7"):
        serve.run(lab, None, quiet, state=path, bind="203.0.113.7")
    assert not path.parent.exists()
    with contextlib.closing(store.Store(path)), pytest.raises(UserError, match="is running"):
        serve.run(lab, None, quiet, state=path, port=0, bind="127.0.0.1")
    store.Store(path).close()  # whoever could not go on has let go of it


def test_help_shows_an_example() -> None:
    command = [sys.executable, "-m", "grader", "board", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "Example: python -m grader board 1 --minutes 90" in done.stdout


def test_an_address_is_found_without_sending_anything() -> None:
    found = serve.own_address()
    assert socket.inet_aton(found)
    # Whoever has it can listen there: it is this machine's.
    with socket.create_server((found, 0)):
        pass


def test_slow_and_idle_connections_hold_nobody_up(board: Served) -> None:
    address = board.link.address.removeprefix("http://").split(":")
    idle = [socket.create_connection((address[0], int(address[1]))) for _ in range(50)]
    for one in idle:
        one.sendall(b"POST /report HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nx")
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(board.report(key, FIRST, True)))
    key = board.join("ada")
    thread.start()
    thread.join(10)
    assert done == [200]
    for one in idle:
        one.close()
