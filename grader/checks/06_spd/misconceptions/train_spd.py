"""Wrong training loops that students write."""

import math

import torch
from torch.nn import functional


def _gelu_gate(h, gate):
    w_in, b_in, w_out, b_out = gate
    return (functional.gelu(h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out


def _inputs(forward, x, weights):
    seen = {}

    def layer(name):
        def run(a):
            seen[name] = a
            return a @ weights[name].mT

        return run

    with torch.no_grad():
        return forward(x, {name: layer(name) for name in weights}), seen


def _lower(z):
    leak = 0.01 * z.clamp(max=0)
    return z.clamp(0, 1) + leak - leak.detach()


def _upper(z):
    return z.clamp(0, 1) + 0.01 * (z - 1).clamp(min=0)


def _faith(weights, parts):
    missed = sum((W - parts[n][0] @ parts[n][1]).square().sum() for n, W in weights.items())
    return missed / sum(W.numel() for W in weights.values())


def _reconstruction(forward, x, goal, weights, parts, g, two_point, dice):
    masks = {}
    for name, gate in g.items():
        r = torch.rand(gate.shape, generator=dice)
        masks[name] = gate + (1 - gate) * ((r < 0.5).to(gate.dtype) if two_point else r)

    def layer(name):
        if name not in masks:
            return lambda a: a @ weights[name].mT
        U, V = parts[name]
        return lambda a: (a @ V.mT * masks[name]) @ U.mT

    out = forward(x, {name: layer(name) for name in weights})
    return (out - goal).square().mean()


def _geometric(start, end, share):
    return start * (end / start) ** share


def _straight(start, end, share):
    return start + (end - start) * share


def _cosine(share):
    return 0.5 * (1 + math.cos(math.pi * share))


def _train(
    forward, weights, parts, gates, batches, lr=4e-2, coefficient=(2e-2, 2e-3), power=(2.0, 1.0),
    warm_up=200, two_point=True, seed=0, look=None, *,
    rate=_cosine, beta_at=_geometric, p_at=_straight, until=0.8, faith=1.0, whole=1.0, single=1.0,
    for_masks=_lower, for_price=_upper, copy=True, main=torch.optim.Adam, trained="both",
    clear=True, decay=0.1, warm_lr=1e-2, warm_class=torch.optim.AdamW, warm_gates=False,
    new=True, dice=None, detach=False, sum_layers=False, choose=None,
    late=False, looks="after", count_from=0, stay=True, renew="",
):  # fmt: skip
    """The right loop, with a place for each mistake."""

    def own(t):
        return (t.detach().clone() if copy else t).requires_grad_(True)

    parts = {n: tuple(own(t) for t in pair) for n, pair in parts.items()}
    gates = {n: tuple(own(t) for t in gate) for n, gate in gates.items()}
    matrices = [t for pair in parts.values() for t in pair]
    networks = [t for gate in gates.values() for t in gate]
    warm_set = matrices + (networks if warm_gates else [])
    extra = {"weight_decay": decay} if warm_class is torch.optim.AdamW else {}
    first = warm_class(warm_set, lr=warm_lr, **extra)
    for _ in range(warm_up):
        first.zero_grad()
        _faith(weights, parts).backward()
        first.step()
    chosen = {"both": matrices + networks, "parts": matrices, "gates": networks}[trained]
    optimizer = main(chosen, lr=lr) if new else first
    generator = dice or torch.Generator().manual_seed(seed)
    losses = []
    for step, x in enumerate(batches):
        share = (step + count_from) / len(batches)
        optimizer.param_groups[0]["lr"] = lr * rate(share)
        way = min(share / until, 1.0) if stay else share / until
        x = x if choose is None else choose(batches)
        goal, seen = _inputs(forward, x, weights)
        z = {n: _gelu_gate(seen[n] @ parts[n][1].mT, gates[n]) for n in parts}
        g = {n: for_masks(v.detach() if detach else v) for n, v in z.items()}
        loss = faith * _faith(weights, parts)
        everything = (forward, x, goal, weights, parts)
        if renew == "both":
            generator.manual_seed(seed)
        loss = loss + whole * _reconstruction(*everything, g, two_point, generator)
        rolled = torch.Generator().manual_seed(seed) if renew == "alone" else generator
        alone = [_reconstruction(*everything, {n: g[n]}, two_point, rolled) for n in g]
        loss = loss + single * sum(alone) / (1 if sum_layers else len(alone))
        price = sum(for_price(v).pow(p_at(*power, way)).sum(1).mean() for v in z.values())
        loss = loss + beta_at(*coefficient, way) * price
        if not late:
            losses.append(loss.item())
        if clear:
            optimizer.zero_grad()
        if look is not None and looks == "before":
            look(step, parts, gates)
        loss.backward()
        optimizer.step()
        if look is not None and looks == "after":
            look(step, parts, gates)
    freed = {n: tuple(t.detach() for t in pair) for n, pair in parts.items()}
    return freed, {n: tuple(t.detach() for t in gate) for n, gate in gates.items()}, losses


def no_warm_up(*args, **kwargs):
    """You leave the warm-up out."""
    return _train(*args[:8], 0, *args[9:], **kwargs)


def warm_up_with_adam(*args, **kwargs):
    """Your warm-up uses Adam: it is AdamW, with weight decay 0.1."""
    return _train(*args, **kwargs, warm_class=torch.optim.Adam)


def warm_up_at_lr(forward, weights, parts, gates, batches, lr=4e-2, *args, **kwargs):
    """Your warm-up uses the learning rate of the training: its own is 1e-2."""
    return _train(forward, weights, parts, gates, batches, lr, *args, **kwargs, warm_lr=2 * lr)


def one_optimiser(*args, **kwargs):
    """You go on with the warm-up's optimiser: training has a new Adam, over parts and gates."""
    return _train(*args, **kwargs, new=False, warm_gates=True)


def no_faithfulness(*args, **kwargs):
    """Faithfulness is in the warm-up alone: it stays in the loss."""
    return _train(*args, **kwargs, faith=0.0)


def no_stochastic_loss(*args, **kwargs):
    """The loss with all layers masked at once is missing."""
    return _train(*args, **kwargs, whole=0.0)


def no_layerwise_loss(*args, **kwargs):
    """The layerwise loss is missing."""
    return _train(*args, **kwargs, single=0.0)


def price_constant(*args, **kwargs):
    """Your coefficient stays at its first value: it goes to the second."""
    return _train(*args, **kwargs, beta_at=lambda start, end, share: start)


def price_in_a_line(*args, **kwargs):
    """Your coefficient falls in a straight line: it falls by a factor."""
    return _train(*args, **kwargs, beta_at=_straight)


def power_constant(*args, **kwargs):
    """Your power stays at its first value: it goes to the second."""
    return _train(*args, **kwargs, p_at=lambda start, end, share: start)


def power_by_a_factor(*args, **kwargs):
    """Your power falls by a factor: it falls in a straight line."""
    return _train(*args, **kwargs, p_at=_geometric)


def until_the_end(*args, **kwargs):
    """Coefficient and power arrive in the last step: they arrive after 80% of the steps."""
    return _train(*args, **kwargs, until=1.0)


def power_until_the_end(*args, **kwargs):
    """Your power arrives in the last step, your coefficient earlier: both arrive after 80% of the
    steps, at s / 0.8 = 1."""
    return _train(
        *args, **kwargs, stay=False,
        beta_at=lambda start, end, way: _geometric(start, end, min(way, 1.0)),
        p_at=lambda start, end, way: _straight(start, end, 0.8 * way),
    )  # fmt: skip


def coefficient_until_the_end(*args, **kwargs):
    """Your coefficient arrives in the last step, your power earlier: both arrive after 80% of the
    steps, at s / 0.8 = 1."""
    return _train(
        *args, **kwargs, stay=False,
        beta_at=lambda start, end, way: _geometric(start, end, 0.8 * way),
        p_at=lambda start, end, way: _straight(start, end, min(way, 1.0)),
    )  # fmt: skip


def beyond_the_end(*args, **kwargs):
    """Coefficient and power go on after 80% of the steps: there they stay."""
    return _train(*args, **kwargs, stay=False)


def steps_counted_from_1(*args, **kwargs):
    """Your share of the steps begins at 1 / T: in the first step it is 0."""
    return _train(*args, **kwargs, count_from=1)


def rate_constant(*args, **kwargs):
    """Your learning rate does not fall: it follows half a cosine."""
    return _train(*args, **kwargs, rate=lambda share: 1.0)


def rate_in_a_line(*args, **kwargs):
    """Your learning rate falls in a straight line: it follows half a cosine."""
    return _train(*args, **kwargs, rate=lambda share: 1 - share)


def whole_cosine(*args, **kwargs):
    """Your learning rate follows cos(pi s), which ends at -lr: it is half of 1 + cos(pi s)."""
    return _train(*args, **kwargs, rate=lambda share: math.cos(math.pi * share))


def price_on_lower(*args, **kwargs):
    """Minimality gets the lower-leaky gates: a gate above 1 then feels no pull."""
    return _train(*args, **kwargs, for_price=_lower)


def masks_from_upper(*args, **kwargs):
    """Masks are drawn from the upper-leaky gates: they can exceed 1. Draw from the lower-leaky."""
    return _train(*args, **kwargs, for_masks=_upper)


def masks_from_a_plain_clamp(*args, **kwargs):
    """Masks are drawn from gates that are clamped without a leak: a gate below 0 then never opens
    again. Draw from the lower-leaky."""
    return _train(*args, **kwargs, for_masks=lambda z: z.clamp(0, 1))


def masks_detached(*args, **kwargs):
    """The gates are cut off from the masks: they learn only what is cheap."""
    return _train(*args, **kwargs, detach=True)


def gates_not_trained(*args, **kwargs):
    """Your optimiser gets the parts alone: the gates are trained, too."""
    return _train(*args, **kwargs, trained="parts")


def parts_not_trained(*args, **kwargs):
    """Your optimiser gets the gates alone: the parts are trained on, too."""
    return _train(*args, **kwargs, trained="gates")


def gradients_pile_up(*args, **kwargs):
    """You never clear the gradients: `backward` adds to them. Call `zero_grad()` in every step."""
    return _train(*args, **kwargs, clear=False)


def plain_gradient_descent(*args, **kwargs):
    """You use plain gradient descent: the optimiser that is asked for is Adam."""
    return _train(*args, **kwargs, main=torch.optim.SGD)


def weight_decay_in_training(*args, **kwargs):
    """You train with weight decay as well: that is for the warm-up only."""

    def main(leaves, lr):
        return torch.optim.AdamW(leaves, lr=lr, weight_decay=0.1)

    return _train(*args, **kwargs, main=main)


def in_place(*args, **kwargs):
    """You train the parts and gates that came in: train copies."""
    return _train(*args, **kwargs, copy=False)


def layers_summed(*args, **kwargs):
    """You add up the layers of the layerwise loss: it is their mean."""
    return _train(*args, **kwargs, sum_layers=True)


def first_batch_only(*args, **kwargs):
    """You train on the first batch again and again: take one step on each."""
    return _train(*args, **kwargs, choose=lambda batches: batches[0])


def last_loss_only(*args, **kwargs):
    """You return the last loss alone: there is one for each batch."""
    parts, gates, losses = _train(*args, **kwargs)
    return parts, gates, losses[-1:]


def untrained_returned(forward, weights, parts, gates, *args, **kwargs):
    """You return the parts and gates that came in: return the trained copies."""
    _, _, losses = _train(forward, weights, parts, gates, *args, **kwargs)
    return parts, gates, losses


def seed_forgotten(*args, **kwargs):
    """Your masks do not hang on `seed`."""
    return _train(*args, **kwargs, dice=torch.Generator().manual_seed(0))


def dice_anew_in_every_step(*args, **kwargs):
    """You make the generator anew in every step, so the same masks come again and again: all masks
    of a run come from one generator, made once."""
    return _train(*args, **kwargs, renew="both")


def dice_anew_for_each_layer(*args, **kwargs):
    """You make a generator of its own for the layerwise loss in every step, so its masks are the
    same again and again: all masks of a run come from one generator, made once."""
    return _train(*args, **kwargs, renew="alone")


def looks_before_the_step(*args, **kwargs):
    """You call `look` before the step, or not at all: it sees what is there after each step."""
    return _train(*args, **kwargs, looks="before")


def never_two_point(*args, **kwargs):
    """Your masks are drawn evenly above the gates, whatever `two_point` says: hand it on."""
    return _train(*args[:9], False, *args[10:], **kwargs)


def always_two_point(*args, **kwargs):
    """Your masks are 0 or 1 above the gates, whatever `two_point` says: hand it on."""
    return _train(*args[:9], True, *args[10:], **kwargs)


def price_by_layers(*args, **kwargs):
    """You divide the price by the number of layers: minimality is a sum over them."""
    count = len(args[1])
    return _train(
        *args, **kwargs, beta_at=lambda start, end, way: _geometric(start, end, way) / count
    )
