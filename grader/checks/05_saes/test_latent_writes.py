"""Hidden checks for latent_writes: blocks through their own W_O, held against a real layer."""

import torch
from labkit import models
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# The student may work in float32; another head's W_O misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
HEADS, D_HEAD, D_MODEL, N = 3, 4, 5, 7


def _drawn(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    W_dec = torch.randn(N, HEADS * D_HEAD, generator=rng, dtype=torch.float64)
    return W_dec, torch.randn(HEADS, D_HEAD, D_MODEL, generator=rng, dtype=torch.float64)


def _writes(result: object) -> Tensor:
    return tensor(result, (N, HEADS, D_MODEL), "the writes")


def test_each_block_goes_through_its_own_head(student, rng):
    """A latent's write through a head is that head's block of its decoder row times that head's
    W_O, with head 0's block first; the arguments stay as they are."""
    W_dec, W_O = _drawn(rng)
    result, after = student.after("latent_writes", W_dec, W_O)
    truth = torch.zeros(N, HEADS, D_MODEL, dtype=torch.float64)
    for latent in range(N):
        for head in range(HEADS):
            block = W_dec[latent, head * D_HEAD : (head + 1) * D_HEAD]
            truth[latent, head] = block @ W_O[head]
    close(_writes(result), truth, **FLOAT32, because="the writes")
    unchanged(after, (W_dec, W_O))


def test_a_head_without_output_writes_nothing(student, rng):
    """Where a head's W_O is 0 nothing is written through it, and what goes through the others
    stays; twice the row writes twice as much."""
    W_dec, W_O = _drawn(rng)
    head = int(torch.randint(HEADS, (), generator=rng))
    before = _writes(student.latent_writes(W_dec, W_O))
    holds(bool((before != 0).any()), "Nothing is written at all.")
    silent = W_O.clone()
    silent[head] = 0
    after = _writes(student.latent_writes(W_dec, silent))
    close(after[:, head], torch.zeros(N, D_MODEL), **FLOAT32, because="writes of a silent head")
    others = torch.arange(HEADS) != head
    close(after[:, others], before[:, others], **FLOAT32, because="writes of the others")
    double = _writes(student.latent_writes(2 * W_dec, W_O))
    close(double, 2 * before, **FLOAT32, because="writes of rows twice as long")


def test_it_is_what_the_layer_adds_to_the_stream(student, seed, rng):
    """In a model: moving the concatenated heads along a latent's decoder row moves the layer's
    output by the latent's writes, added up over the heads."""
    model = models.random(
        seed, n_layers=1, n_heads=HEADS, d_head=D_HEAD, d_model=D_MODEL + 1, attn_only=True,
        normalization_type=None, dtype=torch.float64,
    )  # fmt: skip
    tokens = torch.randint(model.cfg.d_vocab, (1, 4), generator=rng)
    W_dec, _ = _drawn(rng)
    latent = int(torch.randint(N, (), generator=rng))
    step = W_dec[latent].view(HEADS, D_HEAD)
    outputs = []
    for size in (0.0, 1.0):
        seen = []
        hooks = [
            ("blocks.0.attn.hook_z", lambda z, hook, size=size: z + size * step),
            ("blocks.0.hook_attn_out", lambda out, hook, seen=seen: seen.append(out.clone())),
        ]
        with torch.no_grad():
            model.run_with_hooks(tokens, fwd_hooks=hooks)
        outputs.append(seen[0])
    W_O = model.blocks[0].attn.W_O.detach()
    result = student.latent_writes(W_dec, W_O)
    writes = tensor(result, (N, HEADS, D_MODEL + 1), "the writes")
    moved = (outputs[1] - outputs[0])[0]
    close(writes[latent].sum(0).expand_as(moved), moved, **FLOAT32, because="what is added")
