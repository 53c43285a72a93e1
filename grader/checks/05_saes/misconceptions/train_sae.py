"""Wrong training loops that students write."""

import torch


def _project(W_dec, grad):
    return grad - (grad * W_dec).sum(1, keepdim=True) / W_dec.square().sum(1, keepdim=True) * W_dec


def _unit(W):
    return W / W.norm(dim=1, keepdim=True)


def _train(
    weights, batches, objective, lr, *, project=_project, unit=_unit, zero=True, sign=1.0,
    optimizer=torch.optim.Adam, names=None, copy=True, after=None, step=True,
):  # fmt: skip
    """The right loop, with a place for each mistake."""
    own = {
        name: (value.detach().clone() if copy else value).requires_grad_(True)
        for name, value in weights.items()
    }
    chosen = [value for name, value in own.items() if names is None or name in names]
    adam = optimizer(chosen, lr=lr)
    losses = []
    for x in batches:
        loss = objective(own, x)
        losses.append(loss.item())
        if zero:
            adam.zero_grad()
        (sign * loss).backward()
        W = own["W_dec"]
        if W.grad is not None:
            W.grad = project(W.detach(), W.grad)
        if step:
            adam.step()
        with torch.no_grad():
            W.copy_(unit(W))
            if after:
                after(own)
    return {name: value.detach() for name, value in own.items()}, losses


def not_normalised(weights, batches, objective, lr=5e-3):
    """You do not normalise the decoder's rows after the step."""
    return _train(weights, batches, objective, lr, unit=lambda W: W)


def columns_normalised(weights, batches, objective, lr=5e-3):
    """You normalise the decoder's columns: a latent's direction is a row."""
    return _train(
        weights, batches, objective, lr, unit=lambda W: W / W.norm(dim=0, keepdim=True)
    )  # fmt: skip


def not_projected(weights, batches, objective, lr=5e-3):
    """You do not take the part along the rows off the decoder's gradient: Adam remembers it, and
    its steps are scaled by it."""
    return _train(weights, batches, objective, lr, project=lambda W, g: g)


def projected_after_the_step(weights, batches, objective, lr=5e-3):
    """You project the gradient before the backward pass or after the step, where it has no
    effect: the order is backward, project, step. And normalise after it."""
    own = {name: value.detach().clone().requires_grad_(True) for name, value in weights.items()}
    adam = torch.optim.Adam(own.values(), lr=lr)
    losses = []
    for x in batches:
        with torch.no_grad():
            own["W_dec"].copy_(_unit(own["W_dec"]))
        loss = objective(own, x)
        losses.append(loss.item())
        adam.zero_grad()
        loss.backward()
        adam.step()
    return {name: value.detach() for name, value in own.items()}, losses


def gradients_pile_up(weights, batches, objective, lr=5e-3):
    """You never clear the gradients: `backward` adds to them. Call `zero_grad()` in every step."""
    return _train(weights, batches, objective, lr, zero=False)


def never_steps(weights, batches, objective, lr=5e-3):
    """You compute gradients and never use them: call `optimizer.step()`."""
    return _train(weights, batches, objective, lr, step=False)


def uphill(weights, batches, objective, lr=5e-3):
    """You make the loss larger: the optimiser minimises what you call `backward` on."""
    return _train(weights, batches, objective, lr, sign=-1.0)


def plain_gradient_descent(weights, batches, objective, lr=5e-3):
    """You use plain gradient descent: the optimiser that is asked for is Adam."""
    return _train(weights, batches, objective, lr, optimizer=torch.optim.SGD)


def decoder_only(weights, batches, objective, lr=5e-3):
    """Your optimiser gets the decoder alone: all weights are trained."""
    return _train(weights, batches, objective, lr, names=("W_dec", "b_dec"))


def biases_left_out(weights, batches, objective, lr=5e-3):
    """Your optimiser gets the matrices alone: the biases are trained, too."""
    return _train(weights, batches, objective, lr, names=("W_enc", "W_dec"))


def learning_rate_ignored(weights, batches, objective, lr=5e-3):
    """You use a learning rate of your own: use `lr`."""
    return _train(weights, batches, objective, 5e-3)


def in_place(weights, batches, objective, lr=5e-3):
    """You train the weights that came in: they stay as they were. Train copies."""
    return _train(weights, batches, objective, lr, copy=False)


def loss_after_the_step(weights, batches, objective, lr=5e-3):
    """You measure the loss after the step: note the one from which the gradient came."""
    own, losses = {name: value.detach() for name, value in weights.items()}, []
    trained, _ = _train(own, batches, objective, lr)
    for place, x in enumerate(batches):
        partly, _ = _train(own, batches[: place + 1], objective, lr)
        losses.append(objective(partly, x).item())
    return trained, losses


def new_adam_for_each_batch(weights, batches, objective, lr=5e-3):
    """You make a new optimiser for each batch: Adam's memory is lost. Make one before the loop."""
    losses = []
    for x in batches:
        weights, (loss,) = _train(weights, [x], objective, lr)
        losses.append(loss)
    return weights, losses


def untrained_returned(weights, batches, objective, lr=5e-3):
    """You return the weights that came in: return the trained copies."""
    _, losses = _train(weights, batches, objective, lr)
    return {name: value.clone() for name, value in weights.items()}, losses


def last_loss_only(weights, batches, objective, lr=5e-3):
    """You return the last loss alone: there is one for each batch."""
    trained, losses = _train(weights, batches, objective, lr)
    return trained, losses[-1:]


def first_batch_only(weights, batches, objective, lr=5e-3):
    """You train on the first batch again and again: take one step on each."""
    return _train(weights, [batches[0]] * len(batches), objective, lr)


def encoder_scaled_too(weights, batches, objective, lr=5e-3):
    """You normalise the encoder's columns as well: only the decoder's rows are held at length 1."""

    def after(own):
        own["W_enc"] /= own["W_enc"].norm(dim=0, keepdim=True)

    return _train(weights, batches, objective, lr, after=after)


def projected_on_columns(weights, batches, objective, lr=5e-3):
    """You project the decoder's gradient on its columns: a latent's direction is a row."""
    return _train(weights, batches, objective, lr, project=lambda W, g: _project(W.mT, g.mT).mT)
