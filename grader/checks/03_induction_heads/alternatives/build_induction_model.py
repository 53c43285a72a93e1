"""Other right ways to write an induction model by hand."""

import induction_heads_helpers as helpers
import torch


def entry_by_entry(vocab, n_ctx):
    """Loops, one number at a time, and a previous token of weight 2."""
    w = helpers.empty_model(vocab, n_ctx)
    for t in range(vocab):
        before = vocab + n_ctx + t
        w["W_E"][t, t] = w["W_U"][t, t] = 1
        w["W_V"][0, t, t] = 1
        w["W_O"][0, t, before] = 2
        w["W_Q"][1, t, t] = 100
        w["W_K"][1, before, t] = 1
        w["W_V"][1, t, t] = 1
        w["W_O"][1, t, t] = 5
    for p in range(n_ctx):
        w["W_pos"][p, vocab + p] = 1
        w["W_K"][0, vocab + p, p] = 10
        if p > 0:
            w["W_Q"][0, vocab + p, p - 1] = 10
    return w


def in_a_rotated_basis(vocab, n_ctx):
    """The stream in a random basis, every head inside too; float64; a subspace for the answer."""
    draw = torch.Generator().manual_seed(vocab * 100 + n_ctx)
    d_model, d_head = 3 * vocab + n_ctx, vocab + n_ctx
    double = torch.float64
    basis, _ = torch.linalg.qr(torch.randn(d_model, d_model, generator=draw, dtype=double))
    token, position, previous, said = basis.split([vocab, n_ctx, vocab, vocab])
    inside, _ = torch.linalg.qr(torch.randn(d_head, d_head, generator=draw, dtype=double))
    of_tokens, of_positions = inside.split([vocab, n_ctx])
    size = 30 * d_head**0.5
    back = position.roll(1, 0).clone()
    back[0] = 0
    return {
        "W_E": token,
        "W_pos": position,
        "W_Q": size * torch.stack([position.T @ of_positions, token.T @ of_tokens]),
        # The key of p is what the query of p + 1 is.
        "W_K": torch.stack([back.T @ of_positions, previous.T @ of_tokens]),
        "W_V": torch.stack([token.T @ of_tokens, token.T @ of_tokens]),
        "W_O": torch.stack([of_tokens.T @ previous, 4 * of_tokens.T @ said]),
        "W_U": said.T.contiguous(),
    }


def resting_on_bos(vocab, n_ctx):
    """Where nothing fits, the second head rests on BOS; its value there is empty."""
    w = helpers.empty_model(vocab, n_ctx)
    eye, places = torch.eye(vocab), torch.eye(n_ctx)
    token, position, previous = torch.split(torch.arange(2 * vocab + n_ctx), [vocab, n_ctx, vocab])
    root = w["W_Q"].shape[-1] ** 0.5
    w["W_E"][:, token], w["W_pos"][:, position], w["W_U"][token] = eye, places, eye * 2 - 0.01
    w["W_Q"][0, position[1:], : n_ctx - 1] = 25 * root * places[:-1, :-1]
    w["W_K"][0, position, :n_ctx] = places
    w["W_V"][0, token, :vocab] = eye
    w["W_O"][0, :vocab, previous] = eye
    w["W_Q"][1, token, :vocab] = 24 * root * eye
    w["W_K"][1, previous, :vocab] = eye
    w["W_K"][1, position[0], :vocab] = 0.4
    w["W_V"][1, token[1:], 1:vocab] = eye[1:, 1:]
    w["W_O"][1, :vocab, token] = 2 * eye
    return w
