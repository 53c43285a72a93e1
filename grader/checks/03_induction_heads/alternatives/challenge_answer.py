"""Two ways to find the four heads of the challenge, without looking at its truth."""

import torch
from labkit import native


def _places(model):
    return [(i, j) for i in range(model.cfg.n_layers) for j in range(model.cfg.n_heads)]


def by_pattern_and_ablation(challenge):
    """Two candidates for each job by their stripes, told apart by what the model does without."""
    model, tokens, answers = challenge.model, challenge.tokens, challenge.answers
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
    clean = logits[:, -1].gather(1, answers[:, None]).mean()
    last = tokens.shape[1] - 1
    after = (tokens[:, 1:-1] == tokens[:, -1:]).int().argmax(1) + 2
    back, onward, effect = {}, {}, {}
    for layer, head in _places(model):
        pattern = cache["pattern", layer][:, head]
        back[layer, head] = float(pattern.diagonal(-1, -2, -1).mean())
        onward[layer, head] = float(pattern[torch.arange(len(tokens)), last, after].mean())

        def silence(z, hook, head=head):
            z = z.clone()
            z[:, :, head] = 0
            return z

        with torch.no_grad():
            hooks = [(f"blocks.{layer}.attn.hook_z", silence)]
            without = model.run_with_hooks(tokens, fwd_hooks=hooks)[:, -1]
        effect[layer, head] = float(without.gather(1, answers[:, None]).mean() - clean)
    backs = sorted(back, key=back.get)[-2:]
    afters = sorted(onward, key=onward.get)[-2:]
    previous, idle = sorted(backs, key=effect.get)
    induction, opposing = sorted(afters, key=effect.get)
    return {
        "previous_token": previous, "induction": induction, "idle": idle, "opposing": opposing,
    }  # fmt: skip


def by_weights(challenge):
    """OV tables and composition, without a run of the model; lists for tuples."""
    model = challenge.model
    W_E, W_U = model.W_E.detach(), model.W_U.detach()
    W_pos = native.parameters(model)["pos.weight"].detach()
    heads = {}
    for layer, head in _places(model):
        attention = model.blocks[layer].attn
        names = ("W_Q", "W_K", "W_V", "W_O")
        heads[layer, head] = [getattr(attention, name)[head].detach() for name in names]
    with torch.no_grad():
        says = {p: float((W_E @ v @ o @ W_U).trace()) for p, (_, _, v, o) in heads.items()}
        ranked = sorted(says, key=says.get)
        induction, opposing = ranked[-1], ranked[0]
        q, k, _, _ = heads[induction]

        def read(place):
            _, _, v, o = heads[place]
            return float((W_E @ v @ o @ k @ q.T @ W_E.T).trace())

        def looks_back(place):
            scores = W_pos @ heads[place][0] @ heads[place][1].T @ W_pos.T
            return float(scores.diagonal(-1).mean() - scores.diagonal(-2).mean())

        before = [p for p in heads if p[0] < induction[0]]
        previous = max(before, key=read)
        rest = [p for p in heads if p not in (previous, induction, opposing)]
        idle = max(rest, key=looks_back)
    found = {
        "previous_token": previous, "induction": induction, "idle": idle, "opposing": opposing,
    }  # fmt: skip
    return {name: list(place) for name, place in found.items()}
