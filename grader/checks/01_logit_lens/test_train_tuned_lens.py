"""Hidden checks for train_tuned_lens: a rotation to be found, and losses measured once more.

No check asks for a certain optimiser or for its exact path: what counts is where the lens ends and
what the histories say about it.
"""

from dataclasses import dataclass

import torch
from labkit import models, native
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, items, numbers, tensor, unchanged

N_LAYERS, D_MODEL, N_VOCAB = 2, 8, 32
SHAPES = {"delta": (N_LAYERS, D_MODEL, D_MODEL), "bias": (N_LAYERS, D_MODEL)}
# Losses are reported as they were computed, at most in float32; one update changes them by more
# than a tenth of a per cent.
REPORTED = {"atol": 1e-5, "rtol": 1e-4}
Pair = tuple[Tensor, Tensor]


@dataclass
class World:
    """A model whose earlier layers hold the final stream in languages of their own."""

    model: TransformerBridge
    rotations: Tensor  # [layer, d_model, d_model]: layer l holds R_l h, as a column
    rng: torch.Generator

    def pair(self, n_batch: int) -> Pair:
        """Draw final streams, rotate them for each layer, and let the model speak."""
        final = torch.randn(n_batch, 7, D_MODEL, generator=self.rng, dtype=torch.float64)
        layers = torch.einsum("lij,bsj->lbsi", self.rotations, final)
        with torch.no_grad():
            logits = self.model.unembed(self.model.ln_final(final))
        return torch.cat([layers, final[None]]), logits


def _world(seed: int, rng: torch.Generator) -> World:
    """Make a model that hears all directions of the stream alike, and random rotations."""
    model = models.random(
        seed, n_layers=N_LAYERS, d_model=D_MODEL, n_heads=2, d_head=4, d_vocab=N_VOCAB,
        attn_only=True, normalization_type="RMS", dtype=torch.float64,
    )  # fmt: skip
    columns = torch.randn(N_VOCAB, D_MODEL, generator=rng, dtype=torch.float64)
    columns = torch.linalg.qr(columns - columns.mean(0)).Q
    weights = native.parameters(model)
    with torch.no_grad():
        # gamma and the unembedding together are an isometry: any decent optimiser gets there.
        weights["head.weight"].copy_(5 * columns / weights["ln_out.weight"])
    draws = torch.randn(N_LAYERS, D_MODEL, D_MODEL, generator=rng, dtype=torch.float64)
    return World(model, torch.linalg.qr(draws).Q, rng)


def _translators(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The trained parts of a lens's state, of the right shape."""
    return {name: tensor(state.get(name), shape, name) for name, shape in SHAPES.items()}


def _loss(world: World, state: dict[str, Tensor], pair: Pair) -> Tensor:
    """The mean KL(final || lens) over layers, batch and positions, by torch's own function.

    What a lens in this state says is worked out here: the lens itself lives beside the function
    that is asked, and could say what suits.
    """
    stack, final_logits = pair
    log_p, losses = final_logits.log_softmax(-1), []
    translators = _translators(state)
    for layer, h in enumerate(stack[:-1]):
        translated = h + h @ translators["delta"][layer].mT + translators["bias"][layer]
        with torch.no_grad():
            log_q = world.model.unembed(world.model.ln_final(translated)).log_softmax(-1)
        losses.append(functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1))
    return torch.stack(losses).mean()


def _histories(result: object, steps: int) -> tuple[list[float], list[float]]:
    """The two lists of losses, one number for each step."""
    train, valid = items(result, 2, "the result")
    return (
        numbers(train, steps, "the training losses"),
        numbers(valid, steps, "the validation losses"),
    )


def _anywhere(rng: torch.Generator) -> dict[str, Tensor]:
    """Translators to start from that are no identities."""
    shape = (N_LAYERS, D_MODEL, D_MODEL)
    delta = 0.2 * torch.randn(shape, generator=rng, dtype=torch.float64)
    return {"delta": delta, "bias": torch.randn(shape[:2], generator=rng, dtype=torch.float64)}


def _moves(lens, before: dict[str, Tensor]) -> Tensor:
    """How far `delta` and `bias` of each layer have moved, at most, since ``before``."""
    now, then = _translators(lens.state()), _translators(before)
    return torch.stack([(now[n] - then[n]).flatten(1).abs().amax(-1) for n in SHAPES])


def test_finds_the_way_back_from_a_rotation(student, seed, rng):
    """Each layer of this model holds the final stream rotated, so the logit lens reads nonsense.
    Training must find the rotations back, layer by layer, and read fresh data rightly. (The
    validation data here come from another model: whoever trains on them goes astray.)"""
    world, other = _world(seed, rng), _world(seed + 1, rng)
    lens = student.TunedLens(world.model)
    fresh = world.pair(5)
    untrained = {n: torch.zeros(shape, dtype=torch.float64) for n, shape in SHAPES.items()}
    before = _loss(world, untrained, fresh)
    student.train_tuned_lens(lens, world.pair(6), other.pair(3), 140, 0.4)
    state = lens.state()
    after = _loss(world, state, fresh)
    # Adam ends below 0.2 per cent, plain gradient descent near 1, gradients that pile up near 10.
    holds(bool(after < 0.03 * before), "On fresh data the lens still says something else.")
    found = torch.eye(D_MODEL, dtype=torch.float64) + _translators(state)["delta"]
    back = world.rotations.mT
    # Compared as directions: the norm makes the translator's size free.
    cosine = functional.cosine_similarity(found.flatten(1), back.flatten(1))
    holds(bool((cosine > 0.8).all()), "The translator of some layer does not turn it back.")


def test_training_losses_are_those_before_each_update(student, seed, rng):
    """The first list holds one training loss per step, each measured before that step's update:
    the first is the loss of the lens as you got it, and training makes them fall."""
    world = _world(seed, rng)
    stack, logits = world.pair(1)
    # One position again and again: any part of these data has the loss of the whole.
    train = stack[:, :, :1].repeat(1, 6, 4, 1), logits[:, :1].repeat(6, 4, 1)
    lens = student.TunedLens(world.model)
    lens.load(_anywhere(rng))
    for steps in (4, 2):  # the second time from where the first ended
        start = _loss(world, lens.state(), train)
        history, _ = _histories(
            student.train_tuned_lens(lens, train, world.pair(3), steps, 0.01), steps
        )
        close(history[0], start, **REPORTED, because="the first training loss")
        holds(history[-1] < history[0], "The training losses do not fall.")


def test_validation_losses_are_those_after_each_update(student, seed, rng):
    """The second list holds one validation loss per step, measured on the validation data after
    that step's update: the last is the loss there of the lens you leave behind."""
    world, other = _world(seed, rng), _world(seed + 1, rng)
    train, valid = world.pair(6), other.pair(3)
    lens = student.TunedLens(world.model)
    lens.load(_anywhere(rng))
    for steps in (1, 3):
        before = lens.state()
        _, history = _histories(student.train_tuned_lens(lens, train, valid, steps, 0.2), steps)
        last = _loss(world, lens.state(), valid)
        close(history[-1], last, **REPORTED, because="the last validation loss")
        move = _moves(lens, before).max()
        holds(bool(move > 0), "The lens is the same after training: train it in place.")


def test_only_the_translators_are_trained(student, seed, rng):
    """Training moves `delta` and `bias` of every layer, at the learning rate you are given, and
    nothing else: not the norm, not the unembedding, not the data."""
    world = _world(seed, rng)
    train, valid = world.pair(6), world.pair(3)
    start = _anywhere(rng)
    moves = []
    for rate in (0.05, 0.0005):
        lens = student.TunedLens(world.model)
        lens.load(start)
        before = lens.state()
        _, after = student.after("train_tuned_lens", lens, train, valid, 3, rate)
        unchanged(after[1:3], (train, valid), "the data")
        state = lens.state()
        frozen = {name: value for name, value in before.items() if name not in start}
        unchanged({name: state.get(name) for name in frozen}, frozen, "the frozen part of the lens")
        moves.append(_moves(lens, before))
    holds(bool((moves[0] > 0).all()), "Training leaves `delta` or `bias` of some layer as it was.")
    # About in proportion, for every optimiser.
    slow = bool(moves[1].max() < 0.2 * moves[0].max())
    holds(slow, "A learning rate a hundred times smaller hardly makes the steps smaller.")
