"""Hidden checks for head_attribution: shares that add up, each from its own head."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# The student may work in float32; another head's block misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
BATCH, HEADS, D_HEAD, N = 6, 3, 4, 7


def _drawn(rng: torch.Generator) -> list[Tensor]:
    """z, W_enc, b_dec."""
    shapes = ((BATCH, HEADS, D_HEAD), (HEADS * D_HEAD, N), (HEADS * D_HEAD,))
    return [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]


def _shares(result: object) -> Tensor:
    return tensor(result, (BATCH, HEADS, N), "the shares")


def test_the_heads_make_the_pre_activation(student, rng):
    """For every sample and latent the heads' shares add up to the pre-activation without its
    encoder bias; the arguments stay as they are."""
    given = _drawn(rng)
    z, W_enc, b_dec = given
    result, after = student.after("head_attribution", *given)
    pre = (torch.cat([z[:, h] for h in range(HEADS)], dim=1) - b_dec) @ W_enc
    close(_shares(result).sum(1), pre, **FLOAT32, because="the sum over heads")
    unchanged(after, tuple(given))


def test_a_share_comes_from_its_own_head(student, rng):
    """A head's share depends on that head's output alone: another output in one head changes that
    head's shares, and no other's."""
    z, W_enc, b_dec = _drawn(rng)
    before = _shares(student.head_attribution(z, W_enc, b_dec))
    head = int(torch.randint(HEADS, (), generator=rng))
    other = z.clone()
    other[:, head] += 2
    after = _shares(student.head_attribution(other, W_enc, b_dec))
    others = torch.arange(HEADS) != head
    close(after[:, others], before[:, others], **FLOAT32, because="the other heads' shares")
    block = W_enc[head * D_HEAD : (head + 1) * D_HEAD]
    change = (after - before)[:, head]
    close(change, 2 * block.sum(0).expand(BATCH, N), **FLOAT32, because="that head's change")


def test_a_head_at_its_own_bias_has_no_share(student, rng):
    """Where a head's output equals its block of b_dec its share is 0; where all the others' do,
    the whole pre-activation is its own."""
    z, W_enc, b_dec = _drawn(rng)
    head = int(torch.randint(HEADS, (), generator=rng))
    blocks = b_dec.view(HEADS, D_HEAD)
    silent = z.clone()
    silent[:, head] = blocks[head]
    shares = _shares(student.head_attribution(silent, W_enc, b_dec))
    close(shares[:, head], torch.zeros(BATCH, N), **FLOAT32, because="a silent head's share")
    holds(bool((shares != 0).any()), "No head has a share.")
    alone = blocks.expand(BATCH, HEADS, D_HEAD).clone()
    alone[:, head] = z[:, head]
    shares = _shares(student.head_attribution(alone, W_enc, b_dec))
    pre = (alone.flatten(1) - b_dec) @ W_enc
    close(shares[:, head], pre, **FLOAT32, because="the only speaking head's share")


def test_a_latent_that_reads_one_head(student, rng):
    """A latent whose encoder column is 0 outside one head's block has shares from that head only,
    and they are its products with the block."""
    z, W_enc, b_dec = _drawn(rng)
    reader = torch.randint(HEADS, (N,), generator=rng)
    owner = torch.arange(HEADS).repeat_interleave(D_HEAD)
    W_enc = W_enc * (owner[:, None] == reader)
    shares = _shares(student.head_attribution(z, W_enc, b_dec))
    truth = torch.zeros(BATCH, HEADS, N, dtype=torch.float64)
    for latent, head in enumerate(reader.tolist()):
        place = slice(head * D_HEAD, (head + 1) * D_HEAD)
        truth[:, head, latent] = (z[:, head] - b_dec[place]) @ W_enc[place, latent]
    close(shares, truth, **FLOAT32, because="the shares of latents that read one head")
