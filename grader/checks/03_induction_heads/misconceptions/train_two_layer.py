"""Wrong training loops that students write."""

import copy

import induction_heads_helpers as helpers
import torch


def _loss(model, tokens, first=1, last=None):
    n = tokens.shape[1] // 2
    return helpers.token_losses(model(tokens), tokens)[:, n + first : last].mean()


def _train(model, batches, valid, lr, *, loss=_loss, parameters=None, sign=1.0, zero=True):
    """The right loop, with a place for each mistake."""
    optimizer = torch.optim.Adam(parameters or model.parameters(), lr=lr)
    losses, valid_losses = [], []
    for tokens in batches:
        value = loss(model, tokens)
        if zero:
            optimizer.zero_grad()
        (sign * value).backward()
        optimizer.step()
        losses.append(value.item())
        with torch.no_grad():
            valid_losses.append(loss(model, valid).item())
    return losses, valid_losses


def whole_sequence(model, batches, valid, lr=5e-3):
    """Your loss counts the first half too: nothing can predict it. Take the predictions from
    position n + 1 on."""

    def loss(model, tokens):
        return helpers.token_losses(model(tokens), tokens).mean()

    return _train(model, batches, valid, lr, loss=loss)


def one_position_early(model, batches, valid, lr=5e-3):
    """Your loss begins one position early: at position n the model cannot know that a repetition
    begins."""

    def loss(model, tokens):
        return _loss(model, tokens, first=0)

    return _train(model, batches, valid, lr, loss=loss)


def one_position_late(model, batches, valid, lr=5e-3):
    """Your loss begins one position late: position n + 1 can be predicted from."""

    def loss(model, tokens):
        return _loss(model, tokens, first=2)

    return _train(model, batches, valid, lr, loss=loss)


def last_prediction_left_out(model, batches, valid, lr=5e-3):
    """You leave out the last prediction, the one at position 2n - 1."""

    def loss(model, tokens):
        return _loss(model, tokens, last=-1)

    return _train(model, batches, valid, lr, loss=loss)


def first_half(model, batches, valid, lr=5e-3):
    """You take the first half: it is pure chance. The loss is that of the second."""

    def loss(model, tokens):
        n = tokens.shape[1] // 2
        return helpers.token_losses(model(tokens), tokens)[:, :n].mean()

    return _train(model, batches, valid, lr, loss=loss)


def present_token_for_the_next(model, batches, valid, lr=5e-3):
    """You score the token that stands at a position: the model predicts the one after it."""

    def loss(model, tokens):
        n = tokens.shape[1] // 2
        chances = model(tokens).log_softmax(-1)
        return -chances.gather(-1, tokens[..., None])[:, n + 1 : -1].mean()

    return _train(model, batches, valid, lr, loss=loss)


def summed(model, batches, valid, lr=5e-3):
    """You add the losses up: the loss is their mean."""

    def loss(model, tokens):
        n = tokens.shape[1] // 2
        return helpers.token_losses(model(tokens), tokens)[:, n + 1 :].sum()

    return _train(model, batches, valid, lr, loss=loss)


def n_of_the_first_batch(model, batches, valid, lr=5e-3):
    """You take n from the first batch for all of them: it may differ from one to the next."""
    n = batches[0].shape[1] // 2

    def loss(model, tokens):
        return helpers.token_losses(model(tokens), tokens)[:, n + 1 :].mean()

    return _train(model, batches, valid, lr, loss=loss)


def never_steps(model, batches, valid, lr=5e-3):
    """You compute gradients and never use them: call `optimizer.step()`."""
    return _train(model, batches, valid, 0.0)


def uphill(model, batches, valid, lr=5e-3):
    """You make the loss larger: the optimiser minimises what you call `backward` on."""
    return _train(model, batches, valid, lr, sign=-1.0)


def gradients_pile_up(model, batches, valid, lr=5e-3):
    """You never clear the gradients: `backward` adds to them. Call `optimizer.zero_grad()` in
    every step."""
    return _train(model, batches, valid, lr, zero=False)


def trains_a_copy(model, batches, valid, lr=5e-3):
    """You train a copy of the model: the caller's stays untrained. Train it in place."""
    return _train(copy.deepcopy(model), batches, valid, lr)


def trained_on_valid(model, batches, valid, lr=5e-3):
    """You train on `valid`: it is there to be measured on."""
    losses, valid_losses = [], []
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for tokens in batches:
        losses.append(_loss(model, tokens).item())
        value = _loss(model, valid)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        valid_losses.append(_loss(model, valid).item())
    return losses, valid_losses


def trained_on_both(model, batches, valid, lr=5e-3):
    """You train on `valid` as well: it is there to be measured on."""
    losses, valid_losses = [], []
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for tokens in batches:
        value = _loss(model, tokens)
        losses.append(value.item())
        optimizer.zero_grad()
        (value + _loss(model, valid)).backward()
        optimizer.step()
        valid_losses.append(_loss(model, valid).item())
    return losses, valid_losses


def valid_before_the_update(model, batches, valid, lr=5e-3):
    """You measure `valid` before the update: it belongs after it, so that the last one is the
    trained model's."""
    first = _loss(model, valid).item()
    losses, valid_losses = _train(model, batches, valid, lr)
    return losses, [first, *valid_losses[:-1]]


def batches_after_the_update(model, batches, valid, lr=5e-3):
    """You measure a batch's loss after its update: note the one from which the gradient came."""
    losses, valid_losses = [], []
    for tokens in batches:
        _, (last,) = _train(model, [tokens], valid, lr)
        losses.append(_loss(model, tokens).item())
        valid_losses.append(last)
    return losses, valid_losses


def lists_swapped(model, batches, valid, lr=5e-3):
    """You return the losses of `valid` first: those of the batches come first."""
    return _train(model, batches, valid, lr)[::-1]


def batches_for_valid(model, batches, valid, lr=5e-3):
    """Your second list is measured on the batches: use `valid`."""
    losses, valid_losses = [], []
    for tokens in batches:
        one, two = _train(model, [tokens], tokens, lr)
        losses += one
        valid_losses += two
    return losses, valid_losses


def last_losses_only(model, batches, valid, lr=5e-3):
    """You return the last losses only: note one for each batch."""
    losses, valid_losses = _train(model, batches, valid, lr)
    return losses[-1:], valid_losses[-1:]


def first_batch_only(model, batches, valid, lr=5e-3):
    """You train on the first batch again and again: take one step on each."""
    return _train(model, [batches[0]] * len(batches), valid, lr)


def batches_backwards(model, batches, valid, lr=5e-3):
    """You take the batches in another order than they are given in."""
    return _train(model, batches[::-1], valid, lr)


def learning_rate_ignored(model, batches, valid, lr=5e-3):
    """You use a learning rate of your own: use `lr`."""
    return _train(model, batches, valid, 5e-3)


def attention_only(model, batches, valid, lr=5e-3):
    """Your optimiser gets the attention alone: embedding and unembedding are trained, too."""
    chosen = [p for name, p in model.named_parameters() if "blocks" in name or "attn" in name]
    return _train(model, batches, valid, lr, parameters=chosen)


def new_optimiser_for_each_batch(model, batches, valid, lr=5e-3):
    """You make a new optimiser for each batch: Adam's memory of earlier gradients is lost. Make
    one before the loop."""
    losses, valid_losses = [], []
    for tokens in batches:
        one, two = _train(model, [tokens], valid, lr)
        losses += one
        valid_losses += two
    return losses, valid_losses


def plain_gradient_descent(model, batches, valid, lr=5e-3):
    """You use plain gradient descent: the optimiser that is asked for is Adam."""
    losses, valid_losses = [], []
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for tokens in batches:
        value = _loss(model, tokens)
        losses.append(value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        with torch.no_grad():
            valid_losses.append(_loss(model, valid).item())
    return losses, valid_losses
