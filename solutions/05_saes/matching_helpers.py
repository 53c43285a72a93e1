"""Given code of lab 05, part II: which latent matches a labelled feature, by cosine and by data.

Nothing here answers an exercise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Match:
    """Which latents stand for a feature, one for each way to ask.

    Attributes:
        by_cosine: the latent whose row points most along the probe's direction, either way.
        cosine: its cosine with it.
        by_data: the latent whose activation best tells the labels apart, on half of the templates.
        seen: how well it does there, counted from 0.5 upwards whichever label it fires for.
        auroc: how well it does on the other half; below 0.5 where it fires for the other label and
            was chosen for that.
        probe: how well the probe's direction does there.
        luck: how well the best latent does for shuffled labels, on the half it was chosen on.
    """

    by_cosine: int
    cosine: float
    by_data: int
    seen: float
    auroc: float
    probe: float
    luck: float

    def line(self) -> str:
        """Say it in a line."""
        return (
            f"row of latent {self.by_cosine}: cosine {self.cosine:+.2f}   "
            f"latent {self.by_data}: AUROC {self.seen:.2f} where it was chosen "
            f"(luck {self.luck:.2f}), {self.auroc:.2f} on new templates (probe {self.probe:.2f})"
        )


def match(
    stream: Float[Tensor, "text d_in"],
    labels: Bool[Tensor, " text"],
    groups: Int[Tensor, " text"],
    weights: dict[str, Tensor],
    latents: Float[Tensor, "text latent"],
) -> Match:
    """Look for the latents of a labelled feature; choose on half of the templates.

    Args:
        stream: activations at the dictionary's layer, one for each text.
        labels: whether the feature holds.
        groups: the template of each text; no template is on both sides.
        weights: the dictionary's.
        latents: its activations on the stream.
    """
    every = groups.unique()
    chosen = torch.isin(groups, every[: len(every) // 2])
    direction = stream[chosen & labels].mean(dim=0) - stream[chosen & ~labels].mean(dim=0)
    cosines = functional.cosine_similarity(weights["W_dec"], direction[None], dim=1)
    nearest = int(cosines.abs().argmax())
    areas = auroc(latents[chosen], labels[chosen])
    best = int((areas - 0.5).abs().argmax())
    seen = 0.5 + float((areas[best] - 0.5).abs())
    order = torch.randperm(int(chosen.sum()), generator=torch.Generator().manual_seed(0))
    by_luck = auroc(latents[chosen], labels[chosen][order])
    new = auroc(latents[~chosen][:, [best]], labels[~chosen])
    probe = auroc((stream[~chosen] @ direction)[:, None], labels[~chosen])
    luck = 0.5 + float((by_luck - 0.5).abs().max())
    cosine = float(cosines[nearest])
    return Match(nearest, cosine, best, seen, float(new[0]), float(probe[0]), luck)


def auroc(
    scores: Float[Tensor, "text score"], labels: Bool[Tensor, " text"]
) -> Float[Tensor, " score"]:
    """Return how well each column tells the two kinds of text apart; 0.5 is chance."""
    from scipy.stats import rankdata

    area = torch.full((scores.shape[1],), 0.5, dtype=torch.float64)
    varied = (scores != scores[:1]).any(dim=0)  # a constant column tells nothing
    ranks = torch.from_numpy(rankdata(scores[:, varied].detach().numpy(), axis=0))
    n, m = int(labels.sum()), int((~labels).sum())
    area[varied] = (ranks[labels].sum(dim=0) - n * (n + 1) / 2) / (n * m)
    return area
