"""Other right ways to write integrated_gradients."""

import torch


def slopes_of_strengths(model, tokens, baseline, correct, wrong, steps):
    """Differentiate with respect to one strength for each token and step: the product with the
    change comes by itself. Single precision comes back."""
    x = model.W_E[tokens].detach()
    middle = (torch.arange(steps) * 2 + 1) / (2 * steps)
    strength = middle[:, None].repeat(1, len(tokens)).to(x.dtype).requires_grad_()

    def embed_at(embed, hook):
        return baseline + strength[..., None] * (x - baseline)

    with torch.enable_grad():
        logits = model.run_with_hooks(
            tokens.repeat(steps, 1), fwd_hooks=[("hook_embed", embed_at)]
        )[:, -1]
        (logits[:, correct].sum() - logits[:, wrong].sum()).backward()
    return (strength.grad.sum(0) / steps).float()


def step_by_step(model, tokens, baseline, correct, wrong, steps):
    """A loop over the steps with backward on each; the history of the model's own embedding."""
    with torch.no_grad():
        x = model.run_with_cache(tokens[None])[1]["hook_embed"][0].clone()
    total = torch.zeros_like(x)
    for step in range(steps):
        point = torch.lerp(baseline, x, (step + 0.5) / steps).clone().requires_grad_(True)
        with (
            torch.enable_grad(),
            model.hooks(
                fwd_hooks=[("hook_embed", lambda embed, hook, point=point: point.unsqueeze(0))]
            ),
        ):
            last = model(tokens.unsqueeze(0))[0, -1]
            (last[correct] - last[wrong]).backward()
        total += point.grad
    model.zero_grad()
    return torch.einsum("pd,pd->p", x - baseline, total) / steps
