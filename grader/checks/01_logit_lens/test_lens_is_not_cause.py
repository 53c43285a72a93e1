"""Hidden checks for lens_is_not_cause: planted directions, and what the model says when edited."""

import torch
from labkit import models, native
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, items, number, unchanged

# Differences of logits of order 1 from a model whose RMSNorm works in float32 inside; a wrong
# layer, position or projection misses by more than a per cent.
FLOAT32 = {"atol": 2e-4, "rtol": 1e-3}
PLACE = "blocks.{}.hook_resid_pre"


def _says(model: TransformerBridge, x: Tensor) -> Tensor:
    """The lens's logits, [..., vocab], by the model's own final norm and unembedding."""
    with torch.no_grad():
        return model.unembed(model.ln_final(x))


def _run(
    model: TransformerBridge, tokens: Tensor, layer: int, edited: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the stream before a block and the final logits, both at the last position.

    Args:
        edited: [batch, d_model], put in the stream's place at the last position.
    """
    seen = []

    def put(resid: Tensor, hook: object) -> Tensor:
        if edited is not None:
            resid = torch.cat([resid[:, :-1], edited[:, None]], dim=1)
        seen.append(resid[:, -1])
        return resid

    with torch.no_grad():
        logits = model.run_with_hooks(tokens, fwd_hooks=[(PLACE.format(layer), put)])
    return seen[0], logits[:, -1]


def _effects(
    model: TransformerBridge, tokens: Tensor, layer: int, direction: Tensor, token: int
) -> tuple[Tensor, Tensor]:
    """What to expect, from the model run with its stream replaced as a whole."""
    x, clean = _run(model, tokens, layer)
    # The part of x that a least-squares fit by the direction leaves over: no formula of ours.
    fit = torch.linalg.lstsq(direction[:, None], x.T).solution
    without = x - (direction[:, None] @ fit).T
    _, ablated = _run(model, tokens, layer, without)
    lens = _says(model, x) - _says(model, without)
    return lens[:, token].mean(), (clean - ablated)[:, token].mean()


def _pair(result: object) -> tuple[float, float]:
    lens, output = items(result, 2, "the result")
    return number(lens, "the lens effect"), number(output, "the output effect")


def _draw(seed: int, rng: torch.Generator) -> tuple[TransformerBridge, Tensor, int, Tensor, int]:
    """Draw a model, prompts, a layer with blocks on both sides, a direction and a token."""
    n_layers = int(torch.randint(2, 4, (), generator=rng))
    model = models.random(seed, n_layers=n_layers, dtype=torch.float64)
    tokens = torch.randint(model.cfg.d_vocab, (3, 7), generator=rng)
    layer = int(torch.randint(1, n_layers, (), generator=rng))
    direction = 2 * torch.randn(model.cfg.d_model, generator=rng, dtype=torch.float64)
    token = int(torch.randint(model.cfg.d_vocab, (), generator=rng))
    return model, tokens, layer, direction, token


def test_both_effects_are_clean_minus_ablated(student, seed, rng):
    """Both numbers are clean minus ablated, averaged over the batch, at the last position: how far
    the lens's logit of the token falls at that layer, and how far the model's final logit falls,
    when the direction is projected out there, at the last position only."""
    model, tokens, layer, direction, token = _draw(seed, rng)
    lens, output = _effects(model, tokens, layer, direction, token)
    result = _pair(student.lens_is_not_cause(model, tokens, layer, direction, token))
    close(result[0], lens, **FLOAT32, because="the lens effect")
    close(result[1], output, **FLOAT32, because="the output effect")


def test_takes_out_what_lies_along_the_direction(student, seed, rng):
    """Only what lies along the direction is taken out, however long the direction is: a direction
    at right angles to the stream takes nothing, the stream's own direction takes all of it, so
    that the lens is left with the unembedding's bias."""
    model, tokens, layer, direction, _ = _draw(seed, rng)
    tokens = tokens[:1]
    x = _run(model, tokens, layer)[0][0]
    # The token that the stream speaks against most: taking it out helps, an effect below 0.
    token = int((_says(model, x) - model.b_U.detach()).argmin())
    across = direction - (direction @ x) / (x @ x) * x
    kept = student.keep(model)
    nothing = _pair(student.lens_is_not_cause(kept, tokens, layer, across, token))
    close(torch.tensor(nothing), torch.zeros(2), **FLOAT32, because="effects at right angles")
    everything = (_says(model, x) - model.b_U.detach())[token]
    _, output = _effects(model, tokens, layer, x, token)
    for length in (0.2, -6.0):
        lens, final = _pair(student.lens_is_not_cause(kept, tokens, layer, length * x, token))
        # What is left of x is rounding, beside the eps of the norm.
        close(lens, everything, atol=2e-3, rtol=1e-3, because="the lens effect of all of it")
        close(final, output, atol=2e-3, rtol=1e-3, because="the output effect of all of it")


def test_read_by_the_lens_and_used_by_nothing(student, seed, rng):
    """In this model a direction is planted that the lens reads and that the last block erases:
    taking it out changes the lens and not the output. Without the eraser it reaches the output
    undiminished: both effects are then the same."""
    n_layers = 3
    layer = int(torch.randint(1, 3, (), generator=rng))
    model = models.random(seed, n_layers=n_layers, act_fn="relu", dtype=torch.float64)
    weights = native.parameters(model)
    for name, weight in weights.items():
        # Blocks from this layer on write nothing at all; no head writes anywhere, so that all
        # prompts, which end on the same token, have the same stream at the last position.
        late = int(name.split(".")[1]) >= layer if name.startswith("layers.") else False
        if ".attn.o." in name or (late and ".mlp.fc_out." in name):
            weight.data.zero_()
    tokens = torch.randint(model.cfg.d_vocab, (3, 7), generator=rng)
    tokens[:, -1] = tokens[0, -1]
    x = _run(model, tokens, layer)[0][0]
    # The token whose reading direction the stream points along most.
    reading = (weights["ln_out.weight"][:, None] * weights["head.weight"].T).detach()
    token = int((x @ reading).argmax())
    unit = reading[:, token] / reading[:, token].norm()
    lens, _ = _effects(model, tokens, layer, unit, token)
    size = 0.3 + 3 * float(torch.rand((), generator=rng))
    kept = student.keep(model)
    used = _pair(student.lens_is_not_cause(kept, tokens, layer, size * unit, token))
    close(used[0], lens, **FLOAT32, because="the lens effect")
    close(used[1], lens, **FLOAT32, because="the output effect without the eraser")
    # The eraser: one neuron of the last block reads the direction and writes its negative.
    rms = (x.square().mean() + model.cfg.eps).sqrt()
    last = f"layers.{n_layers - 1}."
    weights[last + "ln2.weight"].data.fill_(1.0)
    weights[last + "mlp.fc_in.weight"].data[0] = unit
    weights[last + "mlp.fc_in.bias"].data[0] = 0.0
    weights[last + "mlp.fc_out.weight"].data[:, 0] = -rms * unit
    unused = _pair(student.lens_is_not_cause(model, tokens, layer, size * unit, token))
    close(unused[0], lens, **FLOAT32, because="the lens effect")
    close(unused[1], 0.0, **FLOAT32, because="the output effect with the eraser")


def test_no_hook_stays_behind(student, seed, rng):
    """Afterwards the model is as it was: its logits are the same, a second call is not disturbed
    by the first, and the arguments are unchanged."""
    model, tokens, layer, direction, token = _draw(seed, rng)
    other = torch.randn(direction.shape, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        before = model(tokens)
    kept = student.keep(model)
    for way in (direction, other):
        lens, _ = _effects(model, tokens, layer, way, token)
        result, after = student.after("lens_is_not_cause", kept, tokens, layer, way, token)
        close(_pair(result)[0], lens, **FLOAT32, because="the lens effect")
        unchanged(after[1:], (tokens, layer, way, token))
        close(kept(tokens), before, atol=1e-6, rtol=1e-6, because="the model's logits afterwards")
