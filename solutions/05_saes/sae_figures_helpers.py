"""Given code of lab 05, part I: the figure that compares recipes with the truth."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.plots.figure import CYCLE, Figure, drawing
from saes_helpers import Judgement

_MARKERS = ("o", "s", "^", "D")
_DASHES = ("-", "--", "-.", ":")


def comparison(
    compared: Mapping[str, Judgement], sweep: Mapping[int, Judgement], fvu: Mapping[int, float]
) -> Figure:
    """Draw cosines to the truth and sizes recovered, feature by feature, and the sweep over k.

    Args:
        compared: dictionaries by name.
        sweep: TopK dictionaries by k.
        fvu: the fraction of variance unexplained of each of these.
    """
    with drawing(15, 4.6) as fig:
        left, middle, right = fig.subplots(1, 3)
        said = []
        styles = zip(CYCLE, _MARKERS, _DASHES, strict=False)
        for (name, score), (colour, marker, dash) in zip(compared.items(), styles, strict=False):
            look = {"color": colour, "marker": marker, "ls": dash, "ms": 4, "markevery": 7}
            left.plot(score.cosines.sort(descending=True).values.numpy(), label=name, **look)
            middle.plot(score.size.sort(descending=True).values.numpy(), label=name, **look)
            said.append(
                f"{name}: {score.found} of {len(score.cosines)} directions above 0.95, mean share "
                f"of the size {score.size.mean():.2f}."
            )
        left.axhline(0.95, color="#6a737d", ls=":", label="found: 0.95")
        left.set(title="Is the direction there?", ylabel="largest cosine with a decoder row")
        middle.axhline(1.0, color="#6a737d", ls=":", label="true size")
        middle.set(title="At its true size?", ylabel="written size / true size")
        middle.set_ylim(0, 1.15)
        for axes in (left, middle):
            axes.set_xlabel("features, each panel sorted by itself")
            axes.legend(fontsize="small")
        ks = list(sweep)
        means = [float(sweep[k].cosines.mean()) for k in ks]
        places = range(len(ks))
        right.plot(places, means, color=CYCLE[0], marker="o", label="mean cosine to the truth")
        right.plot(
            places, [fvu[k] for k in ks], color=CYCLE[1], marker="s", ls="--",
            label="FVU: unexplained",
        )  # fmt: skip
        right.set_xticks(places, labels=[str(k) for k in ks])
        right.set(title="TopK: how many latents per sample?", xlabel="k", ylim=(0, 1.05))
        right.legend(fontsize="small")
        for axes in (left, middle, right):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#e3e6ea")
    said += [
        f"k = {k}: mean cosine {m:.2f}, FVU {fvu[k]:.2f}." for k, m in zip(ks, means, strict=True)
    ]
    fig.alt = "Dictionaries beside the planted truth. " + " ".join(said)
    return fig
