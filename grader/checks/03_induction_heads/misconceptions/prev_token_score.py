"""Wrong previous-token scores that students write."""


def _stripe(pattern, offset=-1):
    return pattern.diagonal(offset, dim1=-2, dim2=-1)


def one_ahead(pattern):
    """You read the diagonal above the main one, where keys come after the query: the previous
    position lies one below."""
    return _stripe(pattern, 1).mean((0, -1))


def the_token_itself(pattern):
    """You read the main diagonal: that is the look at the query's own position."""
    return _stripe(pattern, 0).mean((0, -1))


def two_back(pattern):
    """You read two positions back: the previous token is one back."""
    return _stripe(pattern, -2).mean((0, -1))


def divided_by_all_positions(pattern):
    """You divide by the number of positions: query 0 has no position before it and does not
    count."""
    return _stripe(pattern).sum(-1).mean(0) / pattern.shape[-1]


def sum_over_the_queries(pattern):
    """You add up over the queries: the score is a mean."""
    return _stripe(pattern).sum(-1).mean(0)


def sum_over_the_batch(pattern):
    """You add up over the batch: the score is a mean over the sequences, too."""
    return _stripe(pattern).mean(-1).sum(0)


def first_sequence_only(pattern):
    """You look at the first sequence only: average over the batch."""
    return _stripe(pattern)[0].mean(-1)


def mean_over_the_heads(pattern):
    """You average over the heads: the scores are one for each head, averaged over the batch."""
    return _stripe(pattern).mean((1, -1))


def one_number_for_all(pattern):
    """You average over everything: return one score for each head."""
    return _stripe(pattern).mean()


def largest_weight(pattern):
    """You take the largest weight of the stripe: the score is the mean."""
    return _stripe(pattern).amax(-1).mean(0)


def last_query_only(pattern):
    """You read the last query only: average over all queries but the first."""
    return _stripe(pattern)[..., -1].mean(0)


def first_key_left_out(pattern):
    """You leave out query 1: it has a position before it, BOS, and counts."""
    return _stripe(pattern)[..., 1:].mean((0, -1))


def share_of_queries_where_it_wins(pattern):
    """You count the queries at which the previous position gets the largest weight: the score is
    the mean of the weights themselves."""
    wins = _stripe(pattern) >= pattern[:, :, 1:].amax(-1)
    return wins.to(pattern.dtype).mean((0, -1))


def sequences_left_apart(pattern):
    """You leave the batch axis: average over the sequences."""
    return _stripe(pattern).mean(-1)


def over_the_batch_and_head_diagonal(pattern):
    """You take the diagonal of the first two axes, batch and head: queries and keys are the last
    two."""
    return pattern.diagonal(-1).mean((0, 1))
