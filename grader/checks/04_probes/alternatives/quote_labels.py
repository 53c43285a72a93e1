"""Other right ways to write quote_labels."""

import re

import torch


def character_by_character(tokens):
    """A state that every mark turns around; each token keeps the state after its last character."""
    labels, is_open = [], False
    for token in tokens:
        for character in token:
            if character == '"':
                is_open = not is_open
        labels.append(is_open)
    return torch.tensor(labels, dtype=torch.bool)


def spans_of_the_whole_text(tokens):
    """The text put together, its quotations found, and the tokens' ends looked up in them."""
    text, labels, end = "".join(tokens), [], 0
    spans = [match.span() for match in re.finditer(r'"[^"]*("|$)', text)]
    for token in tokens:
        end += len(token)
        inside = any(
            start < end and (end < stop or not text[start + 1 : stop].endswith('"'))
            for start, stop in spans
        )
        labels.append(inside)
    return torch.tensor(labels)


def odd_prefixes(tokens):
    """How many marks has the text up to here? Asked anew for every token."""
    prefixes = ["".join(tokens[: i + 1]) for i in range(len(tokens))]
    return torch.tensor([bool(prefix.count('"') & 1) for prefix in prefixes])
