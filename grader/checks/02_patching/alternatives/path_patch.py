"""Other right ways to write path_patch."""

import torch


def edited_stream(model, base, source, sender, receiver):
    """No freezing: work out what the sender writes differently, and add it to the stream where the
    receiver's layer reads it."""
    (layer, head), to = sender, receiver
    with torch.no_grad():
        logits, cache = model.run_with_cache(torch.stack([base, source]))
        z = cache[f"blocks.{layer}.attn.hook_z"][:, :, head]
        change = torch.einsum("ph,hd->pd", z[1] - z[0], model.blocks[layer].attn.W_O[head])
        if to is None:
            return (
                model.unembed(model.ln_final(cache["ln_final.hook_in"][:1] + change))[0]
                if (hasattr(model, "ln_final"))
                else model.unembed(cache["unembed.hook_in"][:1] + change)[0]
            )
        if to[0] <= layer:
            return logits[0]
        name, seen = f"blocks.{to[0]}.attn.hook_z", {}

        def look(z, hook):
            seen["z"] = z.clone()

        model.run_with_hooks(
            base[None],
            fwd_hooks=[
                (f"blocks.{to[0]}.hook_resid_pre", lambda x, hook: x + change),
                (name, look),
            ],
        )

        def put(z, hook):
            keep = torch.arange(z.shape[2]) != to[1]
            return torch.where(keep[:, None], z, seen["z"])

        return model.run_with_hooks(base[None], fwd_hooks=[(name, put)])[0]


def freeze_every_head(model, base, source, sender, receiver):
    """Freeze the heads at z, in place, head by head; MLPs at their output; hooks are reset."""
    with torch.no_grad():
        base_cache = model.run_with_cache(base[None])[1]
        source_cache = model.run_with_cache(source[None])[1]
    noted = []

    def at_z(layer):
        def hook_function(z, hook):
            if receiver is not None and layer == receiver[0]:
                noted.append(z[0, :, receiver[1]].clone())
            for head in range(z.shape[2]):
                cache = source_cache if (layer, head) == tuple(sender) else base_cache
                z[0, :, head] = cache["z", layer][0, :, head]
            return z

        return hook_function

    def at_mlp(layer):
        return lambda out, hook: base_cache["mlp_out", layer].clone()

    try:
        for layer in range(model.cfg.n_layers):
            model.add_hook(f"blocks.{layer}.attn.hook_z", at_z(layer))
            if not model.cfg.attn_only:
                model.add_hook(f"blocks.{layer}.hook_mlp_out", at_mlp(layer))
        with torch.no_grad():
            logits = model(base[None])
    finally:
        model.reset_hooks()
    if receiver is None:
        return logits.squeeze(0)

    def put(z, hook):
        z[0, :, receiver[1]] = noted[0]
        return z

    with torch.no_grad():
        return model.run_with_hooks(
            base[None], fwd_hooks=[(f"blocks.{receiver[0]}.attn.hook_z", put)]
        ).squeeze(0)
