"""Wrong occlusion that students write."""

import torch


def _copies(tokens, replacement):
    return tokens.repeat(len(tokens), 1).fill_diagonal_(replacement)


def sign_reversed(f, tokens, replacement):
    """Your sign is reversed: f of the prompt minus f of the spoilt one, so that what helps is
    positive."""
    return f(_copies(tokens, replacement)) - f(tokens[None])


def spoilt_value_only(f, tokens, replacement):
    """You return f of the spoilt prompts: subtract it from f of the prompt as it is."""
    return f(_copies(tokens, replacement))


def only_this_token_kept(f, tokens, replacement):
    """You replace all tokens but one: replace one and keep the others."""
    copies = torch.full((len(tokens), len(tokens)), replacement)
    copies.diagonal().copy_(tokens)
    return f(tokens[None]) - f(copies)


def against_the_empty_prompt(f, tokens, replacement):
    """You add tokens one at a time to an empty prompt: take one at a time from the whole one."""
    empty = torch.full_like(tokens, replacement)
    copies = empty.repeat(len(tokens), 1)
    copies.diagonal().copy_(tokens)
    return f(copies) - f(empty[None])


def everything_up_to_here(f, tokens, replacement):
    """Your replacements pile up from position to position: start each from a fresh copy."""
    copies = torch.where(
        torch.ones(len(tokens), len(tokens)).tril().bool(), torch.tensor(replacement), tokens
    )
    return f(tokens[None]) - f(copies)


def token_zero(f, tokens, replacement):
    """You put token 0 there: the replacement is given."""
    return f(tokens[None]) - f(_copies(tokens, 0))


def removed_by_shifting(f, tokens, replacement):
    """You delete the token, so that the others move up: replace it where it stands."""
    rows = [
        torch.cat([tokens[:i], tokens[i + 1 :], torch.tensor([replacement])])
        for i in range(len(tokens))
    ]
    return f(tokens[None]) - f(torch.stack(rows))


def one_position_late(f, tokens, replacement):
    """Your map is one position off: entry i belongs to token i."""
    return (f(tokens[None]) - f(_copies(tokens, replacement))).roll(1)


def sizes_only(f, tokens, replacement):
    """You take absolute values: a token without which f is larger has a negative entry."""
    return (f(tokens[None]) - f(_copies(tokens, replacement))).abs()


def shares_of_the_answer(f, tokens, replacement):
    """You divide by f of the prompt: the difference itself is asked for."""
    whole = f(tokens[None])
    return (whole - f(_copies(tokens, replacement))) / whole


def normalised_to_one(f, tokens, replacement):
    """You scale the map so that it sums to 1: the differences themselves are asked for."""
    change = f(tokens[None]) - f(_copies(tokens, replacement))
    return change / change.sum()


def in_place(f, tokens, replacement):
    """You spoil the prompt you were given: work on a copy."""
    whole = f(tokens[None])
    changes = []
    for i in range(len(tokens)):
        kept = int(tokens[i])
        tokens[i] = replacement
        changes.append(whole - f(tokens[None]))
        tokens[i] = kept if i else replacement
    return torch.cat(changes)
