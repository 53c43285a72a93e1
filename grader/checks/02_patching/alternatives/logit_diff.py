"""Other right ways to write logit_diff."""

import torch
from torch.nn import functional


def gathered(logits, correct, wrong):
    """gather along the vocabulary."""
    last = logits[:, -1, :]
    pair = last.gather(1, torch.stack([correct, wrong], dim=1))
    return pair[:, 0] - pair[:, 1]


def row_by_row(logits, correct, wrong):
    """A loop over the rows."""
    return torch.stack(
        [row[-1][a] - row[-1][b] for row, a, b in zip(logits, correct, wrong, strict=True)]
    )


def one_hot(logits, correct, wrong):
    """A dot product with the difference of two one-hot vectors."""
    size = logits.shape[-1]
    direction = functional.one_hot(correct, size) - functional.one_hot(wrong, size)
    return (logits[:, -1] * direction).sum(dim=-1)


def log_odds(logits, correct, wrong):
    """Log-probabilities differ as logits do."""
    log_p = logits.log_softmax(dim=-1)[:, -1]
    return (log_p.gather(1, correct[:, None]) - log_p.gather(1, wrong[:, None])).squeeze(1)
