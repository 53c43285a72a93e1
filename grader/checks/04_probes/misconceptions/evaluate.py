"""Wrong evaluations of a probe that students write."""

import torch


def _auroc(scores, labels):
    gaps = scores[labels][:, None] - scores[~labels][None]
    return float(((gaps > 0).double() + (gaps == 0).double() / 2).mean())


def _base(labels):
    share = float(labels.double().mean())
    if share in (0.0, 1.0):
        raise ValueError("one kind of label")
    return max(share, 1 - share)


def _result(scores, labels, **changed):
    return {
        "accuracy": float(((scores > 0) == labels).double().mean()),
        "base_rate": _base(labels),
        "auroc": _auroc(scores, labels),
        **changed,
    }


def threshold_first(scores, labels):
    """You compute AUROC from answers, not from scores: it is about the order of the scores, before
    any threshold."""
    return _result(scores, labels, auroc=_auroc((scores > 0).double(), labels))


def ties_count_as_wins(scores, labels):
    """You count ties as wins: a True and a False example with the same score count half."""
    gaps = scores[labels][:, None] - scores[~labels][None]
    return _result(scores, labels, auroc=float((gaps >= 0).double().mean()))


def ties_count_as_losses(scores, labels):
    """You count ties as losses: a True and a False example with the same score count half."""
    gaps = scores[labels][:, None] - scores[~labels][None]
    return _result(scores, labels, auroc=float((gaps > 0).double().mean()))


def auroc_upside_down(scores, labels):
    """Your AUROC counts the False examples that are above: count the True ones that are."""
    return _result(scores, labels, auroc=_auroc(-scores, labels))


def better_of_both_directions(scores, labels):
    """You turn an AUROC below 1/2 around: a probe that is systematically wrong has to show."""
    auroc = _auroc(scores, labels)
    return _result(scores, labels, auroc=max(auroc, 1 - auroc))


def share_of_true(scores, labels):
    """You return the share of True labels as the base rate: it is what the more frequent answer
    would earn, True or False."""
    return _result(scores, labels, base_rate=_base(labels) and float(labels.double().mean()))


def share_of_false(scores, labels):
    """You return the share of False labels as the base rate: it is what the more frequent answer
    would earn, True or False."""
    return _result(scores, labels, base_rate=_base(labels) and float((~labels).double().mean()))


def base_rate_of_the_answers(scores, labels):
    """You take the base rate of the probe's answers: it is a property of the labels."""
    share = float((scores > 0).double().mean())
    _base(labels)
    return _result(scores, labels, base_rate=max(share, 1 - share))


def chance_is_one_half(scores, labels):
    """You return 1/2 as the base rate: with labels that are not balanced, guessing earns more."""
    return _result(scores, labels, base_rate=0.5 if _base(labels) else 0.0)


def threshold_at_one_half(scores, labels):
    """You put the threshold at 0.5: these are scores, not probabilities, True is above 0."""
    return _result(scores, labels, accuracy=float(((scores > 0.5) == labels).double().mean()))


def zero_says_true(scores, labels):
    """You let a score of exactly 0 say True: the probe says True where its score is above 0."""
    return _result(scores, labels, accuracy=float(((scores >= 0) == labels).double().mean()))


def threshold_at_the_mean(scores, labels):
    """You put the threshold at the mean score: the probe's own threshold is 0."""
    right = (scores > scores.mean()) == labels
    return _result(scores, labels, accuracy=float(right.double().mean()))


def errors_counted(scores, labels):
    """You count the wrong answers: accuracy is the share of right ones."""
    return _result(scores, labels, accuracy=float(((scores > 0) != labels).double().mean()))


def best_threshold(scores, labels):
    """You look for the threshold that does best: the probe has its own, 0."""
    _base(labels)
    cuts = torch.cat([scores - 1e-9, scores[None, 0] * 0 + scores.max() + 1])
    best = max(float(((scores > cut) == labels).double().mean()) for cut in cuts)
    return _result(scores, labels, accuracy=best)


def only_true_examples(scores, labels):
    """Your accuracy looks at the True examples alone: that is recall."""
    _base(labels)
    return _result(scores, labels, accuracy=float((scores[labels] > 0).double().mean()))


def one_kind_goes_through(scores, labels):
    """You return numbers where all labels are the same: there is nothing to tell apart, raise a
    ValueError."""
    share = float(labels.double().mean())
    if share in (0.0, 1.0):
        return {"accuracy": 1.0, "base_rate": 1.0, "auroc": 0.5}
    return _result(scores, labels)
