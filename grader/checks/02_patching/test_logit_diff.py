"""Hidden checks for logit_diff: differences that are known by construction."""

import torch

from grader.assertions import close, unchanged


def _draw(rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, float64, all axes of different length; two different tokens for each row."""
    batch, n_pos, vocab = (
        int(torch.randint(low, low + 3, (), generator=rng)) for low in (4, 8, 13)
    )
    logits = 4 * torch.randn(batch, n_pos, vocab, generator=rng, dtype=torch.float64) + 2
    tokens = torch.stack([torch.randperm(vocab, generator=rng)[:2] for _ in range(batch)])
    return logits, tokens[:, 0], tokens[:, 1]


def test_correct_minus_wrong_at_the_end(student, rng):
    """The result is the correct token's logit minus the wrong token's, at the last position, each
    row with its own two tokens: write any difference into the logits and it comes back."""
    logits, correct, wrong = _draw(rng)
    wanted = 5 * torch.randn(len(logits), generator=rng, dtype=torch.float64)
    for row in range(len(logits)):
        logits[row, -1, correct[row]] = logits[row, -1, wrong[row]] + wanted[row]
    close(student.logit_diff(logits, correct, wrong), wanted, because="the difference")


def test_antisymmetric(student, rng):
    """Correct and wrong exchanged: the same size, the other sign; equal tokens: 0."""
    logits, correct, wrong = _draw(rng)
    one = student.logit_diff(logits, correct, wrong)
    other = student.logit_diff(logits, wrong, correct)
    last = logits[:, -1]
    odds = torch.log_softmax(last, -1)
    rows = range(len(last))
    # The log of the odds of the two tokens: the same number by another way.
    truth = torch.stack([odds[i, correct[i]] - odds[i, wrong[i]] for i in rows])
    close(one, truth, because="the difference")
    close(other, -truth, because="with the tokens exchanged")


def test_nothing_else_counts(student, rng):
    """A constant added to all logits, other positions and other tokens leave the difference as it
    is."""
    logits, correct, wrong = _draw(rng)
    wanted = torch.stack(
        [row[-1, a] - row[-1, b] for row, a, b in zip(logits, correct, wrong, strict=True)]
    )
    other = 9 * torch.randn(logits.shape, generator=rng, dtype=torch.float64)
    for row, (a, b) in enumerate(zip(correct, wrong, strict=True)):
        shift = other[row, 0, 0]
        other[row, -1, a] = logits[row, -1, a] + shift
        other[row, -1, b] = logits[row, -1, b] + shift
    close(student.logit_diff(other, correct, wrong), wanted, because="the difference")


def test_arguments_stay(student, rng):
    """Logits and tokens are read and not changed."""
    logits, correct, wrong = _draw(rng)
    result, after = student.after("logit_diff", logits, correct, wrong)
    rows = torch.arange(len(logits))
    close(result, logits[rows, -1, correct] - logits[rows, -1, wrong], because="the difference")
    unchanged(after, (logits, correct, wrong))
