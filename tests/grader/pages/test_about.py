"""Titles and check sentences for the pages."""

from __future__ import annotations

from grader.course import labs
from grader.pages import about


def test_every_lab_has_a_title_and_every_check_a_sentence() -> None:
    found = labs.find()
    words = about.words(found.values())
    for lab in found.values():
        assert words[lab.name]
        for exercise in lab.exercises:
            mine = {
                k: v for k, v in words.items() if k.startswith(f"{lab.name}/{exercise.name}/test_")
            }
            assert len(mine) >= 3
            for check, sentence in mine.items():
                assert sentence.rstrip(")").endswith((".", "?")), check
                assert len(sentence) > 20, check
