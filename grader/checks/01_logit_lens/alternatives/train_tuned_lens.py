"""Other right ways to write train_tuned_lens."""

import torch
from torch.nn import functional


def _loss(lens, stack, final_logits):
    target = final_logits.detach().log_softmax(-1).flatten(0, 1)
    losses = []
    for layer in range(len(stack) - 1):
        log_q = lens(stack[layer], layer).log_softmax(-1).flatten(0, 1)
        losses.append(functional.kl_div(log_q, target, reduction="batchmean", log_target=True))
    return sum(losses) / len(losses)


def _validate(lens, valid):
    with torch.inference_mode():
        return float(_loss(lens, *valid))


def gradient_descent_by_hand(lens, train, valid, steps=200, lr=1e-2):
    """Plain gradient descent, without an optimiser object."""
    parameters = list(lens.parameters())
    histories = [], []
    for _ in range(steps):
        loss = _loss(lens, *train)
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= lr * gradient
        histories[0].append(loss.item())
        histories[1].append(_validate(lens, valid))
    return histories


def momentum(lens, train, valid, steps=200, lr=1e-2):
    """SGD with momentum; gradients are cleared last, and the first list holds tensors."""
    optimizer = torch.optim.SGD(lens.parameters(), lr=lr, momentum=0.8)
    train_losses, valid_losses = [], []
    for _ in range(steps):
        loss = _loss(lens, *train)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        train_losses.append(loss.detach())
        valid_losses.append(_validate(lens, valid))
    return train_losses, valid_losses


def minibatches(lens, train, valid, steps=200, lr=1e-2):
    """AdamW on half of the prompts in each step, with a separate parameter group for each."""
    groups = [{"params": [lens.delta]}, {"params": [lens.bias]}]
    optimizer = torch.optim.AdamW(groups, lr=lr)
    train_losses, valid_losses = [], []
    lens.train()
    for _ in range(steps):
        rows = torch.randperm(train[0].shape[1])[: max(1, train[0].shape[1] // 2)]
        optimizer.zero_grad(set_to_none=False)
        loss = _loss(lens, train[0][:, rows], train[1][rows])
        loss.backward()
        optimizer.step()
        train_losses.append(loss.detach().item())
        lens.eval()
        valid_losses.append(_validate(lens, valid))
        lens.train()
    return train_losses, valid_losses


def second_order(lens, train, valid, steps=200, lr=1e-2):
    """L-BFGS with a closure; the loss it reports is the one before its update."""
    optimizer = torch.optim.LBFGS(lens.parameters(), lr=lr, max_iter=3)
    train_losses, valid_losses = [], []

    def closure():
        optimizer.zero_grad()
        loss = _loss(lens, *train)
        loss.backward()
        return loss

    for _ in range(steps):
        train_losses.append(optimizer.step(closure).item())
        valid_losses.append(_validate(lens, valid))
    return train_losses, valid_losses
