"""Wrong ways to judge a run."""

import torch
from torch.nn import functional


def _run(forward, x, weights, layers=None):
    seen = {}

    def layer(name):
        def call(a):
            seen[name] = a
            return a @ weights[name].mT

        return call

    own = {name: layer(name) for name in weights}
    return forward(x, own | (layers or {})), seen


def _gates(forward, weights, parts, gates, x):
    with torch.no_grad():
        _, seen = _run(forward, x, weights)
        found = {}
        for name, (_, V) in parts.items():
            w_in, b_in, w_out, b_out = gates[name]
            h = seen[name] @ V.mT
            z = (functional.gelu(h[..., None] * w_in + b_in) * w_out).sum(-1) + b_out
            found[name] = z.clamp(0, 1)
        return found


def _masked(forward, x, weights, parts, masks):
    def layer(name):
        U, V = parts[name]
        return lambda a: (a @ V.mT * masks[name]) @ U.mT

    return _run(forward, x, weights, {name: layer(name) for name in masks})[0]


def _worst(forward, x, weights, parts, g, generator, steps=20):
    goal = _run(forward, x, weights)[0]
    r = {name: torch.rand(gate.shape, generator=generator) for name, gate in g.items()}
    for step in range(steps + 1):
        r = {name: draw.detach().requires_grad_(True) for name, draw in r.items()}
        masks = {name: gate + (1 - gate) * r[name] for name, gate in g.items()}
        out = _masked(forward, x, weights, parts, masks)
        error = (out - goal).square().sum() / goal.square().sum()
        if step == steps:
            return error.item()
        error.backward()
        r = {n: (draw.detach() + 0.1 * draw.grad.sign()).clamp(0, 1) for n, draw in r.items()}
    return 0.0


def _judge(
    forward, weights, parts, gates, probes, x, generator, most=1, limit=0.06, *,
    low=0.2, high=0.9, attack=_worst, on="x", ask=("unsure", "open", "missing", "error"),
    alive=lambda g: (g > 0.1).any(0).sum(), unsettled=lambda hit: hit.sum(), decide=all,
    crowd=lambda g: (g > 0.1).sum(1).max(), summed=lambda g: (g > 0.1).any(0),
    norm=torch.norm, worst=max, relative=True,
):  # fmt: skip
    """The right diagnosis, with a place for each mistake."""
    g = _gates(forward, weights, parts, gates, probes)
    live = {name: int(alive(gate)) for name, gate in g.items()}
    opened = {name: int(crowd(gate)) for name, gate in g.items()}
    unsure = {name: int(unsettled((gate > low) & (gate < high))) for name, gate in g.items()}
    missing = {}
    for name, (U, V) in parts.items():
        chosen = summed(g[name])
        left = norm(weights[name] - U[:, chosen] @ V[chosen])
        missing[name] = (left / (norm(weights[name]) if relative else 1)).item()
    where = x if on == "x" else probes
    error = attack(
        forward, where, weights, parts, _gates(forward, weights, parts, gates, where), generator
    )
    verdicts = {
        "unsure": worst(unsure.values()) == 0,
        "open": worst(opened.values()) <= most,
        "missing": worst(missing.values()) < 0.1,
        "error": error < limit,
    }
    right = bool(decide(verdicts[name] for name in ask))
    return {
        "right": right, "live": live, "open": opened, "unsure": unsure, "missing": missing,
        "adversarial": error,
    }  # fmt: skip


def error_alone(*args):
    """You trust the adversarial error alone: three more conditions must hold."""
    return _judge(*args, ask=("error",))


def error_not_asked(*args):
    """`right` does not hang on the adversarial error."""
    return _judge(*args, ask=("unsure", "open", "missing"))


def unsure_not_asked(*args):
    """`right` does not hang on unsure gates."""
    return _judge(*args, ask=("open", "missing", "error"))


def crowding_not_asked(*args):
    """`right` does not hang on how many gates a probe opens."""
    return _judge(*args, ask=("unsure", "missing", "error"))


def missing_not_asked(*args):
    """`right` does not ask whether the live components add up to the matrix."""
    return _judge(*args, ask=("unsure", "open", "error"))


def one_reason_is_enough(*args):
    """You call a run right when one of the conditions holds: all must."""
    return _judge(*args, decide=any)


def turned_round(*args):
    """Your `right` is True where the run is wrong."""
    result = _judge(*args)
    return {**result, "right": not result["right"]}


def one_layer_is_enough(*args):
    """You ask the better of the layers: the conditions must hold in every layer."""
    return _judge(*args, worst=min)


def all_components_add_up(*args):
    """You add up all components for what is missing: add up the live ones."""
    return _judge(*args, summed=lambda g: g.amax(0) > -1)


def missing_in_squares(*args):
    """You divide sums of squares for what is missing: take the norms, their roots."""
    return _judge(*args, norm=lambda W: W.square().sum())


def missing_not_relative(*args):
    """What is missing is not relative: divide by the norm of the matrix."""
    return _judge(*args, relative=False)


def open_on_average(*args):
    """You count open gates in the mean over probes: the probe that opens most counts."""
    return _judge(*args, crowd=lambda g: (g > 0.1).sum(1).float().mean())


def open_by_component(*args):
    """You count the probes that open a component: count the components that a probe opens."""
    return _judge(*args, crowd=lambda g: (g > 0.1).sum(0).max())


def open_means_wide_open(*args):
    """You count gates above 0.5 as open: above 0.1 they are."""
    return _judge(*args, crowd=lambda g: (g > 0.5).sum(1).max())


def all_open_gates(*args):
    """`open` counts the open gates of all probes: it is the count of the probe that opens most."""
    return _judge(*args, crowd=lambda g: (g > 0.1).sum())


def fixed_most(forward, weights, parts, gates, probes, x, generator, most=1, limit=0.06):
    """You allow one open gate: use `most`."""
    return _judge(forward, weights, parts, gates, probes, x, generator, 1, limit)


def random_masks(*args):
    """Your error is that of random masks: look for the worst."""

    def attack(*rest):
        return _worst(*rest, steps=0)

    return _judge(*args, attack=attack)


def gates_for_masks(*args):
    """Your error is that of the gates themselves: look for the worst masks above them."""

    def attack(forward, x, weights, parts, g, generator):
        goal = _run(forward, x, weights)[0]
        out = _masked(forward, x, weights, parts, g)
        return ((out - goal).square().sum() / goal.square().sum()).item()

    return _judge(*args, attack=attack)


def attacked_on_the_probes(*args):
    """You attack on the probes: attack on `x`, with the gates for `x`."""
    return _judge(*args, on="probes")


def fixed_limit(forward, weights, parts, gates, probes, x, generator, most=1, limit=0.06):
    """You compare with 0.06: use `limit`."""
    return _judge(forward, weights, parts, gates, probes, x, generator, most)


def everything_below_is_unsure(*args):
    """You call gates below 0.2 unsure as well: a shut gate is sure."""
    return _judge(*args, low=-1.0)


def everything_above_is_unsure(*args):
    """You call gates above 0.9 unsure as well: an open gate is sure."""
    return _judge(*args, high=2.0)


def unsure_from_a_tenth(*args):
    """You call gates between 0.1 and 0.2 unsure as well: unsure begins at 0.2."""
    return _judge(*args, low=0.1)


def unsure_up_to_one(*args):
    """You call gates between 0.9 and 1 unsure as well: unsure ends at 0.9."""
    return _judge(*args, high=0.99)


def unsure_components(*args):
    """You count the components with an unsure gate: count the gates, one for each probe."""
    return _judge(*args, unsettled=lambda hit: hit.any(0).sum())


def live_gates(*args):
    """`live` counts open gates: count components, each once."""
    return _judge(*args, alive=lambda g: (g > 0.1).sum())


def live_probes(*args):
    """`live` counts probes that open something: count components."""
    return _judge(*args, alive=lambda g: (g > 0.1).any(1).sum())


def wide_open_only(*args):
    """`live` counts components above 0.9: live is above 0.1, as in exercise 17."""
    return _judge(*args, alive=lambda g: (g > 0.9).any(0).sum())
