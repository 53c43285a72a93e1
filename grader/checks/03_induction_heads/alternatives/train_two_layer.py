"""Other right ways to write train_two_layer."""

import torch
from torch.nn import functional


def _second_half(model, tokens):
    n = (tokens.shape[1] - 1) // 2
    logits = model(tokens)[:, n + 1 : 2 * n]
    return functional.cross_entropy(logits.transpose(1, 2), tokens[:, n + 2 :])


def adamw_with_cross_entropy(model, batches, valid, lr=5e-3):
    """AdamW, torch's cross-entropy, gradients cleared last, tensors in the first list."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses, valid_losses = [], []
    for tokens in batches:
        loss = _second_half(model, tokens)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
        with torch.inference_mode():
            valid_losses.append(float(_second_half(model, valid)))
    return losses, valid_losses


def adam_by_hand(model, batches, valid, lr=5e-3):
    """Adam written out, with gradients from autograd.grad."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    means = [torch.zeros_like(p) for p in parameters]
    squares = [torch.zeros_like(p) for p in parameters]
    losses, valid_losses = [], []
    for step, tokens in enumerate(batches, start=1):
        loss = _second_half(model, tokens)
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        with torch.no_grad():
            for p, gradient, mean, square in zip(
                parameters, gradients, means, squares, strict=True
            ):
                if gradient is None:
                    continue
                mean.mul_(0.9).add_(gradient, alpha=0.1)
                square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
                size = (square / (1 - 0.999**step)).sqrt() + 1e-8
                p -= lr * mean / (1 - 0.9**step) / size
            losses.append(loss.item())
            valid_losses.append(_second_half(model, valid).item())
    return losses, valid_losses


def other_betas_and_train_mode(model, batches, valid, lr=5e-3):
    """Betas as for transformers, train and eval mode, log-probabilities by hand."""

    def loss_of(tokens):
        n = tokens.shape[1] // 2
        chances = torch.log_softmax(model(tokens), dim=-1)
        parts = [
            -chances[torch.arange(len(tokens)), q, tokens[:, q + 1]] for q in range(n + 1, 2 * n)
        ]
        return torch.stack(parts).mean()

    optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.98))
    losses, valid_losses = [], []
    for tokens in batches:
        model.train()
        optimizer.zero_grad(set_to_none=False)
        loss = loss_of(tokens)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            valid_losses.append(loss_of(valid).item())
    return losses, valid_losses
