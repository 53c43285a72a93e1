"""Hidden checks for quote_labels: texts cut into tokens at random, and what must not matter."""

import torch
from torch import Tensor

from grader.assertions import close, holds, unchanged

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _labels(actual: object, length: int) -> Tensor:
    whole = isinstance(actual, Tensor) and actual.dtype == torch.bool
    holds(whole and tuple(actual.shape) == (length,), "Not one True or False for each token.")
    return actual.long()


def _integer(rng: torch.Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high, (), generator=rng))


def _word(rng: torch.Generator) -> str:
    letters = [_LETTERS[_integer(rng, 0, 26)] for _ in range(_integer(rng, 1, 5))]
    # An apostrophe and other marks are no quotation marks.
    return "".join(letters) + ("'s", "", "", ",", "", "\u2019t")[_integer(rng, 0, 6)]


def _text(rng: torch.Generator, quotations: int, open_end: bool) -> tuple[str, list[bool]]:
    """Make a text, and say for each character whether a quotation is open once it is read."""
    characters: list[str] = []
    state: list[bool] = []

    def say(words: str, is_open: bool) -> None:
        characters.extend(words)
        state.extend([is_open] * len(words))

    say(_word(rng) + " ", False)
    for number in range(quotations):
        say('"', True)
        if number != 1:  # the second quotation is empty
            say(" ".join(_word(rng) for _ in range(3)), True)
        if open_end and number == quotations - 1:
            say(" " + _word(rng) + " " + _word(rng), True)
            break
        say('"', False)
        say(" " + _word(rng) + " ", False)
    return "".join(characters), state


def _cut(rng: torch.Generator, text: str, state: list[bool]) -> tuple[list[str], Tensor]:
    """Cut a text into tokens of 1 to 4 characters; a token's label is its last character's."""
    tokens, labels, start = [], [], 0
    while start < len(text):
        end = min(len(text), start + _integer(rng, 1, 5))
        tokens.append(text[start:end])
        labels.append(state[end - 1])
        start = end
    return tokens, torch.tensor(labels).long()


def test_open_once_the_token_is_read(student, rng):
    """Each token is labelled by whether a quotation is open once it has been read, wherever the
    tokenizer cut: the token that opens is True, the token that closes is False, and one that does
    both leaves things as they were."""
    for quotations in (3, 4):
        tokens, expected = _cut(rng, *_text(rng, quotations, open_end=False))
        result, after = student.after("quote_labels", tokens)
        close(_labels(result, len(tokens)), expected, 0, 0, because="the labels")
        unchanged(after, (tokens,))


def test_never_closed(student, rng):
    """A quotation that is never closed is open to the end of the text."""
    tokens, expected = _cut(rng, *_text(rng, 3, open_end=True))
    close(_labels(student.quote_labels(tokens), len(tokens)), expected, 0, 0, because="the labels")


def test_one_mark_more_turns_what_follows(student, rng):
    """A mark put before a text turns every label of it around; two marks in one token, or a token
    without any mark, turn none. The labels before a place do not depend on what comes after it."""
    tokens, expected = _cut(rng, *_text(rng, 3, open_end=bool(_integer(rng, 0, 2))))
    n = len(tokens)
    for first, turned in (('"', True), (' ""', False), ('" "', False), ("'", False), (':"', True)):
        labels = _labels(student.quote_labels([first, *tokens]), n + 1)
        close(labels[0], int(turned), 0, 0, because="the label of a first token")
        close(labels[1:], 1 - expected if turned else expected, 0, 0, because="the labels after it")
    stop = _integer(rng, 5, n)
    shorter = _labels(student.quote_labels(tokens[:stop]), stop)
    close(shorter, expected[:stop], 0, 0, because="the labels of the beginning alone")


def test_a_text_without_quotations(student, rng):
    """Where there is no quotation mark nothing is open; after a first mark that stands alone
    everything is."""
    plain = [_word(rng) + " " for _ in range(9)]
    close(_labels(student.quote_labels(plain), 9), torch.zeros(9), 0, 0, because="no marks")
    place = _integer(rng, 2, 7)
    expected = torch.arange(9) >= place
    for mark in ('"', ' "', '("'):
        marked = [*plain[:place], mark, *plain[place + 1 :]]
        labels = _labels(student.quote_labels(marked), 9)
        close(labels, expected.long(), 0, 0, because="one mark")
