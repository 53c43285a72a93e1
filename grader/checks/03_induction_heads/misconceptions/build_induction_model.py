"""Wrong hand-written induction models; each is the right one with one mistake."""

import induction_heads_helpers as helpers
import torch


def _blocks(vocab, n_ctx):
    return slice(0, vocab), slice(vocab, vocab + n_ctx), slice(vocab + n_ctx, 2 * vocab + n_ctx)


def _build(vocab, n_ctx, lead=20.0, copies=3.0):
    w = helpers.empty_model(vocab, n_ctx)
    token, position, previous = _blocks(vocab, n_ctx)
    sharp = lead * max(vocab, n_ctx) ** 0.5
    w["W_E"][:, token] = torch.eye(vocab)
    w["W_pos"][:, position] = torch.eye(n_ctx)
    w["W_U"][token] = torch.eye(vocab)
    w["W_Q"][0, position, :n_ctx] = sharp * torch.diag(torch.ones(n_ctx - 1), -1)
    w["W_K"][0, position, :n_ctx] = torch.eye(n_ctx)
    w["W_V"][0, token, :vocab] = torch.eye(vocab)
    w["W_O"][0, :vocab, previous] = torch.eye(vocab)
    w["W_Q"][1, token, :vocab] = sharp * torch.eye(vocab)
    w["W_K"][1, previous, :vocab] = torch.eye(vocab)
    w["W_V"][1, token, :vocab] = torch.eye(vocab)
    w["W_O"][1, :vocab, token] = copies * torch.eye(vocab)
    return w


def no_composition(vocab, n_ctx):
    """The keys of your second head read the token itself: it finds the earlier copy, not what came
    after it. They have to read what the first head wrote, the previous token."""
    w = _build(vocab, n_ctx)
    token, _, _ = _blocks(vocab, n_ctx)
    w["W_K"][1] = 0
    w["W_K"][1, token, :vocab] = torch.eye(vocab)
    return w


def queries_read_the_previous_token(vocab, n_ctx):
    """The queries of your second head read the previous token and its keys the token: it is the
    other way round."""
    w = _build(vocab, n_ctx)
    w["W_Q"][1], w["W_K"][1] = w["W_K"][1].clone(), w["W_Q"][1].clone()
    return w


def previous_token_matched_with_previous(vocab, n_ctx):
    """Both sides of your second head read the previous token: it finds the earlier copy. Its
    queries read the present token."""
    w = _build(vocab, n_ctx)
    token, _, previous = _blocks(vocab, n_ctx)
    w["W_Q"][1, previous], w["W_Q"][1, token] = w["W_Q"][1, token].clone(), 0.0
    return w


def previous_token_over_the_token(vocab, n_ctx):
    """Your first head writes the previous token into the subspace of the token: the two can no
    longer be told apart. Write it into its own subspace."""
    w = _build(vocab, n_ctx)
    token, _, _ = _blocks(vocab, n_ctx)
    w["W_O"][0] = 0
    w["W_O"][0, :vocab, token] = torch.eye(vocab)
    w["W_K"][1] = w["W_V"][1]
    return w


def previous_token_not_written(vocab, n_ctx):
    """Your first head writes nothing: fill in its `W_V` and `W_O`."""
    w = _build(vocab, n_ctx)
    w["W_O"][0] = 0
    return w


def first_head_moves_positions(vocab, n_ctx):
    """Your first head moves the position: its values have to read the token."""
    w = _build(vocab, n_ctx)
    _, position, _ = _blocks(vocab, n_ctx)
    w["W_V"][0] = 0
    w["W_V"][0, position, :n_ctx] = torch.eye(n_ctx)
    return w


def second_head_copies_the_previous_token(vocab, n_ctx):
    """Your second head copies the previous token of where it looks, which is the present token
    again: its values have to read the token."""
    w = _build(vocab, n_ctx)
    token, _, previous = _blocks(vocab, n_ctx)
    w["W_V"][1, previous], w["W_V"][1, token] = w["W_V"][1, token].clone(), 0.0
    return w


def looks_hardly_sharp(vocab, n_ctx):
    """Your scores are too small: with a lead of 1 the softmax spreads the attention nearly evenly.
    Make the queries larger."""
    return _build(vocab, n_ctx, lead=1.0)


def root_of_d_head_forgotten(vocab, n_ctx):
    """Your scores get too small when they are divided by the root of d_head: make the queries
    larger by that."""
    return _build(vocab, n_ctx, lead=10 / max(vocab, n_ctx) ** 0.5)


def first_head_looks_ahead(vocab, n_ctx):
    """Your first head wants to look at the next position, which the mask forbids: the query of
    position p has to equal the key of p - 1."""
    w = _build(vocab, n_ctx)
    w["W_Q"][0], w["W_K"][0] = w["W_K"][0].clone(), w["W_Q"][0].clone()
    return w


def first_head_looks_at_itself(vocab, n_ctx):
    """Your first head looks at its own position: the query of position p has to equal the key of p
    - 1."""
    w = _build(vocab, n_ctx)
    _, position, _ = _blocks(vocab, n_ctx)
    w["W_Q"][0, position, :n_ctx] = w["W_Q"].max() * torch.eye(n_ctx)
    return w


def first_head_looks_two_back(vocab, n_ctx):
    """Your first head looks two positions back: it is one."""
    w = _build(vocab, n_ctx)
    _, position, _ = _blocks(vocab, n_ctx)
    w["W_Q"][0, position, :n_ctx] = w["W_Q"].max() * torch.diag(torch.ones(n_ctx - 2), -2)
    return w


def positions_stop_halfway(vocab, n_ctx):
    """Your first head works for the first half of the positions only: fill in all n_ctx of
    them."""
    w = _build(vocab, n_ctx)
    _, position, _ = _blocks(vocab, n_ctx)
    w["W_Q"][0, position, n_ctx // 2 :] = 0
    return w


def present_token_wins(vocab, n_ctx):
    """Your second head copies too weakly: the present token, which is in the stream as well, keeps
    the largest logit."""
    return _build(vocab, n_ctx, copies=0.5)


def copies_with_a_minus(vocab, n_ctx):
    """Your second head writes the negative of what it sees: it has to raise that token's logit."""
    return _build(vocab, n_ctx, copies=-3.0)


def next_in_the_vocabulary(vocab, n_ctx):
    """Your second head writes the token after the one that it sees in the vocabulary: it has to
    copy, whatever the order of the vocabulary."""
    w = _build(vocab, n_ctx)
    w["W_O"][1] = w["W_O"][1].roll(1, 0)
    return w


def layers_swapped(vocab, n_ctx):
    """Your induction head comes first and the previous-token head second: it cannot read what is
    written only after it."""
    return {
        name: value.flip(0) if value.dim() == 3 else value
        for name, value in _build(vocab, n_ctx).items()
    }


def a_fixed_distance_back(vocab, n_ctx):
    """Your second head looks a fixed number of positions back: that is right for one length of the
    repetition only. Let it find the place by its content."""
    w = _build(vocab, n_ctx)
    _, position, _ = _blocks(vocab, n_ctx)
    back = (n_ctx - 1) // 2 - 1
    w["W_Q"][1], w["W_K"][1] = 0, w["W_K"][0]
    w["W_Q"][1, position, :n_ctx] = w["W_Q"].max() * torch.diag(torch.ones(n_ctx - back), -back)
    return w


def unembedding_reads_the_previous_token(vocab, n_ctx):
    """Your unembedding reads the previous token: it has to read the subspace into which the second
    head writes."""
    w = _build(vocab, n_ctx)
    token, _, previous = _blocks(vocab, n_ctx)
    w["W_U"][previous], w["W_U"][token] = w["W_U"][token].clone(), 0.0
    return w


def one_layer_for_both(vocab, n_ctx):
    """All your weights are in layer 0: the second layer's head does nothing."""
    w = _build(vocab, n_ctx)
    for name in ("W_Q", "W_K", "W_V", "W_O"):
        w[name] = torch.stack([w[name].sum(0), torch.zeros_like(w[name][0])])
    return w
