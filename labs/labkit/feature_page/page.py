"""From evidence to HTML: one self-contained file a latent, and an index over several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jinja2

from labkit.errors import LabError
from labkit.feature_page.evidence import Evidence, gather
from labkit.feature_page.readings import Readings

_SHADES = 4


def build(
    latent: int,
    readings: Readings,
    path: str | Path,
    *,
    explanation: str = "",
    score: float | None = None,
    linked: Sequence[int] = (),
    seed: int = 0,
) -> Path:
    """Write the page of one latent; it opens from the file system and needs no network.

    Args:
        latent: its number.
        readings: from `labkit.feature_page.read`.
        path: of the HTML file; its folder is made, a file that is there is replaced.
        explanation: the student's, shown in the box; the page lets it be changed.
        score: what the explanation earned in the notebook, 0 to 1, shown beside the box.
        linked: latents whose pages lie beside this one, so that neighbours can be links.
        seed: of the texts in the blind test.

    Raises:
        LabError: no such latent, or the file cannot be written.
    """
    evidence = gather(latent, readings, seed=seed)
    page = _templates().get_template("latent.html.j2")
    html = page.render(e=evidence, explanation=explanation, score=score, linked=set(linked))
    return _write(Path(path), html)


def build_all(
    latents: Sequence[int],
    readings: Readings,
    folder: str | Path,
    *,
    explanations: Mapping[int, str] | None = None,
    scores: Mapping[int, float] | None = None,
) -> Path:
    """Write a page for each latent, and ``index.html`` over them; return the index.

    Args:
        latents: their numbers.
        readings: from `labkit.feature_page.read`.
        folder: for the pages ``latent-<number>.html``; it is made.
        explanations: of some or all of them.
        scores: what those earned.

    Raises:
        LabError: no such latent, or a file cannot be written.
    """
    explanations, scores = explanations or {}, scores or {}
    folder = Path(folder)
    listed: list[Evidence] = []
    for latent in latents:
        build(
            latent,
            readings,
            folder / page_name(latent),
            explanation=explanations.get(latent, ""),
            score=scores.get(latent),
            linked=latents,
        )
        listed.append(gather(latent, readings))
    page = _templates().get_template("index.html.j2")
    html = page.render(latents=listed, explanations=explanations, scores=scores)
    return _write(folder / "index.html", html)


def page_name(latent: int) -> str:
    """Return the file name of a latent's page in the folder of `build_all`."""
    return f"latent-{latent}.html"


def visible(word: str) -> str:
    """Show a token's line breaks and tabs, which would vanish from a page."""
    return word.replace("\n", "↵").replace("\t", "⇥").replace("\r", "␍")


def shade(value: float, peak: float) -> int:
    """Return 0 for a silent token, else 1 to 4 by the quarter of the peak that it reaches."""
    if value <= 0 or peak <= 0:
        return 0
    return min(_SHADES, 1 + int(_SHADES * value / peak))


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,  # always: tokens hold HTML, and the templates' names do not end in .html
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.globals["shade"] = shade
    environment.globals["page_name"] = page_name
    return environment


def _write(path: Path, html: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"the feature page {path} could not be written: {error.strerror}."
        ) from error
    return path
