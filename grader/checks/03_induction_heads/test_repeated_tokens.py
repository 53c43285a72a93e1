"""Hidden checks for repeated_tokens: what such sequences are, and that their draw is a fair one."""

import torch
from torch import Tensor

from grader.assertions import close, holds, tensor

EXACT = {"atol": 0.0, "rtol": 0.0}


def _sizes(rng: torch.Generator) -> tuple[int, int, int, int]:
    """Draw n, batch, vocab and a bos that is neither the first nor the last token."""
    n, batch = (int(torch.randint(a, a + 5, (), generator=rng)) for a in (9, 3))
    vocab = int(torch.randint(40, 60, (), generator=rng))
    bos = int(torch.randint(3, vocab - 3, (), generator=rng))
    return n, batch, vocab, bos


def _rows(result: object, n: int, batch: int) -> Tensor:
    return tensor(result, (batch, 1 + 2 * n), "your tokens").long()


def test_the_second_half_repeats_the_first(student, seed, rng):
    """Each row is BOS, n tokens, and the same n tokens again in the same order; BOS stands at
    position 0 of every row and nowhere else, whichever token it is."""
    n, batch, vocab, bos = _sizes(rng)
    for start in (bos, 0):
        tokens = _rows(student.repeated_tokens(n, batch, vocab, seed, start), n, batch)
        close(tokens[:, n + 1 :], tokens[:, 1 : n + 1], **EXACT, because="the second half")
        holds(bool((tokens[:, 0] == start).all()), "Position 0 does not hold BOS.")
        holds(not bool((tokens[:, 1:] == start).any()), "BOS occurs after position 0.")


def test_all_other_tokens_are_equally_likely(student, seed, rng):
    """Over many draws each token of the vocabulary but BOS comes equally often, the first and the
    last one too, and tokens are drawn independently: one can occur twice in a half."""
    n, batch = 500, 6
    vocab = int(torch.randint(9, 13, (), generator=rng))
    bos = int(torch.randint(1, vocab - 1, (), generator=rng))
    tokens = _rows(student.repeated_tokens(n, batch, vocab, seed, bos), n, batch)
    holds(bool(((tokens >= 0) & (tokens < vocab)).all()), "A token is not in the vocabulary.")
    counts = torch.bincount(tokens[:, 1 : n + 1].flatten(), minlength=vocab).double()
    holds(bool(counts[bos] == 0), "BOS is among the random tokens.")
    expected = n * batch / (vocab - 1)
    others = torch.arange(vocab) != bos
    # Six standard deviations: a fair draw passes in all of the course's lifetime.
    far = (counts[others] - expected).abs().max() > 6 * expected**0.5
    holds(not bool(far), "Some tokens come much more often, or less often, than others.")
    # Neighbours in a half are equal in one of vocab - 1 places, if draws are independent.
    equal = (tokens[:, 1:n] == tokens[:, 2 : n + 1]).double().sum()
    places = batch * (n - 1) / (vocab - 1)
    apart = abs(float(equal) - places) > 6 * places**0.5
    holds(not apart, "Neighbouring tokens depend on each other.")


def test_every_row_has_tokens_of_its_own(student, seed, rng):
    """The rows of a batch are drawn independently: no two of them hold the same tokens, and they
    agree at a position no more often than chance has it."""
    n, _, vocab, bos = _sizes(rng)
    batch, n = 12, 4 * n
    tokens = _rows(student.repeated_tokens(n, batch, vocab, seed, bos), n, batch)[:, 1 : n + 1]
    pairs = batch * (batch - 1) / 2
    same = (tokens[:, None] == tokens[None]).double().sum()
    agree = (float(same) - batch * n) / 2
    expected = pairs * n / (vocab - 1)
    holds(abs(agree - expected) <= 6 * expected**0.5, "The rows are not independent of each other.")
    holds(bool((tokens[:, :1] != tokens[:, 1:]).any()), "A row is one token over and over.")


def test_the_draw_follows_from_the_seed(student, seed, rng):
    """Equal seeds give equal tokens, other seeds give other tokens."""
    n, batch, vocab, bos = _sizes(rng)
    first = _rows(student.repeated_tokens(n, batch, vocab, seed, bos), n, batch)
    again = _rows(student.repeated_tokens(n, batch, vocab, seed, bos), n, batch)
    close(again, first, **EXACT, because="the tokens of the same seed")
    for step in (1, 2):
        other = _rows(student.repeated_tokens(n, batch, vocab, seed + step, bos), n, batch)
        share = float((other[:, 1:] == first[:, 1:]).double().mean())
        holds(share < 0.4, "Another seed gives the same tokens.")
