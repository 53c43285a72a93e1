"""Other right ways to write evaluate."""

import torch


def ranks(scores, labels):
    """AUROC by the sum of ranks (Mann and Whitney); 0-dimensional tensors come back."""
    n_true = labels.sum()
    n_false = len(labels) - n_true
    if n_true == 0 or n_false == 0:
        raise ValueError("only one kind of label")
    below = (scores[:, None] > scores[None]).double().sum(1)
    level = (scores[:, None] == scores[None]).double().sum(1)
    rank = below + (level + 1) / 2
    auroc = (rank[labels].sum() - n_true * (n_true + 1) / 2) / (n_true * n_false)
    accuracy = ((scores > 0) == labels).double().mean()
    base_rate = torch.maximum(n_true, n_false) / len(labels)
    return {"auroc": auroc, "accuracy": accuracy, "base_rate": base_rate}


def scikit_learn(scores, labels):
    """scikit-learn's metrics, and its classifier that always gives the more frequent answer."""
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import accuracy_score, roc_auc_score

    truth = labels.numpy()
    if len(set(truth.tolist())) < 2:
        raise ValueError("only one kind of label")
    dummy = DummyClassifier(strategy="most_frequent").fit(scores.numpy()[:, None], truth)
    return {
        "accuracy": float(accuracy_score(truth, (scores > 0).numpy())),
        "base_rate": float(dummy.score(scores.numpy()[:, None], truth)),
        "auroc": float(roc_auc_score(truth, scores.numpy())),
    }


def loops(scores, labels):
    """Pair by pair, in single precision."""
    values, truth = scores.float().tolist(), labels.tolist()
    plus = [v for v, t in zip(values, truth, strict=True) if t]
    minus = [v for v, t in zip(values, truth, strict=True) if not t]
    if not (plus and minus):
        raise ValueError("only one kind of label")
    wins = sum(1.0 if p > m else 0.5 if p == m else 0.0 for p in plus for m in minus)
    right = sum((v > 0) == t for v, t in zip(values, truth, strict=True))
    return {
        "accuracy": right / len(truth),
        "base_rate": max(len(plus), len(minus)) / len(truth),
        "auroc": wins / (len(plus) * len(minus)),
    }
