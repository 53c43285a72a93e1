"""Hidden checks for evaluate: scikit-learn's AUROC, and what must and must not change it."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged
from grader.judging.lines import StudentError

KEYS = ("accuracy", "base_rate", "auroc")
# Shares of at most some hundred pairs, perhaps in float32.
FLOAT32 = {"atol": 1e-4, "rtol": 0.0}


def _draw(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw scores around a bias of their own and labels; True is now rare, now frequent."""
    n = int(torch.randint(31, 47, (), generator=rng))
    share = (0.3, 0.7)[int(torch.randint(2, (), generator=rng))]
    labels = torch.randperm(n, generator=rng) < round(share * n)
    noise = torch.randn(n, generator=rng, dtype=torch.float64)
    # A bias that is far off on one side: no threshold but the right one gives the accuracy.
    return noise + 1.2 * labels.double() + (0.9 if share < 0.5 else -2.1), labels


def _three(result: object) -> list[float]:
    complete = isinstance(result, dict) and set(result) == set(KEYS)
    holds(complete, "The result is not a dictionary with accuracy, base_rate and auroc.")
    return [number(result[key], key) for key in KEYS]


def test_three_numbers(student, rng):
    """Accuracy counts the scores that are on the right side of 0; the base rate is what always
    giving the more frequent answer would earn; AUROC agrees with scikit-learn's."""
    from sklearn.metrics import accuracy_score, roc_auc_score

    for _ in range(3):
        scores, labels = _draw(rng)
        result, after = student.after("evaluate", scores, labels)
        accuracy, base_rate, auroc = _three(result)
        truth = labels.numpy()
        close(accuracy, accuracy_score(truth, scores.numpy() > 0), **FLOAT32, because="accuracy")
        more = max(truth.mean(), 1 - truth.mean())
        close(base_rate, float(more), **FLOAT32, because="base_rate")
        close(auroc, roc_auc_score(truth, scores.numpy()), **FLOAT32, because="auroc")
        unchanged(after, (scores, labels))


def test_auroc_is_about_order(student, rng):
    """Stretching and shifting the scores leaves AUROC and base rate alone; exchanging the labels
    turns AUROC into its rest to 1 and leaves the base rate alone."""
    scores, labels = _draw(rng)
    _, base_rate, auroc = _three(student.evaluate(scores, labels))
    share = float(labels.double().mean())
    close(base_rate, max(share, 1 - share), **FLOAT32, because="base_rate")
    for other in (scores.exp(), 5 * scores - 70, scores**3 + 40):
        _, base, same = _three(student.evaluate(other, labels))
        close(same, auroc, **FLOAT32, because="auroc of scores in the same order")
        close(base, base_rate, **FLOAT32, because="base_rate of the same labels")
    _, base, rest = _three(student.evaluate(scores, ~labels))
    close(rest, 1 - auroc, **FLOAT32, because="auroc with the labels exchanged")
    close(base, base_rate, **FLOAT32, because="base_rate with the labels exchanged")


def test_ties_count_half(student, rng):
    """A True and a False example with the same score count half; where all scores are the same,
    AUROC is 1/2."""
    from sklearn.metrics import roc_auc_score

    _, labels = _draw(rng)
    few = torch.randint(1, 4, (len(labels),), generator=rng).double() + labels.double()
    _, base_rate, auroc = _three(student.evaluate(few, labels))
    close(auroc, roc_auc_score(labels.numpy(), few.numpy()), **FLOAT32, because="auroc with ties")
    share = float(labels.double().mean())
    close(base_rate, max(share, 1 - share), **FLOAT32, because="base_rate")
    flat = torch.full((len(labels),), 0.7, dtype=torch.float64)
    accuracy, _, half = _three(student.evaluate(flat, labels))
    close(half, 0.5, **FLOAT32, because="auroc of equal scores")
    close(accuracy, share, **FLOAT32, because="accuracy of always True")


def test_a_score_of_zero_says_false(student, rng):
    """A score of exactly 0 is not positive: it says False."""
    from sklearn.metrics import roc_auc_score

    scores, labels = _draw(rng)
    silent = torch.randperm(len(scores), generator=rng)[:6]
    scores[silent] = 0.0
    # As many True as False among these would hide what a score of 0 says.
    labels[silent] = torch.arange(6) % 3 == 0
    accuracy, _, auroc = _three(student.evaluate(scores, labels))
    right = float(((scores > 0) == labels).double().mean())
    close(accuracy, right, **FLOAT32, because="accuracy with scores of 0")
    close(auroc, roc_auc_score(labels.numpy(), scores.numpy()), **FLOAT32, because="auroc")


def test_one_kind_of_label_is_refused(student, rng):
    """Labels that are all True, or all False, raise an error; others do not."""
    scores, labels = _draw(rng)
    _three(student.evaluate(scores, labels))
    for one_kind in (torch.ones_like(labels), torch.zeros_like(labels)):
        try:
            student.evaluate(scores, one_kind)
        except StudentError:
            continue
        holds(False, "Labels of one kind only did not raise an error.")
