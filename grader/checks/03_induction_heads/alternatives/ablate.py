"""Other right ways to write ablate."""

import random

import torch


def hooks_in_a_with_block(model, tokens, heads, mode, reference=None, seed=0):
    """One hook for each head, in place, in a `with` block; Python's own generator."""
    draw = random.Random(seed)
    cache = model.run_with_cache(reference)[1] if mode in ("mean", "resample") else None
    hooks = []
    for layer, head in heads:
        name = f"blocks.{layer}.attn.hook_z"
        if mode == "zero":
            value = torch.zeros(())
        elif mode == "mean":
            value = cache[name][:, :, head, :].mean(dim=0, keepdim=True)
        else:
            rows = [draw.randrange(reference.shape[0]) for _ in range(tokens.shape[0])]
            value = torch.stack([cache[name][row, :, head] for row in rows])

        def hook(z, hook, head=head, value=value):
            z[:, :, head, :] = value
            return z

        hooks.append((name, hook))
    with torch.no_grad(), model.hooks(fwd_hooks=hooks):
        return model(tokens)


def masks_over_all_layers(model, tokens, heads, mode, reference=None, seed=0):
    """A mask of heads and a full replacement tensor, for every layer, by `torch.where`."""
    torch.manual_seed(seed)
    mask = torch.zeros(model.cfg.n_layers, model.cfg.n_heads, dtype=torch.bool)
    for layer, head in heads:
        mask[layer, head] = True
    seen = {}

    def keep(layer):
        def hook(z, hook):
            seen[layer] = z.detach().clone()

        return hook

    names = [f"blocks.{layer}.attn.hook_z" for layer in range(model.cfg.n_layers)]
    if mode != "zero":
        with torch.no_grad():
            model.run_with_hooks(
                reference, fwd_hooks=[(name, keep(i)) for i, name in enumerate(names)]
            )

    def swap(layer):
        def hook(z, hook):
            if mode == "zero":
                other = torch.zeros_like(z)
            elif mode == "mean":
                other = seen[layer].mean(0).expand_as(z)
            else:
                rows = torch.multinomial(
                    torch.ones(z.shape[2], len(seen[layer])), len(z), replacement=True
                )
                columns = [seen[layer][rows[h], :, h] for h in range(z.shape[2])]
                other = torch.stack(columns, dim=2)
            return torch.where(mask[layer][:, None], other, z)

        return hook

    return model.run_with_hooks(tokens, fwd_hooks=[(n, swap(i)) for i, n in enumerate(names)])


def prompt_by_prompt(model, tokens, heads, mode, reference=None, seed=0):
    """One prompt at a time, z rebuilt from a list of its heads."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    results = []
    with torch.no_grad():
        cache = None if mode == "zero" else model.run_with_cache(reference)[1]
        for prompt in tokens:
            hooks = []
            for layer in sorted({layer for layer, _ in heads}):
                mine = [head for at, head in heads if at == layer]

                def hook(z, hook, layer=layer, mine=mine):
                    parts = list(z.unbind(2))
                    for head in mine:
                        if mode == "zero":
                            parts[head] = torch.zeros_like(parts[head])
                        elif mode == "mean":
                            known = cache["z", layer][:, :, head]
                            parts[head] = (known.sum(0) / known.shape[0])[None]
                        else:
                            row = int(torch.randint(len(reference), (), generator=generator))
                            parts[head] = cache["z", layer][row : row + 1, :, head]
                    return torch.stack(parts, 2)

                hooks.append((f"blocks.{layer}.attn.hook_z", hook))
            results.append(model.run_with_hooks(prompt[None], fwd_hooks=hooks))
    return torch.cat(results)
