"""The stand-ins: what the labs' texts promise, by scikit-learn, scipy and PyTorch.

Libraries are imported where they are used: importing labkit stays quick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor


def token_rank(logits: Tensor, answer: Tensor) -> Tensor:
    """Lab 01: how many tokens have a larger logit than the answer at the end. [layer, batch]"""
    order = logits.select(-2, -1)
    index = answer.expand(order.shape[:-1]).unsqueeze(-1)
    return torch.gt(order, order.gather(-1, index)).count_nonzero(dim=-1)


def logit_diff(logits: Tensor, correct: Tensor, wrong: Tensor) -> Tensor:
    """Lab 02: the correct logit minus the wrong one, at the last position. [batch]"""
    pair = torch.stack([correct, wrong], dim=1)
    right, other = logits.select(1, -1).gather(1, pair).unbind(1)
    return right - other


def normalised_metric(x: Tensor, clean: float, corrupted: float) -> Tensor:
    """Lab 02: 0 at the corrupted run's value, 1 at the clean one's."""
    if clean == corrupted:
        raise ValueError("the two ends are equal")
    return torch.sub(x, corrupted) * (1.0 / (clean - corrupted))


def composition_score(A: Tensor, B: Tensor) -> float:
    """Lab 03: the norm of AB over the norms of A and of B."""
    top = np.linalg.norm(A.numpy(force=True) @ B.numpy(force=True))
    return float(top / np.linalg.norm(A.numpy(force=True)) / np.linalg.norm(B.numpy(force=True)))


def split_by_group(
    groups: Tensor, valid_share: float, test_share: float, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Lab 04: masks for train, valid and test; no group is on two sides."""
    from sklearn.model_selection import GroupShuffleSplit

    names = groups.numpy()
    how_many = len(np.unique(names))
    sizes = [max(1, round(share * how_many)) for share in (valid_share, test_share)]
    rows = np.arange(len(names))
    outer = GroupShuffleSplit(n_splits=1, test_size=sizes[1], random_state=seed)
    rest, test = next(outer.split(rows, groups=names))
    inner = GroupShuffleSplit(n_splits=1, test_size=sizes[0], random_state=seed)
    train, valid = next(inner.split(rest, groups=names[rest]))
    masks = []
    for chosen in (rest[train], rest[valid], test):
        mask = torch.zeros(len(names), dtype=torch.bool)
        mask[torch.from_numpy(chosen)] = True
        masks.append(mask)
    return masks[0], masks[1], masks[2]


def evaluate(scores: Tensor, labels: Tensor) -> dict[str, float]:
    """Lab 04: accuracy, base rate and AUROC of a probe's scores."""
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import accuracy_score, roc_auc_score

    truth, said = labels.numpy(force=True), scores.numpy(force=True)
    if len(np.unique(truth)) < 2:
        raise ValueError("one kind of label: nothing can be told apart")
    usual = DummyClassifier(strategy="most_frequent").fit(said[:, None], truth)
    return {
        "accuracy": float(accuracy_score(truth, said > 0)),
        "base_rate": float(usual.score(said[:, None], truth)),
        "auroc": float(roc_auc_score(truth, said)),
    }


def standardise(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Lab 04: columns shifted and scaled by the statistics of train."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train.numpy())
    first, second = (torch.from_numpy(scaler.transform(rows.numpy())) for rows in (train, test))
    return first.to(train), second.to(test)


def fit_logistic(X: Tensor, y: Tensor, l2: float) -> tuple[Tensor, Tensor]:
    """Lab 04: logistic regression; mean loss, l2 / 2 times the squared weights, free bias."""
    from sklearn.linear_model import LogisticRegression

    strength = l2 * len(X)  # theirs is a sum over examples
    model = LogisticRegression(C=1.0 / strength, tol=1e-6, max_iter=5000)
    model.fit(X.double().numpy(), y.numpy())
    weights, bias = model.coef_.ravel(), model.intercept_.item()
    return torch.from_numpy(weights).to(X.dtype), torch.tensor(bias).to(X.dtype)


def to_raw(w: Tensor, b: Tensor, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Lab 04: a probe of standardised rows, for raw rows."""
    weights = torch.div(w, scale)
    return weights, torch.sub(b, torch.dot(weights, mean))


def control_labels(token_ids: Tensor, share: float, vocab: int, seed: int) -> Tensor:
    """Lab 04: one random label for each token type."""
    table = np.random.default_rng(seed).random(vocab) < share
    return torch.from_numpy(table[token_ids.numpy()])


def ablate_direction(x: Tensor, w: Tensor) -> Tensor:
    """Lab 04: the activations without their part along w."""
    along = torch.einsum("...d,d->...", x, w) / torch.dot(w, w)
    return x - torch.einsum("...,d->...d", along, w)


def steer(x: Tensor, w: Tensor, alpha: float) -> Tensor:
    """Lab 04: the shortest step for which the score x . w rises by alpha."""
    return x.add(torch.linalg.pinv(w[None]).flatten(), alpha=alpha)


def random_direction_baseline(
    effect: Callable[[Tensor], float], w: Tensor, n: int, seed: int
) -> Tensor:
    """Lab 04: the effects of n directions, uniform on the sphere, as long as w."""
    from scipy.stats import uniform_direction

    rows = uniform_direction(len(w), seed=seed).rvs(n).reshape(n, -1)
    length = float(torch.linalg.vector_norm(w))
    return torch.tensor([float(effect(row)) for row in torch.from_numpy(rows * length).to(w.dtype)])


def corrected_p_values(found: Tensor, null: Tensor) -> Tensor:
    """Lab 04: two-sided p-values among random effects, corrected after Holm."""
    sizes = np.sort(null.abs().numpy())
    above = len(sizes) - np.searchsorted(sizes, found.abs().numpy(), side="left")
    p = (above + 1.0) / (len(sizes) + 1.0)
    result, least = np.empty(len(p)), 0.0
    for step, place in enumerate(np.argsort(p, kind="stable")):
        least = max(least, min(1.0, (len(p) - step) * float(p[place])))
        result[place] = least
    return torch.from_numpy(result).to(found.dtype)


def top_activating_examples(acts: Tensor, valid: Tensor, k: int) -> list[tuple[int, int]]:
    """Lab 05: (text, position) of the loudest valid token of each text, the loudest first."""
    masked = np.where(valid.numpy(), acts.numpy(force=True), 0.0)
    places = masked.argmax(axis=1)
    loudest = [(float(row[at]), text, int(at)) for text, (row, at) in
               enumerate(zip(masked, places, strict=True)) if row[at] > 0]  # fmt: skip
    loudest.sort(key=lambda item: -item[0])
    return [(text, at) for _, text, at in loudest[:k]]


def autointerp_score(
    says: Tensor, fires: Tensor, shuffles: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Lab 05: balanced accuracy of an explanation, and its p-value among shuffled ones."""
    from sklearn.metrics import balanced_accuracy_score

    truth, said = fires.numpy(), says.numpy()
    if len(np.unique(truth)) < 2:
        raise ValueError("texts of both kinds are needed")
    score = balanced_accuracy_score(truth, said)
    hits, yes, n = int((said & truth).sum()), int(said.sum()), len(said)
    # How many of the texts that it names fire, when it names them by lot.
    drawn = np.random.default_rng(seed).hypergeometric(yes, n - yes, int(truth.sum()), shuffles)
    return float(score), float((1 + (drawn >= hits).sum()) / (1 + shuffles))


def clamp_feature(x: Tensor, encode: Any, W_dec: Tensor, latent: int, value: float) -> Tensor:
    """Lab 05: x with one latent at a value; the dictionary's error term stays."""
    z = encode(x).select(-1, latent)
    return torch.addcmul(x, torch.sub(value, z).unsqueeze(-1), W_dec[latent])


def mmcs(W: Tensor, U: Tensor, V: Tensor) -> float:
    """Lab 06: mean over the columns of W of the best cosine with the components' columns."""
    from sklearn.metrics.pairwise import cosine_similarity

    best = []
    for number in range(W.shape[1]):
        columns = (U * V[:, number]).mT.numpy(force=True)  # [component, out]
        best.append(cosine_similarity(W[:, number][None].numpy(force=True), columns).max())
    return float(np.mean(best))
