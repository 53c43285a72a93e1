"""The blind test of an explanation: which of ten texts does the latent fire on?"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

_BEFORE, _AFTER = 18, 6  # tokens shown around the place in question


@dataclass(frozen=True)
class Question:
    """A piece of text, and whether the latent fires in it.

    Attributes:
        words: its tokens as text.
        fires: the answer.
        peak: the latent's largest value in it; 0 when it does not fire.
        at: the number of the token in ``words`` where that is reached.
    """

    words: tuple[str, ...]
    fires: bool
    peak: float
    at: int


def window(place: int, length: int) -> slice:
    """Return the tokens shown around ``place``; a full window wherever the text is long enough."""
    width = min(_BEFORE + 1 + _AFTER, length)
    start = min(max(place - _BEFORE, 0), length - width)
    return slice(start, start + width)


def questions(
    values: Float[Tensor, "text s"],
    words: tuple[tuple[str, ...], ...],
    without: set[int],
    seed: int,
    each: int = 5,
) -> list[Question]:
    """Choose up to ``each`` texts that fire and as many that are silent, in random order.

    The firing ones come from all strengths, weak ones too: an explanation that holds only for
    the strongest texts explains little. A silent one is silent in all of its text, not only in
    the piece shown.

    Args:
        values: of the latent at each token.
        words: the tokens as text.
        without: texts that the page shows elsewhere, with the answer.
        seed: of the choice and the order.
        each: how many of either kind.
    """
    dice = random.Random(seed)
    peaks = values.max(dim=1).values
    left = [text for text in range(len(peaks)) if text not in without]
    firing = sorted((t for t in left if peaks[t] > 0), key=lambda t: -peaks[t].item())
    silent = [t for t in left if peaks[t] == 0]
    count = min(each, len(firing), len(silent))
    spread = torch.linspace(0, len(firing) - 1, count).round().long().tolist() if count else []
    asked = [_ask(values, words, firing[i], int(values[firing[i]].argmax())) for i in spread]
    for text in dice.sample(silent, count):
        asked.append(_ask(values, words, text, dice.randrange(1, values.shape[1])))
    dice.shuffle(asked)
    return asked


def _ask(values: Tensor, words: tuple[tuple[str, ...], ...], text: int, place: int) -> Question:
    shown = window(place, values.shape[1])
    peak, at = values[text, shown].max(dim=0)
    return Question(words[text][shown], peak.item() > 0, peak.item(), int(at))
