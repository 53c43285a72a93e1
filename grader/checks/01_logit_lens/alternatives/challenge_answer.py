"""Two ways to find the four facts of the challenge, without looking at its truth."""

import torch


def _lens(challenge):
    """The lens's logits at the last position, [layer + 1, batch, vocab], and the cache."""
    model = challenge.model
    with torch.no_grad():
        _, cache = model.run_with_cache(challenge.tokens)
        n_layers = model.cfg.n_layers
        stack = [cache["resid_pre", 0]] + [cache["resid_post", i] for i in range(n_layers)]
        return model.unembed(model.ln_final(torch.stack(stack)[:, :, -1])), cache


def _commit(top, answers):
    layer = len(top)
    while layer > 0 and bool((top[layer - 1] == answers).all()):
        layer -= 1
    return layer


def _places(model):
    return [(i, j) for i in range(model.cfg.n_layers) for j in range(model.cfg.n_heads)]


def by_ablation(challenge):
    """Read the lens, then silence one head after the other and see what the model says."""
    model, tokens, answers = challenge.model, challenge.tokens, challenge.answers
    top = _lens(challenge)[0].argmax(-1)
    same = [int(row[0]) for row in top if bool((row == row[0]).all())]
    decoy = next(token for token in same if token not in answers.tolist())
    eraser, writer, worst = None, None, 1.0
    for layer, head in _places(model):

        def silence(z, hook, head=head):
            z = z.clone()
            z[:, :, head] = 0
            return z

        hooks = [(f"blocks.{layer}.attn.hook_z", silence)]
        with torch.no_grad():
            said = model.run_with_hooks(tokens, fwd_hooks=hooks)[:, -1].argmax(-1)
        if bool((said == decoy).all()):
            eraser = (layer, head)
        elif float((said == answers).double().mean()) < worst:
            writer, worst = (layer, head), float((said == answers).double().mean())
    commit = _commit(top, answers)
    return {"commit_layer": commit, "writer": writer, "decoy_token": decoy, "eraser": eraser}


def by_attribution(challenge):
    """Attribute the decoy's and the answers' logits to the heads, in lists instead of tuples."""
    model, answers = challenge.model, challenge.answers
    logits, cache = _lens(challenge)
    top = logits.argmax(-1)
    # The decoy is what stands highest above the mean, in all prompts at once, and never at the end.
    everywhere = (logits - logits.mean(-1, keepdim=True)).amin(1)
    everywhere[:, answers] = -torch.inf
    decoy = int(everywhere.amax(0).argmax())
    with torch.no_grad():
        readout = model.ln_final.weight[:, None] * (model.W_U - model.W_U.mean(1, keepdim=True))
        best, shares = {}, {}
        for layer, head in _places(model):
            written = cache["z", layer][:, -1, head] @ model.blocks[layer].attn.W_O[head]
            share = written @ readout
            shares[layer, head] = float(share[:, decoy].mean())
            best[layer, head] = float(share.gather(-1, answers[:, None]).mean())
    return {
        "commit_layer": _commit(top, answers),
        "writer": list(max(best, key=best.get)),
        "decoy_token": decoy,
        "eraser": list(min(shares, key=shares.get)),
        "notes": "the hint wrote less than the writer",
    }
