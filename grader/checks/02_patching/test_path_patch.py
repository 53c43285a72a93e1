"""Hidden checks for path_patch: a stream edited by hand, sums over paths, edges that are none."""

import torch
from labkit import models, native
from labkit.planted.linear import linear
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, tensor, unchanged

# Logits of order 1 in float64, of which one computation in float32 may come in; a component that
# is not frozen, or frozen to the wrong run, moves them by more than a per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
N_POS = 5


def _pair(rng: torch.Generator, n_vocab: int = 37) -> tuple[Tensor, Tensor]:
    base = torch.randint(n_vocab, (N_POS,), generator=rng)
    source = base.clone()
    source[1:4] = (base[1:4] + 1 + torch.randint(n_vocab - 2, (3,), generator=rng)) % n_vocab
    return base, source


def _written(model: TransformerBridge, base: Tensor, source: Tensor, sender: tuple) -> Tensor:
    """What the sender writes in the source run minus what it writes in the base run, [pos, d]."""
    with torch.no_grad():
        _, cache = model.run_with_cache(torch.stack([base, source]))
    z = cache["z", sender[0]][:, :, sender[1]]
    return ((z[1] - z[0]) @ model.blocks[sender[0]].attn.W_O[sender[1]]).detach()


def _sent(
    model: TransformerBridge, base: Tensor, change: Tensor, receiver: tuple | None
) -> Tensor:  # fmt: skip
    """The logits by hand: add the change to the stream that the receiver reads, and to nothing
    else."""
    final = receiver is None
    place = "ln_final.hook_in" if final else f"blocks.{receiver[0]}.hook_resid_pre"
    seen = []
    hooks = [(place, lambda x, hook: x + change)]
    if not final:
        z_place = f"blocks.{receiver[0]}.attn.hook_z"
        hooks.append((z_place, lambda z, hook: seen.append(z[:, :, receiver[1]].clone())))
    with torch.no_grad():
        logits = model.run_with_hooks(base[None], fwd_hooks=hooks)
        if final:
            return logits[0]

        def put(z: Tensor, hook: object) -> Tensor:
            z = z.clone()
            z[:, :, receiver[1]] = seen[0]
            return z

        return model.run_with_hooks(base[None], fwd_hooks=[(z_place, put)])[0]


def _heads(rng: torch.Generator) -> tuple[int, int]:
    return tuple(torch.randint(2, (2,), generator=rng).tolist())


def test_only_the_receiver_hears_of_it(student, seed, rng):
    """What the sender writes differently is added to the stream that the receiver's layer reads,
    and to nothing else; the receiver alone responds, and all that comes after it is free."""
    model = models.random(
        seed, n_layers=4, n_heads=2, d_head=8, d_mlp=16, eps=0.05, dtype=torch.float64
    )
    base, source = _pair(rng)
    one, other = _heads(rng)
    sender, receiver = (0, one), (2, other)
    result, after = student.after("path_patch", model, base, source, sender, receiver)
    by_hand = _sent(model, base, _written(model, base, source, sender), receiver)
    close(result, by_hand, **FLOAT32, because="the logits")
    unchanged(after[1:], (base, source, sender, receiver))


def test_the_direct_path_to_the_logits(student, seed, rng):
    """With no receiver the change reaches the final norm and the unembedding directly: every later
    attention layer and MLP, that of the sender's own layer too, does what it did in the base
    run."""
    model = models.random(
        seed, n_layers=2, n_heads=2, d_head=8, d_mlp=16, eps=0.05, dtype=torch.float64
    )
    base, source = _pair(rng)
    sender = (0, _heads(rng)[0])
    result = student.path_patch(model, base, source, sender, None)
    change = _written(model, base, source, sender)
    close(result, _sent(model, base, change, None), **FLOAT32, because="the logits")


def test_paths_add_up(student, seed, rng):
    """In a linear model of attention alone, the effect of replacing the sender outright is the sum
    of its direct path to the logits and of the edges to every later head."""
    model = linear(seed, n_layers=2, n_heads=2, attn_only=True)
    base, source = _pair(rng)
    sender = (0, _heads(rng)[1])
    kept = student.keep(model)
    with torch.no_grad():
        plain, _ = model(torch.stack([base, source]))
        change = _written(model, base, source, sender)
        hook = ("blocks.1.hook_resid_pre", lambda x, hook: x + change)
        total = model.run_with_hooks(base[None], fwd_hooks=[hook])[0] - plain
    paths = []
    for receiver in (None, (1, 0), (1, 1)):
        result = student.path_patch(kept, base, source, sender, receiver)
        paths.append(tensor(result, (N_POS, 37), "the logits") - plain)
        holds(bool(paths[-1].abs().max() > 1e-6), "An edge that carries something shows nothing.")
    close(sum(paths), total, **FLOAT32, because="the sum over the paths")


def test_edges_that_carry_nothing(student, seed, rng):
    """A receiver whose queries, keys and values read nothing gets nothing, and neither does one
    that does not lie in a later layer than the sender: the logits are those of the base prompt.
    The head beside the deaf one, which reads, is reached."""
    model = models.random(
        seed, n_layers=2, n_heads=2, d_head=8, attn_only=True, eps=0.05, dtype=torch.float64
    )
    deaf, sending = _heads(rng)
    weights = native.parameters(model)
    with torch.no_grad():
        for part in "qkv":
            weights[f"layers.1.attn.{part}.weight"][deaf * 8 : deaf * 8 + 8] = 0
    base, source = _pair(rng)
    with torch.no_grad():
        plain = model(base[None])[0]
    kept = student.keep(model)
    reached = student.path_patch(kept, base, source, (0, sending), (1, 1 - deaf))
    moved = tensor(reached, (N_POS, 37), "the logits") - plain
    holds(bool(moved[3:].abs().max() > 1e-4), "A head that reads the sender is not reached.")
    for receiver, what in (
        ((1, deaf), "a head that reads nothing"),
        ((0, 1 - sending), "a head beside it"),
    ):
        result = student.path_patch(kept, base, source, (0, sending), receiver)
        close(result, plain, **FLOAT32, because=what)
    close(kept(base[None])[0], plain, **FLOAT32, because="the model's logits afterwards")
