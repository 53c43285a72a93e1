"""Wrong induction scores that students write."""

import torch


def _n(pattern):
    return (pattern.shape[-1] - 1) // 2


def _stripe(pattern, back):
    n = _n(pattern)
    queries = torch.arange(n + 1, 2 * n + 1)
    return pattern[:, :, queries, queries - back].mean((0, -1))


def whole_diagonal(pattern):
    """You average the whole diagonal: its first two entries belong to queries of the first half,
    where nothing has been repeated yet."""
    n = _n(pattern)
    return pattern.diagonal(-(n - 1), dim1=-2, dim2=-1).mean((0, -1))


def the_earlier_copy_itself(pattern):
    """You read the earlier copy of the token, n positions back: an induction head looks at the
    position after it, n - 1 back."""
    n = _n(pattern)
    return _stripe(pattern, n)


def one_too_far(pattern):
    """You read two positions after the earlier copy: the next token stands one after it."""
    n = _n(pattern)
    return _stripe(pattern, n - 2)


def query_and_key_swapped(pattern):
    """You read [key, query]: rows of the pattern are queries."""
    n = _n(pattern)
    return _stripe(pattern.mT, n - 1)


def divided_by_all_positions(pattern):
    """You divide by the number of all positions: only the n queries of the second half count."""
    n = _n(pattern)
    return _stripe(pattern, n - 1) * n / pattern.shape[-1]


def sum_over_the_queries(pattern):
    """You add up over the queries: the score is a mean."""
    n = _n(pattern)
    return _stripe(pattern, n - 1) * n


def first_sequence_only(pattern):
    """You look at the first sequence only: average over the batch."""
    n = _n(pattern)
    return _stripe(pattern[:1], n - 1)


def sum_over_the_batch(pattern):
    """You add up over the batch: the score is a mean over the sequences, too."""
    n = _n(pattern)
    return _stripe(pattern, n - 1) * len(pattern)


def mean_over_the_heads(pattern):
    """You average over the heads: the scores are one for each head, averaged over the batch."""
    n = _n(pattern)
    return _stripe(pattern.transpose(0, 1), n - 1)


def last_query_only(pattern):
    """You read the last query only: average over the whole second half."""
    n = _n(pattern)
    return pattern[:, :, -1, 2 * n - (n - 1)].mean(0)


def last_query_left_out(pattern):
    """You leave out the last query: it belongs to the second half and has an earlier copy."""
    n = _n(pattern)
    queries = torch.arange(n + 1, 2 * n)
    return pattern[:, :, queries, queries - (n - 1)].mean((0, -1))


def first_query_left_out(pattern):
    """You leave out the first query of the second half: its token was seen before, so it
    counts."""
    n = _n(pattern)
    queries = torch.arange(n + 2, 2 * n + 1)
    return pattern[:, :, queries, queries - (n - 1)].mean((0, -1))


def every_later_look_at_it(pattern):
    """You take the block of all queries of the second half and all keys of the first: only one key
    counts for each query."""
    n = _n(pattern)
    return pattern[:, :, n + 1 :, 1 : n + 1].sum(-1).mean((0, -1))


def largest_weight(pattern):
    """You take the largest weight of the stripe: the score is the mean."""
    n = _n(pattern)
    queries = torch.arange(n + 1, 2 * n + 1)
    return pattern[:, :, queries, queries - (n - 1)].amax(-1).mean(0)
