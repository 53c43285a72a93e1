"""Fingerprints, recognised misconceptions, progress and the next exercise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from labkit import check
from labkit.checking import lab
from labkit.checking.desk import _desk
from labkit.checking.fingerprints import Print, same
from torch import Tensor, nn

Function = Callable[[Tensor], Tensor]


def norm(x: Tensor) -> Tensor:
    return x / x.pow(2).mean(-1, keepdim=True).sqrt()


def over_positions(x: Tensor) -> Tensor:
    return x / x.pow(2).mean(-2, keepdim=True).sqrt()


def also_over_positions(x: Tensor) -> Tensor:
    return x / (x.pow(2).sum(dim=1, keepdim=True) / x.shape[1]) ** 0.5


def in_place(x: Tensor) -> Tensor:
    return x.div_(x.pow(2).mean(-1, keepdim=True).sqrt())


def raises(x: Tensor) -> Tensor:
    raise RuntimeError("a shape")


def visible_check(norm: Function) -> None:
    with check(norm) as c:
        x = torch.randn(2, 3, 5)
        yours = c.call(x)
        c.close(yours.pow(2).mean(-1), torch.ones(2, 3), "the mean square is 1")
        c.close(c.call(2 * x), yours, "length is forgotten")


def prints_of(function: Function) -> list[Print]:
    prints: list[Print] = []
    with check.recording(prints.append):
        visible_check(function)
    return prints


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Path]:
    """A folder with a lab of three exercises; the second is `norm`, with two misconceptions."""
    known = [
        {"name": wrong.__name__, "sentence": f"It is {wrong.__name__}.", "prints": prints_of(wrong)}
        for wrong in (over_positions, in_place, raises)
    ]
    exercises = [
        {"name": name, "points": points, "misconceptions": known if name == "norm" else []}
        for name, points in (("first", 1.0), ("norm", 2.5), ("third", 3.0))
    ]
    content = {"lab": "09_norms", "exercises": exercises}
    (tmp_path / lab.FILE).write_text(json.dumps(content))
    _desk.outcomes.clear()
    check.beside(tmp_path)
    yield tmp_path
    check.beside(None)
    _desk.outcomes.clear()


def test_a_fingerprint_is_a_size_and_three_short_numbers() -> None:
    one = check.fingerprint(torch.arange(6.0).reshape(2, 3))
    assert one[0] == 6
    assert len(one) == 4
    assert all(float(f"{number:.4g}") == number for number in one[1:] if isinstance(number, float))
    assert one == check.fingerprint([[0, 1, 2], (3.0, 4, 5)])
    assert one == check.fingerprint({"b": torch.tensor([2, 3, 4, 5]), "a": [0, True]})


def test_a_fingerprint_sees_order_and_size_but_not_rounding() -> None:
    x = torch.randn(40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    one = check.fingerprint(x)
    assert same(one, check.fingerprint(x + 1e-7))
    assert not same(one, check.fingerprint(x.flip(0)))
    assert not same(one, check.fingerprint(1.01 * x))
    assert not same(one, check.fingerprint(torch.cat([x, torch.zeros(1)])))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ValueError("secret"), ["error", "ValueError"]),
        (None, ["value", "NoneType"]),
        (torch.tensor([1.0, torch.nan, torch.inf]), ["not finite", 2.0]),
        (10**400, ["not finite", 1.0]),
        ([1.0, "a"], ["value", "list"]),
        (torch.zeros(0), [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_a_fingerprint_of_what_is_no_plain_numbers(value: object, expected: Print) -> None:
    assert check.fingerprint(value) == expected
    assert json.loads(json.dumps(expected)) == expected


def test_a_fingerprint_of_a_module_is_that_of_its_weights() -> None:
    linear = nn.Linear(2, 3, bias=False)
    assert check.fingerprint(linear) == check.fingerprint(linear.weight)


def test_recording_shows_nothing_and_keeps_what_calls_and_comparisons_saw(
    capsys: pytest.CaptureFixture[str],
) -> None:
    prints = prints_of(over_positions)
    assert capsys.readouterr().out == ""
    assert [one[0] for one in prints] == [30.0, 6.0, "stop"]
    assert prints[-1] == ["stop", 0.0]
    assert [one[0] for one in prints_of(norm)] == [30.0, 6.0, 30.0, 30.0]
    assert prints_of(raises) == [["error", "RuntimeError"], ["stop", 0.0]]
    assert prints_of(in_place)[-1] == ["stop", 2.0, "0 in place"]


def test_a_value_exercise_records_nothing() -> None:
    prints: list[Print] = []
    with check.recording(prints.append), check(answer=lambda: 3) as c:
        c.close(1.0, 2.0, "no")
    assert prints == []


def test_the_same_mistake_written_another_way_is_recognised(
    beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    visible_check(also_over_positions)
    assert "A known mistake: It is over_positions." in capsys.readouterr().out
    assert check.outcomes()["norm"].misconceptions == ("over_positions",)


def test_the_same_exception_is_no_evidence_of_a_mistake(
    beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    visible_check(raises)
    assert "RuntimeError: a shape" in (shown := capsys.readouterr().out)
    assert "known mistake" not in shown


def test_right_values_that_fail_for_another_reason_are_not_taken_for_the_known_one(
    beside: Path,
) -> None:
    def stops_elsewhere(norm: Function) -> None:
        with check(norm) as c:
            x = torch.randn(2, 3, 5)
            yours = c.call(x)
            c.close(yours.pow(2).mean(-1), torch.ones(2, 3), "the mean square is 1")
            c.close(c.call(2 * x), yours, "length is forgotten")
            c.true(False, "it is polite")

    stops_elsewhere(norm)
    assert check.outcomes()["norm"].misconceptions == ()
    visible_check(in_place)
    assert check.outcomes()["norm"].misconceptions == ("in_place",)


def test_mistakes_the_check_cannot_tell_apart_are_all_named(
    beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = beside / lab.FILE
    content: dict[str, Any] = json.loads(path.read_text())
    twin = dict(content["exercises"][1]["misconceptions"][0], name="twin", sentence="Or a twin.")
    content["exercises"][1]["misconceptions"].append(twin)
    path.write_text(json.dumps(content))
    visible_check(over_positions)
    shown = " ".join(capsys.readouterr().out.split())
    assert "One of these known mistakes: It is over_positions. Or a twin." in shown
    assert check.outcomes()["norm"].misconceptions == ("over_positions", "twin")


def test_progress_and_the_next_exercise(beside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    visible_check(over_positions)
    assert "09_norms: 0 of 3 exercises pass" in capsys.readouterr().out
    visible_check(norm)
    shown = capsys.readouterr().out
    assert "Next: exercise `third` (3 points)." in shown
    assert "09_norms: 1 of 3 exercises pass" in shown
    with check(third=1) as c:
        c.true(c.value == 1, "it is 1")
    assert "Next: exercise `first` (1 point)." in capsys.readouterr().out
    with check(first=1) as c:
        c.true(c.value == 1, "it is 1")
    shown = capsys.readouterr().out
    assert "every exercise of this lab passes its visible check." in shown
    assert "09_norms: 3 of 3 exercises pass" in shown
    visible_check(over_positions)
    assert "09_norms: 2 of 3 exercises pass" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"lab": 1}', '{"lab": "x", "exercises": [{}]}', "\xff"]
)
def test_a_damaged_file_is_as_good_as_none(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / lab.FILE).write_bytes(text.encode("latin-1"))
    assert lab.read(tmp_path / lab.FILE) is None
    check.beside(tmp_path)
    visible_check(norm)
    check.beside(None)
    assert capsys.readouterr().out.startswith("✓ norm passes")


def test_the_lab_is_found_in_the_working_directory_and_below_it(
    beside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check.beside(None)
    (beside / "labs" / "09_norms").mkdir(parents=True)
    for folder in (beside, beside / "labs"):
        monkeypatch.chdir(folder)
        visible_check(norm)
        assert "09_norms: 1 of 3" in capsys.readouterr().out
        if folder == beside:
            (beside / lab.FILE).rename(beside / "labs" / "09_norms" / lab.FILE)
