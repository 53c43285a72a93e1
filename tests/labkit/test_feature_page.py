"""Feature pages: true of the latent, safe to open, one file that needs no network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup, Tag
from labkit import dictionary, feature_page, models
from labkit.errors import LabError
from labkit.feature_page import Readings
from labkit.feature_page.page import shade, visible
from labkit.feature_page.quiz import questions
from torch import Tensor
from torch.nn import functional

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\n",
    "&amp;",
    "'",
    "</li>",
)


def _parts(d_model: int = 24, latents: int = 60) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    decoder = functional.normalize(torch.randn(latents, d_model, generator=generator), dim=1)
    bias = 0.1 * torch.randn(latents, generator=generator)
    shift = torch.randn(d_model, generator=generator)
    return {"W_enc": decoder.T.contiguous(), "b_enc": bias, "W_dec": decoder, "b_dec": shift}


@pytest.fixture(scope="module")
def readings() -> Readings:
    """Thirty texts of a tiny model, its tokens spelled so as to break a careless page."""
    model = models.random(3)
    tokens = torch.randint(37, (30, 14), generator=torch.Generator().manual_seed(0))
    found = feature_page.read(model, tokens, parts=_parts(), k=4, layer=2)
    vocabulary = tuple(HOSTILE[i] if i < len(HOSTILE) else f" w{i}" for i in range(37))
    words = tuple(tuple(vocabulary[token] for token in row) for row in tokens.tolist())
    return Readings(
        tokens, words, found.latents, found.values, found.parts, found.effects, vocabulary
    )


def _latent(readings: Readings, rank: int) -> int:
    """Return the latent that fires on the most tokens but ``rank``."""
    fired = readings.latents[readings.values > 0]
    return int(fired.bincount(minlength=60).argsort(descending=True)[rank])


def _soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_readings_are_the_dictionarys_latents(readings: Readings) -> None:
    model = models.random(3)
    with torch.no_grad():
        _, cache = model.run_with_cache(readings.tokens)
    latents = dictionary.encode(cache["blocks.1.hook_resid_post"], _parts(), 4)
    latents[:, 0] = 0
    for latent in range(60):
        torch.testing.assert_close(readings.of(latent), latents[:, :, latent])
    with pytest.raises(LabError, match="0 to 59"):
        readings.of(60)


def test_evidence_adds_up(readings: Readings) -> None:
    latent = _latent(readings, 5)
    values = readings.of(latent)
    found = feature_page.gather(latent, readings, top=4)
    assert found.tokens == 30 * 13 and found.fired == (values > 0).sum() == sum(found.bars)
    assert found.texts_fired == (values > 0).any(dim=1).sum()
    peaks = [example.peak for example in found.strongest]
    assert peaks == pytest.approx(values.max(dim=1).values.topk(len(peaks)).values.tolist())
    for example in found.strongest:
        assert example.values[example.at] == example.peak == max(example.values)
    direct = readings.parts["W_dec"][latent] @ readings.effects
    assert found.promotes[0][1] == pytest.approx(direct.max().item())
    assert found.suppresses[0][1] == pytest.approx(direct.min().item())
    cosines = readings.parts["W_dec"] @ readings.parts["W_dec"][latent]
    other, cosine = found.neighbours[0]
    assert other != latent and cosine == pytest.approx(cosines[other].item(), abs=1e-5)
    assert cosine == pytest.approx(cosines[cosines < 0.999].max().item(), abs=1e-5)


def test_logit_effects_are_what_a_push_does_to_the_logits() -> None:
    model = models.random(5, dtype=torch.float64)
    tokens = torch.randint(37, (1, 5), generator=torch.Generator().manual_seed(0))
    parts = _parts()
    effects = feature_page.read(model, tokens, parts=parts, k=4, layer=3).effects
    row = parts["W_dec"][7].double()

    def pushed(size: float) -> tuple[Tensor, Tensor]:
        def hook(value: Tensor, hook: object) -> Tensor:
            # A stream of root mean square 1 that the push does not lengthen, to first order.
            stream = torch.randn(24, generator=torch.Generator().manual_seed(2)).double()
            stream = stream - (stream @ row) / (row @ row) * row
            return (stream / stream.pow(2).mean().sqrt() + size * row).expand_as(value)

        with torch.no_grad():
            logits = model.run_with_hooks(tokens, fwd_hooks=[("blocks.2.hook_resid_post", hook)])
        return logits[0, -1], logits

    change = (pushed(1e-4)[0] - pushed(-1e-4)[0]) / 2e-4
    expected = row @ effects.double()
    torch.testing.assert_close(change - change.mean(), expected, rtol=1e-3, atol=1e-4)


def test_the_quiz_is_blind_and_right(readings: Readings) -> None:
    values = readings.of(_latent(readings, 8))
    peaks = values.max(dim=1).values
    shown = set(peaks.topk(3).indices.tolist())
    asked = questions(values, readings.words, shown, seed=0, each=4)
    firing = [question for question in asked if question.fires]
    assert len(asked) == 2 * len(firing) > 0
    spelled = {readings.words[text]: text for text in range(30)}
    for question in asked:
        text = spelled[question.words]  # 14 tokens: a piece is a whole text
        assert text not in shown
        assert question.fires == bool(peaks[text] > 0)
        assert question.peak == pytest.approx(peaks[text].item())
        assert values[text, question.at] == peaks[text]
    weakest = peaks[[t for t in range(30) if t not in shown and peaks[t] > 0]].min().item()
    assert min(question.peak for question in firing) == pytest.approx(weakest)
    assert questions(values, readings.words, shown, seed=0, each=4) == asked
    assert questions(values, readings.words, shown, seed=1, each=4) != asked


def test_a_page_is_one_safe_file(readings: Readings, tmp_path: Path) -> None:
    latent = _latent(readings, 5)
    words = '</textarea><script>alert(2)</script> & "so on"'
    file = feature_page.build(
        latent, readings, tmp_path / "new" / "page.html", explanation=words, score=0.75
    )
    soup = _soup(file)
    assert len(soup.find_all("script")) == 1 and not soup.find_all("img")
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", file.read_text())
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert isinstance(policy, Tag) and "default-src 'none'" in str(policy["content"])
    box = soup.find("textarea")
    assert isinstance(box, Tag) and box.text == words
    assert "0.75" in soup.text
    labels = soup.select("label.question")
    assert labels and all(label.find("input", type="checkbox") for label in labels)
    assert {str(label["data-fires"]) for label in labels} == {"true", "false"}
    assert soup.find("label", attrs={"for": "explain"})


def test_a_page_shows_each_value_in_words_too(readings: Readings, tmp_path: Path) -> None:
    latent = _latent(readings, 5)
    soup = _soup(feature_page.build(latent, readings, tmp_path / "page.html"))
    found = feature_page.gather(latent, readings)
    for item, example in zip(soup.select("ol.texts > li"), found.strongest, strict=True):
        text = item.select_one(".text")
        assert text is not None and text.text == "".join(map(visible, example.words))
        titles = [float(str(mark["title"])) for mark in text.find_all("mark")]
        assert titles == pytest.approx([v for v in example.values if v > 0], abs=0.006)
        assert (
            f"{example.peak:.2f}" in item.text and visible(example.words[example.at]) in item.text
        )
    chart = soup.find("svg")
    assert isinstance(chart, Tag) and str(found.fired) in str(chart["aria-label"])
    assert len(chart.find_all("rect")) == len(found.bars)


def test_a_dead_latent_has_a_page_that_says_so(readings: Readings, tmp_path: Path) -> None:
    parts = {**readings.parts, "b_enc": readings.parts["b_enc"].clone()}
    parts["b_enc"][9] = -1e6
    dead = feature_page.read(models.random(3), readings.tokens, parts=parts, k=4, layer=2)
    soup = _soup(feature_page.build(9, dead, tmp_path / "page.html"))
    assert "fired on none" in soup.text and not soup.find("form")


def test_the_index_leads_to_every_page(readings: Readings, tmp_path: Path) -> None:
    latents = [_latent(readings, rank) for rank in (0, 5, 9)]
    index = feature_page.build_all(
        latents, readings, tmp_path, explanations={latents[0]: "It <i>fires</i>"}, scores={}
    )
    links = [str(link["href"]) for link in _soup(index).find_all("a")]
    assert links == [f"latent-{latent}.html" for latent in latents]
    assert all((tmp_path / link).is_file() for link in links)
    assert "It <i>fires</i>" in _soup(index).text
    with pytest.raises(LabError, match="could not be written"):
        feature_page.build(latents[0], readings, index / "page.html")


@pytest.mark.parametrize(
    ("value", "step"), [(0.0, 0), (-1.0, 0), (0.1, 1), (2.4, 1), (2.6, 2), (9.9, 4), (10.0, 4)]
)
def test_shades_are_quarters_of_the_peak(value: float, step: int) -> None:
    assert shade(value, 10.0) == step
    assert shade(value, 0.0) == 0
