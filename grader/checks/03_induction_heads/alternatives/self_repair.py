"""Other right ways to write self_repair."""

import torch


def hold_everything_after(model, tokens, correct, wrong, head):
    """Direct effect by a third run that holds all later outputs at their clean values."""
    layer, index = head
    rows = torch.arange(tokens.shape[0])
    cached = {}

    def keep(out, hook, name):
        cached[name] = out.detach().clone()

    def silence(z, hook):
        z = z.clone()
        z[:, :, index, :] = 0.0
        return z

    later = [f"blocks.{at}.hook_attn_out" for at in range(layer + 1, model.cfg.n_layers)]
    if not model.cfg.attn_only:
        later.extend(f"blocks.{at}.hook_mlp_out" for at in range(layer, model.cfg.n_layers))
    keepers = [(name, lambda out, hook, name=name: keep(out, hook, name)) for name in later]
    holders = [(name, lambda out, hook, name=name: cached[name]) for name in later]
    mute = (f"blocks.{layer}.attn.hook_z", silence)
    with torch.no_grad():
        runs = [model.run_with_hooks(tokens, fwd_hooks=keepers)]
        runs.append(model.run_with_hooks(tokens, fwd_hooks=[mute, *holders]))
        runs.append(model.run_with_hooks(tokens, fwd_hooks=[mute]))
    clean, held, reacting = (run[rows, -1, correct] - run[rows, -1, wrong] for run in runs)
    return clean - held, clean - reacting


def edit_before_the_final_norm(model, tokens, correct, wrong, head):
    """The head's write taken out by a hook on the last stream; weights of the head set to zero."""
    layer, index = head
    W_O = model.blocks[layer].attn.W_O[index].detach()
    seen = {}

    def look(z, hook):
        seen["z"] = z[:, -1, index].detach().clone()

    def subtract(stream, hook):
        stream = stream.clone()
        stream[:, -1] -= torch.einsum("be,ed->bd", seen["z"], W_O)
        return stream

    def diff(logits):
        last = logits[:, -1]
        picked = last.gather(1, torch.stack([correct, wrong], 1))
        return picked[:, 0] - picked[:, 1]

    z_name = f"blocks.{layer}.attn.hook_z"
    end = f"blocks.{model.cfg.n_layers - 1}.hook_resid_post"
    with torch.no_grad():
        clean = diff(model.run_with_hooks(tokens, fwd_hooks=[(z_name, look)]))
        direct = clean - diff(model.run_with_hooks(tokens, fwd_hooks=[(end, subtract)]))
        keep = torch.ones(model.cfg.n_heads, 1)
        keep[index] = 0
        with model.hooks(fwd_hooks=[(z_name, lambda z, hook: z * keep.to(z.dtype))]):
            total = clean - diff(model(tokens))
    return direct, total
