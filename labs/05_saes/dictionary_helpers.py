"""Given code of lab 05, part II: a dictionary's latents on held-out text, its windows, its matches.

Nothing here answers an exercise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from labkit import dictionary, feature_page, plots
from labkit.feature_page import Readings
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

CORES = min(2, torch.get_num_threads())
"""Threads for the real model."""

WINDOW = 32
"""Tokens of a window: what an explanation is asked about."""

_LOUD = 1 / 3  # of a latent's maximum


def read(
    model: TransformerBridge, tokens: Int[Tensor, "text pos"]
) -> tuple[Readings, Float[Tensor, "text pos d_in"]]:
    """Run the model over texts; return what the shipped dictionary says of them, and the stream.

    Args:
        model: the one that the dictionary is for.
        tokens: texts of one length.
    """
    kept: list[Tensor] = []

    def keep(stream: Tensor, hook: object) -> None:
        kept.append(stream.float())

    with model.hooks(fwd_hooks=[(dictionary.HOOK, keep)]):
        readings = feature_page.read(model, tokens)
    return readings, torch.cat(kept)


def read_with(
    readings: Readings, stream: Float[Tensor, "text pos d_in"], weights: dict[str, Tensor]
) -> Readings:
    """Return what another dictionary of the same shape says of the same texts."""
    top = [dictionary.encode(row, weights).topk(dictionary.K, dim=-1) for row in stream]
    values = torch.stack([row.values for row in top])
    values[~dictionary.ordinary(stream)] = 0  # sinks, as in `labkit.feature_page.read`
    values[:, 0] = 0
    return replace(
        readings, latents=torch.stack([row.indices for row in top]), values=values, parts=weights
    )


def valid(readings: Readings) -> Bool[Tensor, "text pos"]:
    """Return which tokens count: all but the first of each text."""
    return (torch.arange(readings.tokens.shape[1]) > 0).expand_as(readings.tokens)


def share(readings: Readings) -> Float[Tensor, " latent"]:
    """Return for each latent the share of the tokens that count in which it fires."""
    fired = readings.latents[readings.values > 0]
    size = len(readings.parts["W_dec"])
    return torch.bincount(fired, minlength=size) / valid(readings).sum()


def halves(readings: Readings) -> tuple[Readings, Readings]:
    """Return the readings of the first and of the second half of the texts."""
    middle = len(readings.tokens) // 2
    first, second = (
        replace(
            readings, tokens=readings.tokens[part], words=readings.words[part],
            latents=readings.latents[part], values=readings.values[part],
        )
        for part in (slice(middle), slice(middle, None))
    )  # fmt: skip
    return first, second


def untrained(weights: dict[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Return a dictionary of the same shape with random directions, encoder tied to decoder."""
    draw = torch.Generator().manual_seed(seed)
    W_dec = functional.normalize(torch.randn(weights["W_dec"].shape, generator=draw), dim=1)
    return {
        "W_enc": W_dec.mT.contiguous(), "b_enc": torch.zeros(len(W_dec)), "W_dec": W_dec,
        "b_dec": weights["b_dec"],
    }  # fmt: skip


def some_latents(readings: Readings, n: int, seed: int) -> list[int]:
    """Draw latents that fire in 1 of 2,000 tokens to 1 of 50: enough to see, not everywhere."""
    fires = share(readings)
    fair = ((fires > 1 / 2000) & (fires < 1 / 50)).nonzero().flatten()
    order = torch.randperm(len(fair), generator=torch.Generator().manual_seed(seed))
    return [int(latent) for latent in fair[order[:n]]]


def show(
    readings: Readings, latent: int, places: Sequence[tuple[int, int]], around: int = 10
) -> None:
    """Print places with the words around them, the token in question between brackets."""
    acts = readings.of(latent)
    for text, pos in places:
        words = readings.words[text]
        before, after = words[max(0, pos - around) : pos], words[pos + 1 : pos + 6]
        line = f"{''.join(before)}[[{words[pos]}]]{''.join(after)}".replace("\n", "⏎")
        print(f"{float(acts[text, pos]):7.2f}   {line}")


@dataclass(frozen=True, eq=False)
class Windows:
    """Pieces of text, and whether a latent fires in them.

    Attributes:
        texts: what stands in each window.
        tokens: the same as a list of token strings.
        fires: whether the latent is loud at any of its tokens; in the others it is silent.
    """

    texts: list[str]
    tokens: list[list[str]]
    fires: Bool[Tensor, " window"]


def windows(readings: Readings, latent: int, most: int = 24, seed: int = 0) -> Windows:
    """Draw windows in which a latent fires, at most so many, and as many in which it is silent.

    It fires where it reaches a third of its maximum; windows in which it is fainter are left out.
    They come in a random order, so that nothing but their text tells them apart.
    """
    n = readings.tokens.shape[1] // WINDOW
    acts = readings.of(latent)[:, : n * WINDOW].unflatten(1, (n, WINDOW))
    peaks = acts.amax(dim=-1).flatten()
    fires = peaks > _LOUD * peaks.max()
    draw = torch.Generator().manual_seed(seed)
    both = [kind.nonzero().flatten() for kind in (fires, peaks == 0)]
    size = min(most, *(len(kind) for kind in both))
    chosen = torch.cat([kind[torch.randperm(len(kind), generator=draw)[:size]] for kind in both])
    chosen = chosen[torch.randperm(len(chosen), generator=draw)]
    pieces = [
        list(readings.words[i // n][(i % n) * WINDOW : (i % n + 1) * WINDOW])
        for i in chosen.tolist()
    ]
    return Windows(["".join(piece) for piece in pieces], pieces, fires[chosen])


def favourite_words(readings: Readings, latent: int, n: int = 5) -> list[str]:
    """Return the token strings on which a latent's activations add up to most."""
    acts = readings.of(latent)
    total: dict[str, float] = {}
    for text, pos in (acts > 0).nonzero().tolist():
        word = readings.words[text][pos]
        total[word] = total.get(word, 0.0) + float(acts[text, pos])
    return sorted(total, key=lambda word: -total[word])[:n]


def contains(texts: Sequence[Sequence[str]], words: Sequence[str]) -> Bool[Tensor, " text"]:
    """Say for each text, a list of tokens, whether any of these is one of its tokens.

    Whole tokens: an "s" that is a token of its own does not stand in every text with the letter.
    """
    return torch.tensor([any(word in text for word in words) for text in texts])


def scores_figure(scores: Mapping[str, Float[Tensor, " latent"]]) -> plots.Figure:
    """Draw the scores of some latents, best first, one curve for each way to explain them."""
    curves = {name: values.sort(descending=True).values for name, values in scores.items()}
    most = max(len(values) for values in curves.values())
    filled = {
        name: torch.cat([values, torch.full((most - len(values),), torch.nan)])
        for name, values in curves.items()
    }
    figure = plots.lines(
        filled, title="Explained by five words: scores on new text", xlabel="latents, best first",
        ylabel="balanced accuracy", limits=(0.0, 1.02), levels={"chance": 0.5},
    )  # fmt: skip
    figure.alt = "Scores of latents, best first. " + "; ".join(
        f"{name}: {len(v)} latents from {float(v[0]):.2f} to {float(v[-1]):.2f}, "
        f"median {float(v.median()):.2f}"
        for name, v in curves.items()
    )
    return figure
