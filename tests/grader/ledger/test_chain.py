"""The hash chain: what was done to a file is said, and nobody without the key can hide it."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from pathlib import Path

import pytest

from grader.ledger import chain
from grader.seeds import PUBLIC, Secret

_SECRET = Secret(b"a course secret of thirty-two b.")
_NAMES = "abcdefgh"


def _lines(secret: Secret = _SECRET) -> list[bytes]:
    """Eight results and a seal, as a run writes them."""
    head, found = chain.START, []
    for name in _NAMES:
        content = json.dumps({"student": name, "lab": "01_x", "score": 1.5}).encode()
        link = chain.stamp(content, head, secret)
        head = link.chain
        found.append(chain.line(link))
    return [*found, chain.line(chain.stamp(b'{"sealed": 8}', head, secret))]


def _problems(tmp_path: Path, lines: list[bytes], secret: Secret = _SECRET) -> list[str]:
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"".join(lines))
    return chain.problems(path, secret)


def test_the_stamp_is_hmac_sha256_over_what_the_docstring_says() -> None:
    first, second = (json.loads(line) for line in _lines()[:2])
    content = b'{"student": "b", "lab": "01_x", "score": 1.5}'
    key = _SECRET.key
    own = hmac.new(key, b"line\0" + content, hashlib.sha256).hexdigest()
    linked = hmac.new(key, b"chain\0" + first["chain"].encode() + content, hashlib.sha256)
    assert second["own"] == own[:16]
    assert second["chain"] == linked.hexdigest()[:32]


def test_what_a_run_wrote_has_no_problem(tmp_path: Path) -> None:
    lines = _lines()
    assert _problems(tmp_path, lines) == []
    assert _problems(tmp_path, []) == []
    # A killed run: no seal, and a piece of a line.
    for cut in (0, 1, 40, len(lines[5]) - 1):
        assert _problems(tmp_path, [*lines[:5], lines[5][:cut]]) == []


def test_a_changed_mark_is_named(tmp_path: Path) -> None:
    for number, name in enumerate(_NAMES, start=1):
        lines = _lines()
        lines[number - 1] = lines[number - 1].replace(b"1.5", b"9.5")
        assert _problems(tmp_path, lines) == [f"line {number} ({name}, 01_x) was changed"]


def test_a_changed_name_and_a_changed_seal_are_named(tmp_path: Path) -> None:
    lines = _lines()
    lines[2] = lines[2].replace(b'"c"', b'"h"')
    lines[8] = lines[8].replace(b"8", b"7", 1)
    found = _problems(tmp_path, lines)
    assert found == ["line 3 (h, 01_x) was changed", "line 9 (the seal of a run) was changed"]


def test_a_removed_line_is_seen_where_it_was(tmp_path: Path) -> None:
    for gone in range(8):
        lines = _lines()
        del lines[gone]
        (problem,) = _problems(tmp_path, lines)
        assert "removed" in problem
        after = (*_NAMES, None)[gone + 1]
        where = f"before line {gone + 1} ({after}, 01_x)" if after else "(the seal of a run)"
        assert where in problem or (gone == 0 and "at the beginning" in problem)


def test_a_moved_line_is_named_and_no_other(tmp_path: Path) -> None:
    for start in range(8):
        for to in range(8):
            lines = _lines()
            lines.insert(to, lines.pop(start))
            found = _problems(tmp_path, lines)
            if start == to:
                assert found == []
                continue
            assert len(found) == 1, (start, to, found)
            assert "moved" in found[0]
            if abs(start - to) > 1:  # of two neighbours, either may be said to have moved
                assert f"line {to + 1} ({_NAMES[start]}, 01_x)" in found[0]


def test_a_copied_line_and_a_line_of_another_hand_are_named(tmp_path: Path) -> None:
    lines = _lines()
    (copied,) = _problems(tmp_path, [*lines[:5], lines[1], *lines[5:]])
    assert copied.startswith("line 6 (b, 01_x) was moved or copied")
    by_hand = b'{"student": "zoe", "lab": "01_x", "score": 9}\n'
    (added,) = _problems(tmp_path, [*lines[:5], by_hand, *lines[5:]])
    assert added == "line 6 (zoe, 01_x) was not written by a run"


def test_whoever_has_no_secret_cannot_write_a_line(tmp_path: Path) -> None:
    lines = _lines()
    content = b'{"student": "c", "lab": "01_x", "score": 9.5}'
    before = json.loads(lines[1])["chain"]
    lines[2] = chain.line(chain.stamp(content, before, PUBLIC))
    found = _problems(tmp_path, lines)
    assert found[0] == "line 3 (c, 01_x) was changed"


def test_another_secret_is_said_once_and_not_line_by_line(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, _lines(), PUBLIC)
    assert "with this secret" in problem


def test_a_sorted_file_is_one_problem_and_does_not_take_forever(tmp_path: Path) -> None:
    head, lines = chain.START, []
    for number in range(2_000):
        content = json.dumps({"student": f"s{number}", "lab": "01_x"}).encode()
        link = chain.stamp(content, head, _SECRET)
        head = link.chain
        lines.append(chain.line(link))
    random.Random(0).shuffle(lines)
    (problem,) = _problems(tmp_path, lines)
    assert "another order" in problem


@pytest.mark.parametrize("junk", [b"\n", b"\0" * 300 + b"\n", b"[]\n", b"\xff\n", b"null\n"])
def test_no_bytes_are_too_strange(tmp_path: Path, junk: bytes) -> None:
    lines = _lines()
    (problem,) = _problems(tmp_path, [*lines[:3], junk, *lines[3:]])
    assert problem.startswith("line 4")
