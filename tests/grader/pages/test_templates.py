"""The pages' looks and policies, as far as a test can see them."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader.pages import feedback, report
from grader.records import CheckResult, ExerciseResult, LabResult

_TEMPLATES = Path(report.__file__).parents[1] / "templates"
_CHECKS = (CheckResult("test_a", "PASS"), CheckResult("test_b", "FAIL", "A property.\nat 3", "So."))
_RESULT = LabResult(
    "ada", "01_logit_lens", "graded", "", 1.0, 2.0, (ExerciseResult("f", 1.0, 2.0, _CHECKS),)
)
_PAGES = {"index": report.page([_RESULT]), "feedback": feedback.page(_RESULT)}


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_needs_nothing_from_elsewhere(name: str) -> None:
    page = _PAGES[name]
    assert not re.search(r"https?:|@import|url\(|\bsrc=|//[a-z]", page)
    hrefs = {str(a["href"]).partition("#")[0] for a in BeautifulSoup(page, "html.parser")("a")}
    near = {"gradebook.csv", "results.jsonl", "feedback/ada/01_logit_lens.html"}
    assert hrefs == ({""} if name == "feedback" else near)


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_allows_its_own_style_and_script_and_nothing_else(name: str) -> None:
    soup = BeautifulSoup(_PAGES[name], "html.parser")
    meta = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert meta is not None
    policy = dict(part.split(" ", 1) for part in str(meta["content"]).split("; "))
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("form-action")
    found = {
        f"{tag.name}-src": base64.b64encode(hashlib.sha256(tag.get_text().encode()).digest())
        for tag in soup(["style", "script"])
    }
    assert policy == {kind: f"'sha256-{digest.decode()}'" for kind, digest in found.items()}
    assert ("script-src" in policy) == (name == "index")
    assert not soup.select("[style]"), "the policy would drop it"


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_is_marked_up_for_screen_readers(name: str) -> None:
    soup = BeautifulSoup(_PAGES[name], "html.parser")
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    assert len(soup("h1")) == len(soup("main")) == len(soup("title")) == 1
    for picture in soup("svg"):
        assert picture.get("aria-label") or picture.get("aria-hidden"), picture
    identifiers = [str(tag["id"]) for tag in soup.select("[id]")]
    assert len(identifiers) == len(set(identifiers))
    for head in soup("th"):
        assert head.get("scope") in ("row", "col")


def _contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_and_shades_told_apart_without_their_hue(theme: int) -> None:
    css = (_TEMPLATES / "page.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", css.split("@media (prefers")[theme]))
    for ink, ground in [
        ("ink", "bg"), ("ink", "panel"), ("muted", "bg"), ("muted", "panel"), ("muted", "void"),
        ("accent", "bg"), ("warn", "bg"), ("warn", "warn-bg"), ("full-ink", "full"),
        ("z-ink", "z4"), ("z-ink", "z3"), ("z-ink", "z2"), ("z1-ink", "z1"), ("z0-ink", "z0"),
    ]:  # fmt: skip
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    away = [_contrast(colours[f"z{level}"], colours["bg"]) for level in (4, 3, 2, 1, 0)]
    assert away == sorted(away), "the more is lost, the further from the page's own colour"
    for bar in ("bar", "z2", "z0"):
        assert _contrast(colours[bar], colours["void"]) > 1.3
