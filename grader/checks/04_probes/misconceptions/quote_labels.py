"""Wrong labels for quotations that students write."""

import torch


def _marks(tokens):
    return torch.tensor([token.count('"') for token in tokens])


def without_a_return(tokens):
    """Your function returns nothing: the labels it makes are lost without a `return`."""
    labels = _marks(tokens).cumsum(0) % 2 == 1
    labels.clone()


def state_before_the_token(tokens):
    """You label the state before each token: the opening mark comes out as outside and the closing
    one as inside. The label is what holds once the token has been read."""
    marks = _marks(tokens)
    return (marks.cumsum(0) - marks) % 2 == 1


def both_marks_inside(tokens):
    """You call the closing mark inside as well: once it has been read, the quotation is over."""
    marks = _marks(tokens)
    after = marks.cumsum(0) % 2 == 1
    before = (marks.cumsum(0) - marks) % 2 == 1
    return after | before


def neither_mark_inside(tokens):
    """You leave the opening mark outside: once it has been read, a quotation is open."""
    marks = _marks(tokens)
    after = marks.cumsum(0) % 2 == 1
    before = (marks.cumsum(0) - marks) % 2 == 1
    return after & before


def lone_marks_only(tokens):
    """You look for tokens that are nothing but a mark: a tokenizer fuses marks with spaces, commas
    and full stops."""
    return torch.tensor([token == '"' for token in tokens]).long().cumsum(0) % 2 == 1


def blanks_stripped_only(tokens):
    """You strip blanks and then look for tokens that are nothing but a mark: it may also be fused
    with a comma or a letter."""
    return torch.tensor([token.strip() == '"' for token in tokens]).long().cumsum(0) % 2 == 1


def one_turn_for_a_token(tokens):
    """You turn once for each token that has a mark: a token with two marks closes and opens, and
    leaves things as they were."""
    return torch.tensor(['"' in token for token in tokens]).long().cumsum(0) % 2 == 1


def everything_after_the_first_mark(tokens):
    """You call everything inside once there has been a mark: the second mark closes."""
    return _marks(tokens).cumsum(0) > 0


def labels_inverted(tokens):
    """Your labels are the wrong way around: True is inside."""
    return _marks(tokens).cumsum(0) % 2 == 0


def marks_themselves(tokens):
    """You label the tokens that hold a mark: the label is whether a quotation is open."""
    return _marks(tokens) > 0


def only_closed_quotations(tokens):
    """You take a quotation that is never closed for none: it is open to the end."""
    marks = _marks(tokens)
    labels = marks.cumsum(0) % 2 == 1
    if marks.sum() % 2 == 1:
        last = int((marks > 0).nonzero()[-1])
        labels[last:] = False
    return labels


def apostrophes_too(tokens):
    """You count the apostrophe as a quotation mark: only the straight double one counts."""
    marks = torch.tensor([token.count('"') + token.count("'") for token in tokens])
    return marks.cumsum(0) % 2 == 1


def mark_at_the_start_opens(tokens):
    """You let a mark at the beginning of a token open and one elsewhere close: which of the two it
    is only the number of marks before it says."""
    labels, state = [], False
    for token in tokens:
        if '"' in token:
            state = token.strip().startswith('"') and not state
        labels.append(state)
    return torch.tensor(labels)


def as_numbers(tokens):
    """You return 0 and 1: the labels are truth values, a Bool tensor."""
    return _marks(tokens).cumsum(0) % 2
