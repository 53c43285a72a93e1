"""Other right ways to write autointerp_score."""

import random

import torch


def exact_tail(says, fires, shuffles=1000, seed=0):
    """scikit-learn's balanced accuracy; all shuffles at once, by the hypergeometric law."""
    from scipy.stats import hypergeom
    from sklearn.metrics import balanced_accuracy_score

    if len(set(fires.tolist())) < 2:
        raise ValueError("texts of both kinds are needed")
    score = balanced_accuracy_score(fires.numpy(), says.numpy())
    hits, n = int((says & fires).sum()), len(says)
    return float(score), float(hypergeom.sf(hits - 1, n, int(fires.sum()), int(says.sum())))


def plain_python(says, fires, shuffles=1000, seed=0):
    """Lists, and a shuffle at a time; more hits are a better score, as the totals stay."""
    said, truth = says.tolist(), fires.tolist()
    yes = sum(truth)
    no = len(truth) - yes
    hits = sum(s and f for s, f in zip(said, truth, strict=True))
    rejected = sum(not s and not f for s, f in zip(said, truth, strict=True))
    score = (hits / yes + rejected / no) / 2  # ZeroDivisionError where one kind is missing
    draw = random.Random(seed)
    places = [i for i, f in enumerate(truth) if f]
    as_good = 1
    for _ in range(shuffles):
        chosen = draw.sample(said, len(said))
        as_good += sum(chosen[i] for i in places) >= hits
    return score, as_good / (shuffles + 1)


def shuffled_truth(says, fires, shuffles=1000, seed=0):
    """The texts are shuffled in place of the answers; rates as means over masks, in float32."""

    def score_of(truth):
        return 0.5 * (says[truth].float().mean() + (~says[~truth]).float().mean())

    if fires.all() or (~fires).all():
        raise ValueError("texts of both kinds are needed")
    draw = torch.Generator().manual_seed(seed)
    score = score_of(fires)
    shuffled = [fires[torch.randperm(len(fires), generator=draw)] for _ in range(shuffles)]
    as_good = sum(bool(score_of(truth) >= score - 1e-6) for truth in shuffled)
    return score, torch.tensor((1 + as_good) / (1 + shuffles))
