"""Hidden checks for learned_features: planted targets of which it is known what they give back."""

from collections.abc import Callable

import torch
from torch import Tensor

from grader.assertions import holds, tensor

N = 7


def _asked(student, target: Callable[[Tensor], Tensor], *size: float, n: int = N) -> list[bool]:
    """Call with a target that reads every shape and works in the dtype that it is given."""
    result = student.learned_features(target, n, *size)
    # Truth values: what the signature promises, and what `tensor` does not take.
    holds(
        isinstance(result, Tensor) and result.dtype == torch.bool, "It must be a tensor of bools."
    )
    return tensor(result.to(torch.int8), (n,), "what comes back").bool().tolist()


def _some(rng: torch.Generator) -> Tensor:
    """A choice of features, neither none nor all."""
    chosen = torch.zeros(N, dtype=torch.bool)
    count = int(torch.randint(2, N - 1, (), generator=rng))
    chosen[torch.randperm(N, generator=rng)[:count]] = True
    return chosen


def _is(found: list[bool], truth: Tensor, sentence: str) -> None:
    holds(found == truth.tolist(), sentence)


def test_a_feature_that_comes_back_is_learned(student, rng):
    """A feature of which at least half comes back is learned, one of which less comes back, or
    nothing, or something negative, is not."""
    learned = _some(rng)
    high = 0.55 + 0.6 * torch.rand(N, generator=rng)
    high[learned.nonzero()[0]] = 0.56  # more than half of .75, less than half of 1
    low = 0.45 * torch.rand(N, generator=rng)
    low[(~learned).nonzero()[0]] = -0.9
    gain = torch.where(learned, high, low)
    _is(_asked(student, lambda x: x * gain.to(x)), learned, "Not those that come back by half.")


def test_what_it_answers_to_nothing_does_not_count(student, rng):
    """What counts is the rise above the answer to an empty input: a target that always answers
    something, or that answers less than nothing, has learned neither more nor less for it."""
    learned = _some(rng)
    gain = torch.where(learned, 0.8, 0.1)
    for offset in (0.9, -0.9):
        always = offset + 0.3 * torch.randn(N, generator=rng)
        found = _asked(student, lambda x, always=always: x * gain.to(x) + always.to(x))
        _is(found, learned, "An answer that is always there changes what counts as learned.")


def test_features_that_are_confused_are_not_learned(student, rng):
    """A feature that raises another output at least as much as its own is not learned, even when
    its own rises enough. That another feature raises its own output is no harm to a learned one."""
    learned = _some(rng)
    wrong = (~learned).nonzero().flatten().tolist()
    matrix = 0.8 * torch.eye(N) + 0.2 * torch.rand(N, N, generator=rng)
    for i in wrong:  # feature i raises a learned one's output more than its own
        matrix[i, int(learned.nonzero()[0])] = 1.0 + 0.3 * float(torch.rand((), generator=rng))
    matrix[wrong[0], wrong[0]] = 0.2
    _is(_asked(student, lambda x: x @ matrix.to(x)), learned, "Confused features count as learned.")


def test_a_tie_and_a_fall(student, rng):
    """A feature that raises another output exactly as much as its own is not learned; one that
    makes another output fall, however far, is."""
    learned = _some(rng)
    place = torch.randperm(N, generator=rng)
    other = torch.empty(N, dtype=torch.long)
    other[place] = place.roll(1)  # each has another one, and each is another's
    gain = 0.6 + 0.3 * torch.rand(N, generator=rng)
    matrix = gain.diag()
    matrix[torch.arange(N), other] = torch.where(learned, -1.5 * gain, gain)
    # No matrix product: its sums may round the two outputs of a tie differently.
    found = _asked(student, lambda x: (x[..., :, None] * matrix.to(x)).sum(-2))
    _is(found, learned, "A tie, or another output's fall, is not judged as it should be.")


def test_each_is_shown_alone(student, rng):
    """Features are shown one at a time: a target that answers only while a single one is present
    has learned what it then gives back."""
    learned = _some(rng)

    def single(x: Tensor) -> Tensor:
        alone = (x != 0).sum(-1, keepdim=True) <= 1
        return x * learned.to(x) * alone

    _is(_asked(student, single), learned, "A target that knows one feature at a time is misjudged.")


def test_the_size_is_the_one_asked_for(student, rng):
    """Features are shown at the size asked for, .75 where nothing is said, and half of that size
    has to come back: a target with a threshold answers some sizes only."""
    threshold = 0.3 + 0.3 * torch.rand(N, generator=rng)
    for size in ((), (0.5,), (1.0,), (2.0,)):
        shown = size[0] if size else 0.75
        margin = (shown - threshold - shown / 2).abs()
        clear = torch.where(margin < 0.02, threshold + 0.05, threshold)
        truth = (shown - clear).clamp(min=0) >= shown / 2
        found = _asked(student, lambda x, t=clear: torch.relu(x - t.to(x)), *size)
        _is(found, truth, "The size that is asked for is not the one that is shown and halved.")


def test_a_toy_model_of_superposition(student, rng):
    """In a toy model whose features lie on a polygon in the plane, those with a vector of length 1
    are learned, and those of length 0 or a fifth are not."""
    learned = _some(rng)
    count = int(learned.sum())
    angle = 2 * torch.pi * torch.arange(count) / count + float(torch.rand((), generator=rng))
    W = torch.zeros(2, N)
    W[:, learned] = 1.1 * torch.stack([angle.cos(), angle.sin()])
    small = torch.where(learned, 0.0, 0.2 * torch.rand(N, generator=rng))
    W = W + small * torch.randn(2, N, generator=rng).sign()
    found = _asked(student, lambda x: torch.relu(x @ W.to(x).mT @ W.to(x) - 0.2))
    _is(found, learned, "The features of a toy model are not told apart.")
