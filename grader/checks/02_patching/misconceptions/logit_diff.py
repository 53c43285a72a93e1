"""Wrong logit differences that students write."""

import torch


def _diff(last, correct, wrong):
    rows = torch.arange(len(last))
    return last[rows, correct] - last[rows, wrong]


def one_position_early(logits, correct, wrong):
    """You read position -2: the prediction of the next token stands at the last position, -1."""
    return _diff(logits[:, -2], correct, wrong)


def first_position(logits, correct, wrong):
    """You read position 0: the answer is predicted at the last position, index -1."""
    return _diff(logits[:, 0], correct, wrong)


def mean_over_positions(logits, correct, wrong):
    """You average over the positions: only the last one predicts the answer."""
    return _diff(logits.mean(1), correct, wrong)


def mean_over_the_batch(logits, correct, wrong):
    """You average over the batch: each row keeps its own difference, [batch]."""
    return _diff(logits[:, -1], correct, wrong).mean()


def mean_repeated(logits, correct, wrong):
    """You give all rows their mean: each row keeps its own difference."""
    return _diff(logits[:, -1], correct, wrong).mean().expand(len(logits))


def wrong_minus_correct(logits, correct, wrong):
    """Your sign is the wrong way round: correct minus wrong."""
    return _diff(logits[:, -1], wrong, correct)


def probabilities(logits, correct, wrong):
    """You subtract probabilities: logits are asked for, they do not saturate."""
    return _diff(logits[:, -1].softmax(-1), correct, wrong)


def ratio(logits, correct, wrong):
    """You divide the two logits: a difference is asked for. (A ratio changes when a constant is
    added to all logits.)"""
    rows = torch.arange(len(logits))
    return logits[:, -1][rows, correct] / logits[:, -1][rows, wrong]


def absolute_value(logits, correct, wrong):
    """You take the absolute value: the sign says which of the two the model prefers."""
    return _diff(logits[:, -1], correct, wrong).abs()


def first_rows_tokens(logits, correct, wrong):
    """You use the first row's two tokens for all rows: each row has its own."""
    return logits[:, -1, correct[0]] - logits[:, -1, wrong[0]]


def only_the_correct_logit(logits, correct, wrong):
    """You return the correct token's logit alone: subtract the wrong token's."""
    return logits[:, -1][torch.arange(len(logits)), correct]


def against_the_mean(logits, correct, wrong):
    """You compare with the mean of all logits: compare with the wrong token's logit."""
    last = logits[:, -1]
    return last[torch.arange(len(last)), correct] - last.mean(-1)


def against_the_best_other(logits, correct, wrong):
    """You compare with the largest logit among the other tokens: compare with the wrong token's,
    which is given."""
    last = logits[:, -1].clone()
    rows = torch.arange(len(last))
    own = last[rows, correct]
    last[rows, correct] = -torch.inf
    return own - last.amax(-1)


def every_pair_of_rows(logits, correct, wrong):
    """You index with `[:, correct]`, which gives every row all the rows' tokens, [batch, batch]:
    row b needs token b only."""
    return logits[:, -1][:, correct] - logits[:, -1][:, wrong]


def last_axis_for_position(logits, correct, wrong):
    """You take -1 along the wrong axis: `logits[:, -1]` is the last position, `logits[..., -1]` the
    last token of the vocabulary."""
    rows = torch.arange(len(logits))
    swapped = logits[..., -1]
    size = swapped.shape[1]
    return swapped[rows, correct % size] - swapped[rows, wrong % size]


def centred_in_place(logits, correct, wrong):
    """You subtract the mean from the caller's logits in place (`-=`): work on a copy, or on
    nothing, as a constant does not matter."""
    logits -= logits.mean(-1, keepdim=True)
    return _diff(logits[:, -1], correct, wrong)
