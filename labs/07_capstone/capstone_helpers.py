"""Given code of lab 07: features, your own texts, probes at every layer, and the headline figure.

Nothing here answers an exercise.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from labkit import dictionary, probing
from labkit.errors import LabError
from labkit.probing import Examples, Labelled
from torch import Tensor
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

CHALLENGE = "evidence"
"""The kind of planted model that this lab's challenge uses."""

HEADLINE = Path(os.environ.get("INTERP_LABS_OUT", "figures")) / "headline.png"
"""Where the notebook's headline cell saves its figure."""

CORES = min(2, torch.get_num_threads())

Probe = tuple[Float[Tensor, " d"], Float[Tensor, ""]]
Fit = Callable[[Float[Tensor, "n d"], Bool[Tensor, " n"], float], Probe]
"""Rows, labels and the strength of the penalty -> weights and bias."""


@dataclass(frozen=True)
class Answers:
    """What the model can be asked, to see whether it uses a feature.

    Attributes:
        suffix: goes behind each text.
        if_true, if_false: what is the likelier next word if the feature holds, and if it does not.
    """

    suffix: str
    if_true: tuple[str, ...]
    if_false: tuple[str, ...]


ANSWERS = {
    "quotes": Answers("", ('."', ',"', '!"'), (".", ",", "!")),
    "sentiment": Answers(". All in all it was", (" good", " great", " excellent"),
                         (" bad", " terrible", " awful")),
    "number": Answers("", (" are", " were", " have"), (" is", " was", " has")),
    "tense": Answers(" and then", (" went", " was", " made"), (" goes", " is", " makes")),
    "country": Answers(". The people there speak", (" Japanese",), (" French",)),
    "truth": Answers(" This statement is", (" true", " correct"), (" false", " wrong")),
}  # fmt: skip
"""For each of the six features one question to the model."""


def texts_of(feature: str, by: str = "words", pairs: int = 10, seed: int = 0) -> Labelled:
    """Return the course's texts of a feature, with one label each: what holds at the end.

    Args:
        by: what a group is: "words", the texts with the same word (or pair of words) that carries
            the label, or "templates".
    """
    data = probing.labelled(feature, pairs, seed)
    groups = {"words": data.fillers, "templates": data.groups}
    if by not in groups:
        raise LabError(f"groups are made by words or by templates, not by {by!r}")
    return replace(data, spans=None, groups=groups[by])


def own_texts(name: str, names: tuple[str, str], rows: Sequence[tuple[str, bool, int]]) -> Labelled:
    """Make a data set of your own.

    Args:
        name: of the feature.
        names: what False and True mean.
        rows: (text, label, group). Texts that are alike (one template, one topic, one source)
            belong to one group; a split keeps groups together.

    Raises:
        LabError: too few texts or groups, a group with one kind of label only, an empty text or
            one twice.
    """
    texts = tuple(str(text).strip() for text, _, _ in rows)
    labels = torch.tensor([bool(label) for _, label, _ in rows])
    groups = torch.tensor([int(group) for _, _, group in rows])
    alone = [g for g in groups.unique().tolist() if len(labels[groups == g].unique()) == 1]
    problems = [
        (len(rows) < 40, f"{len(rows)} texts are too few for a probe: write 40 at least"),
        (not all(texts), "a text is empty"),
        (len(set(texts)) < len(texts), "a text occurs twice"),
        (len(groups.unique()) < 5, "write five groups at least: some for the test, some to choose"),
        (alone, f"both labels have to occur in each group; one label only: group {alone[:3]}"),
    ]
    for wrong, sentence in problems:
        if bool(wrong):
            raise LabError(f"{name}: {sentence}")
    return Labelled(name, names, texts, labels, groups, groups.clone())


def in_the_span(fit: Fit, X: Float[Tensor, "n d"], y: Bool[Tensor, " n"], l2: float) -> Probe:
    """Fit a penalised probe quickly when there are more dimensions than rows.

    A weight at right angles to all rows costs and does nothing, so the minimum lies in the span of
    the rows: fit there, in at most n dimensions, and go back. The result is the same.
    """
    basis = torch.linalg.svd(X.double(), full_matrices=False).Vh
    w, b = fit(X.double() @ basis.mT, y, l2)
    return (torch.as_tensor(w).double() @ basis), torch.as_tensor(b).double()


def word_table(
    texts: Sequence[str], labels: Bool[Tensor, " n"], train: Tensor, test: Tensor
) -> Bool[Tensor, " test"]:
    """Say the label of each test text from its words alone: naive Bayes, without any model."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import BernoulliNB
    from sklearn.pipeline import make_pipeline

    known, unknown = ([texts[i] for i in side.nonzero().flatten().tolist()]
                      for side in (train, test))  # fmt: skip
    model = make_pipeline(CountVectorizer(ngram_range=(1, 2), binary=True), BernoulliNB())
    model.fit(known, labels[train].numpy())
    return torch.from_numpy(model.predict(unknown))


def loudest_in_texts(
    model: TransformerBridge, texts: Sequence[str]
) -> Float[Tensor, "text latent"]:
    """Return each dictionary latent's largest activation over the tokens of each text.

    Without the first token, and without others on which the model rests its attention.
    """
    ids = [model.to_tokens(text)[0] for text in texts]
    text = torch.cat([torch.full((len(row) - 1,), n) for n, row in enumerate(ids)])
    position = torch.cat([torch.arange(1, len(row)) for row in ids])
    places = Examples(
        tuple(texts), text, position, torch.cat([row[1:] for row in ids]),
        torch.zeros(len(text), dtype=torch.bool), text, text,
    )  # fmt: skip
    (stream,) = probing.activations(model, places, layers=[dictionary.LAYER])
    usual = dictionary.ordinary(stream)
    latents = [
        dictionary.encode(stream[(text == n) & usual]).amax(dim=0)
        for n in tqdm(range(len(texts)), unit="text", desc="latents", leave=False)
    ]
    return torch.stack(latents)


def versus(prediction: object, measured: object, what: str) -> None:
    """Print a prediction beside the measurement."""
    said = "nothing yet" if prediction is None else repr(prediction)
    print(f"{what}: you said {said}; it is {measured}.")


def between_the_means(X: Float[Tensor, "n d"], y: Bool[Tensor, " n"]) -> Float[Tensor, " d"]:
    """Return the step from the mean of the False rows to that of the True ones."""
    return X[y].mean(0) - X[~y].mean(0)


def redrawn(
    evaluate: Callable[[Tensor, Tensor], dict[str, float]],
    scores: Float[Tensor, " text"],
    labels: Bool[Tensor, " text"],
    groups: Int[Tensor, " text"],
    resamples: int = 300,
) -> list[float]:
    """Return the ends of a 95% interval for the AUROC of scores, over groups drawn anew."""
    draw = torch.Generator().manual_seed(0)
    members = [(groups == group).nonzero()[:, 0] for group in groups.unique()]
    found = []
    for drawn in torch.randint(len(members), (resamples, len(members)), generator=draw).tolist():
        rows = torch.cat([members[group] for group in drawn])
        if 0 < int(labels[rows].sum()) < len(rows):
            found.append(float(evaluate(scores[rows], labels[rows])["auroc"]))
    ends: list[float] = torch.tensor(found).quantile(torch.tensor([0.025, 0.975])).tolist()
    return ends


def plain(value: float | Tensor) -> str:
    """Write a number as a claim has it: None where it was not measured (nan)."""
    return "None" if math.isnan(float(value)) else f"{float(value):.3f}"


def sized(ends: Sequence[float], effect: Float[Tensor, ""]) -> list[float]:
    """Return an interval for the size of an effect: turned about where the effect is negative."""
    return sorted(float(effect.sign()) * end for end in ends)


def meaningless(labels: Bool[Tensor, " n"], groups: Tensor, seed: int) -> Bool[Tensor, " n"]:
    """Return labels that mean nothing: each group's own, handed out anew by lot."""
    lots = np.random.default_rng(seed).random(len(labels))
    by_lot, as_is = np.lexsort((lots, groups.numpy())), np.argsort(groups.numpy(), kind="stable")
    mixed = torch.empty_like(labels)
    mixed[torch.from_numpy(by_lot)] = labels[torch.from_numpy(as_is)]
    return mixed
