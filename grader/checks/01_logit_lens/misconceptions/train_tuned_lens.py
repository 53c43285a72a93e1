"""Wrong training loops that students write."""

import copy

import torch


def _loss(lens, stack, final_logits, layers=None):
    log_p = final_logits.detach().log_softmax(-1)
    losses = []
    for layer in layers or range(len(stack) - 1):
        log_q = lens(stack[layer], layer).log_softmax(-1)
        losses.append((log_p.exp() * (log_p - log_q)).sum(-1).mean())
    return torch.stack(losses).mean()


def _measure(lens, pair):
    with torch.no_grad():
        return _loss(lens, *pair).item()


def _train(lens, train, valid, steps, lr, parameters=None, loss=_loss, sign=1.0, zero=True):
    """The right loop, with a place for each mistake."""
    chosen = list(lens.parameters()) if parameters is None else parameters
    optimizer = torch.optim.Adam(chosen, lr=lr)
    train_losses, valid_losses = [], []
    for _ in range(steps):
        value = loss(lens, *train)
        if zero:
            optimizer.zero_grad()
        (sign * value).backward()
        optimizer.step()
        train_losses.append(value.item())
        valid_losses.append(_measure(lens, valid))
    return train_losses, valid_losses


def validated_on_training_data(lens, train, valid, steps=200, lr=1e-2):
    """Your validation losses are measured on the training data: they cannot show overfitting.
    Use `valid`."""
    return _train(lens, train, train, steps, lr)


def trained_on_validation_data(lens, train, valid, steps=200, lr=1e-2):
    """You train on the validation data: they are there to be measured on."""
    _, train_losses = _train(lens, valid, train, steps, lr)
    return train_losses, [_measure(lens, valid)] * steps


def trained_on_both(lens, train, valid, steps=200, lr=1e-2):
    """You train on the validation data as well: then they say nothing about fresh data."""
    both = torch.cat([train[0], valid[0]], dim=1), torch.cat([train[1], valid[1]])
    return _train(lens, both, valid, steps, lr)


def validated_before_the_update(lens, train, valid, steps=200, lr=1e-2):
    """You measure the validation loss before the update: it belongs after it, so that the last
    one is the trained lens's."""
    optimizer = torch.optim.Adam(lens.parameters(), lr=lr)
    train_losses, valid_losses = [], []
    for _ in range(steps):
        valid_losses.append(_measure(lens, valid))
        loss = _loss(lens, *train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        train_losses.append(loss.item())
    return train_losses, valid_losses


def training_loss_after_the_update(lens, train, valid, steps=200, lr=1e-2):
    """You measure the training loss after the update: note the one from which the gradient
    came."""
    optimizer = torch.optim.Adam(lens.parameters(), lr=lr)
    train_losses, valid_losses = [], []
    for _ in range(steps):
        loss = _loss(lens, *train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        train_losses.append(_measure(lens, train))
        valid_losses.append(_measure(lens, valid))
    return train_losses, valid_losses


def histories_swapped(lens, train, valid, steps=200, lr=1e-2):
    """You return the validation losses first: the training losses come first."""
    train_losses, valid_losses = _train(lens, train, valid, steps, lr)
    return valid_losses, train_losses


def only_the_last_losses(lens, train, valid, steps=200, lr=1e-2):
    """You return the last losses only: note one per step."""
    train_losses, valid_losses = _train(lens, train, valid, steps, lr)
    return train_losses[-1:], valid_losses[-1:]


def one_loss_more(lens, train, valid, steps=200, lr=1e-2):
    """Your training losses hold one entry more than there are steps."""
    train_losses, valid_losses = _train(lens, train, valid, steps, lr)
    return [*train_losses, _measure(lens, train)], valid_losses


def running_mean(lens, train, valid, steps=200, lr=1e-2):
    """You return the mean of the losses so far: note each step's own loss."""
    histories = _train(lens, train, valid, steps, lr)
    return tuple([sum(h[: i + 1]) / (i + 1) for i in range(steps)] for h in histories)


def trains_a_copy(lens, train, valid, steps=200, lr=1e-2):
    """You train a copy of the lens: the caller's lens stays untrained. Train it in place."""
    return _train(copy.deepcopy(lens), train, valid, steps, lr)


def starts_afresh(lens, train, valid, steps=200, lr=1e-2):
    """You set the translators to zero first: train the lens from where it is."""
    with torch.no_grad():
        for parameter in lens.parameters():
            parameter.zero_()
    return _train(lens, train, valid, steps, lr)


def gradients_pile_up(lens, train, valid, steps=200, lr=1e-2):
    """You never clear the gradients: `backward` adds to them. Call `optimizer.zero_grad()` in
    every step."""
    return _train(lens, train, valid, steps, lr, zero=False)


def never_steps(lens, train, valid, steps=200, lr=1e-2):
    """You compute gradients and never use them: call `optimizer.step()`."""
    return _train(lens, train, valid, steps, 0.0)


def uphill(lens, train, valid, steps=200, lr=1e-2):
    """You make the loss larger: the optimiser minimises what you call `backward` on."""
    return _train(lens, train, valid, steps, lr, sign=-1.0)


def biases_only(lens, train, valid, steps=200, lr=1e-2):
    """Your optimiser gets the biases alone: give it all of `lens.parameters()`."""
    return _train(lens, train, valid, steps, lr, parameters=[lens.bias])


def matrices_only(lens, train, valid, steps=200, lr=1e-2):
    """Your optimiser gets `delta` alone: give it all of `lens.parameters()`."""
    return _train(lens, train, valid, steps, lr, parameters=[lens.delta])


def last_layer_only(lens, train, valid, steps=200, lr=1e-2):
    """You train the last translator alone: every layer has one."""

    def loss(lens, stack, final_logits):
        return _loss(lens, stack, final_logits, layers=[len(stack) - 2])

    return _train(lens, train, valid, steps, lr, loss=loss)


def trains_the_unembedding(lens, train, valid, steps=200, lr=1e-2):
    """You train the norm and the unembedding too: they are the model's and stay frozen. The
    optimiser gets `lens.parameters()`, which buffers are not part of."""
    tensors = [*lens.parameters(), *lens.buffers()]
    for value in tensors:
        value.requires_grad_(True)
    return _train(lens, train, valid, steps, lr, parameters=tensors)


def trains_the_data(lens, train, valid, steps=200, lr=1e-2):
    """Your optimiser moves the residual stack: the data are given, train `lens.parameters()`."""
    stack = train[0].requires_grad_(True)
    return _train(lens, (stack, train[1]), valid, steps, lr, parameters=[stack])


def learning_rate_ignored(lens, train, valid, steps=200, lr=1e-2):
    """You use a learning rate of your own: use `lr`."""
    return _train(lens, train, valid, steps, 1e-2)


def number_of_steps_ignored(lens, train, valid, steps=200, lr=1e-2):
    """You train for a fixed number of steps: use `steps`."""
    return _train(lens, train, valid, 20, lr)
