"""What a page shows of one latent: texts, histogram, logits, neighbours."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from labkit.feature_page.quiz import Question, questions, window
from labkit.feature_page.readings import Readings

_BARS = 20


@dataclass(frozen=True)
class Example:
    """A piece of text with the latent's value at each token; ``peak`` is the largest.

    ``at`` is the number of the token in ``words`` where it is reached.
    """

    words: tuple[str, ...]
    values: tuple[float, ...]
    peak: float
    at: int


@dataclass(frozen=True)
class Evidence:
    """All that is known of a latent.

    Attributes:
        latent: its number.
        tokens: how many were read, position 0 of each text not counted.
        fired: on how many of them.
        texts, texts_fired: the same in texts.
        strongest: the texts with the largest values, one piece of each.
        bars: how many values lie in each twentieth of the way from 0 to the largest.
        promotes, suppresses: tokens and what one unit of the latent adds to their logits through
            the final norm's scale, if nothing in between did anything with it.
        neighbours: other latents and the cosine of their decoder rows with this one.
        quiz: texts for the blind test, none of them in ``strongest``.
    """

    latent: int
    tokens: int
    fired: int
    texts: int
    texts_fired: int
    strongest: tuple[Example, ...]
    bars: tuple[int, ...]
    promotes: tuple[tuple[str, float], ...]
    suppresses: tuple[tuple[str, float], ...]
    neighbours: tuple[tuple[int, float], ...]
    quiz: tuple[Question, ...]

    @property
    def peak(self) -> float:
        """The largest value on these texts; 0 when the latent never fired."""
        return self.strongest[0].peak if self.strongest else 0.0


def gather(latent: int, readings: Readings, *, top: int = 8, seed: int = 0) -> Evidence:
    """Collect what is known of a latent.

    Args:
        latent: its number.
        readings: from `labkit.feature_page.read`.
        top: how many of its strongest texts to show, and tokens and neighbours to list.
        seed: of the blind test.

    Raises:
        LabError: no such latent.
    """
    values = readings.of(latent)
    peaks = values.max(dim=1).values
    firing = (peaks > 0).nonzero()[:, 0].tolist()
    # A latent that fires in few texts keeps half of them for the test.
    shown = sorted(firing, key=lambda text: -peaks[text].item())[: min(top, -(-len(firing) // 2))]
    row = readings.parts["W_dec"][latent]
    effects = row @ readings.effects
    cosines = functional.cosine_similarity(readings.parts["W_dec"], row[None], dim=1)
    cosines[latent] = -2.0
    positive = values[values > 0]
    return Evidence(
        latent=latent,
        tokens=values[:, 1:].numel(),
        fired=len(positive),
        texts=len(values),
        texts_fired=len(firing),
        strongest=tuple(_example(values, readings, text) for text in shown),
        bars=_histogram(positive),
        promotes=_extreme(effects, readings.vocabulary, top),
        suppresses=tuple((word, -by) for word, by in _extreme(-effects, readings.vocabulary, top)),
        neighbours=tuple(_numbered(cosines, top)),
        quiz=tuple(questions(values, readings.words, set(shown), seed)),
    )


def _example(values: Tensor, readings: Readings, text: int) -> Example:
    place = int(values[text].argmax())
    shown = window(place, values.shape[1])
    piece = values[text, shown]
    return Example(
        readings.words[text][shown], tuple(piece.tolist()), piece.max().item(), int(piece.argmax())
    )


def _histogram(positive: Tensor) -> tuple[int, ...]:
    if not len(positive):
        return (0,) * _BARS
    counts = positive.histc(_BARS, 0.0, positive.max().item())
    return tuple(int(count) for count in counts.tolist())


def _extreme(
    effects: Tensor, vocabulary: tuple[str, ...], top: int
) -> tuple[tuple[str, float], ...]:
    return tuple((vocabulary[token], by) for token, by in _numbered(effects, top))


def _numbered(scores: Tensor, top: int) -> list[tuple[int, float]]:
    best = scores.topk(min(top, len(scores)))
    return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))
