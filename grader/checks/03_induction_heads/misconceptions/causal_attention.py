"""Wrong attention layers that students write."""

import torch


def _project(x, W):
    return torch.einsum("bpm,hmd->bhpd", x, W)


def _scores(x, W_Q, W_K, root=None):
    root = W_Q.shape[-1] ** 0.5 if root is None else root
    return _project(x, W_Q) @ _project(x, W_K).mT / root


def _future(scores, diagonal=1):
    return torch.ones(scores.shape[-2:], dtype=torch.bool).triu(diagonal)


def _out(pattern, x, W_V, W_O):
    return torch.einsum("bhqk,bhkd,hdm->bqm", pattern, _project(x, W_V), W_O)


def _masked(x, W_Q, W_K, W_V, W_O, scores, future):
    pattern = scores.masked_fill(future, -torch.inf).softmax(-1)
    return _out(pattern, x, W_V, W_O), pattern


def mask_transposed(x, W_Q, W_K, W_V, W_O):
    """Your mask hides the past: a key is forbidden where it comes after the query, above the
    diagonal."""
    scores = _scores(x, W_Q, W_K)
    return _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores).mT)


def own_position_hidden(x, W_Q, W_K, W_V, W_O):
    """Your mask hides the query's own position: it sees j <= i. Position 0 has nothing else to
    look at."""
    scores = _scores(x, W_Q, W_K)
    pattern = scores.masked_fill(_future(scores, 0), -1e9).softmax(-1)
    return _out(pattern, x, W_V, W_O), pattern


def one_ahead_is_seen(x, W_Q, W_K, W_V, W_O):
    """Your mask lets each query see the next position: it starts one diagonal too high."""
    scores = _scores(x, W_Q, W_K)
    return _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores, 2))


def no_mask(x, W_Q, W_K, W_V, W_O):
    """You use no mask: every query sees the future."""
    pattern = _scores(x, W_Q, W_K).softmax(-1)
    return _out(pattern, x, W_V, W_O), pattern


def scores_multiplied_by_the_mask(x, W_Q, W_K, W_V, W_O):
    """You set forbidden scores to 0, and e to the 0 is 1: they have to be minus infinity before
    the softmax."""
    scores = _scores(x, W_Q, W_K)
    pattern = (scores * ~_future(scores)).softmax(-1)
    return _out(pattern, x, W_V, W_O), pattern


def forbidden_scores_a_little_lower(x, W_Q, W_K, W_V, W_O):
    """You lower forbidden scores by 10: that leaves them some weight. Use minus infinity."""
    scores = _scores(x, W_Q, W_K)
    pattern = (scores - 10.0 * _future(scores)).softmax(-1)
    return _out(pattern, x, W_V, W_O), pattern


def masked_after_the_softmax(x, W_Q, W_K, W_V, W_O):
    """You mask after the softmax: the rows no longer sum to 1. Mask the scores."""
    scores = _scores(x, W_Q, W_K)
    pattern = scores.softmax(-1).masked_fill(_future(scores), 0.0)
    return _out(pattern, x, W_V, W_O), pattern


def softmax_over_the_queries(x, W_Q, W_K, W_V, W_O):
    """Your softmax runs over the queries: each query shares out its weight among the keys, the
    last axis."""
    scores = _scores(x, W_Q, W_K)
    pattern = scores.masked_fill(_future(scores), -torch.inf).softmax(-2)
    return _out(pattern, x, W_V, W_O), pattern


def softmax_over_the_heads(x, W_Q, W_K, W_V, W_O):
    """Your softmax runs over the heads: each head has a pattern of its own, over the keys."""
    scores = _scores(x, W_Q, W_K)
    pattern = scores.softmax(1).masked_fill(_future(scores), 0.0)
    return _out(pattern, x, W_V, W_O), pattern


def scale_left_out(x, W_Q, W_K, W_V, W_O):
    """You do not divide the scores by the root of d_head."""
    scores = _scores(x, W_Q, W_K, 1.0)
    return _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))


def divided_by_d_head(x, W_Q, W_K, W_V, W_O):
    """You divide the scores by d_head: it is its square root."""
    scores = _scores(x, W_Q, W_K, W_Q.shape[-1])
    return _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))


def root_of_d_model(x, W_Q, W_K, W_V, W_O):
    """You divide the scores by the root of d_model: it is the root of d_head."""
    scores = _scores(x, W_Q, W_K, x.shape[-1] ** 0.5)
    return _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))


def queries_and_keys_swapped(x, W_Q, W_K, W_V, W_O):
    """You use W_K for the queries and W_Q for the keys."""
    scores = _scores(x, W_K, W_Q)
    return _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))


def keys_for_values(x, W_Q, W_K, W_V, W_O):
    """You move the keys: what is moved are the values, through W_V."""
    scores = _scores(x, W_Q, W_K)
    return _masked(x, W_Q, W_K, W_K, W_O, scores, _future(scores))


def mean_over_the_heads(x, W_Q, W_K, W_V, W_O):
    """You average what the heads write: their outputs are added up."""
    scores = _scores(x, W_Q, W_K)
    out, pattern = _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))
    return out / len(W_Q), pattern


def stream_added(x, W_Q, W_K, W_V, W_O):
    """You add the stream itself: return what the layer writes, not the stream after it."""
    scores = _scores(x, W_Q, W_K)
    out, pattern = _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))
    return x + out, pattern


def pattern_transposed(x, W_Q, W_K, W_V, W_O):
    """You return the pattern as [key, query]: rows are queries."""
    scores = _scores(x, W_Q, W_K)
    out, pattern = _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))
    return out, pattern.mT


def scores_returned(x, W_Q, W_K, W_V, W_O):
    """You return the scores: the pattern is what the softmax makes of them."""
    scores = _scores(x, W_Q, W_K)
    out, _ = _masked(x, W_Q, W_K, W_V, W_O, scores, _future(scores))
    return out, scores


def looks_weighted_the_wrong_way(x, W_Q, W_K, W_V, W_O):
    """You collect the values along the queries: query i takes row i of the pattern, not column
    i."""
    scores = _scores(x, W_Q, W_K)
    pattern = scores.masked_fill(_future(scores), -torch.inf).softmax(-1)
    return _out(pattern.mT, x, W_V, W_O), pattern
