"""Wrong ranks that students write."""

import torch


def _own(logits, answer, pos=-1):
    last = logits[:, :, pos]
    index = answer[None, :, None].expand(len(last), -1, 1)
    return last, last.gather(-1, index)


def ascending(logits, answer):
    """You count the tokens below the answer: rank 0 is the top token, so count those above."""
    last, own = _own(logits, answer)
    return (last < own).sum(-1)


def one_based(logits, answer):
    """Your ranks start at 1: the top token has rank 0, no token is above it."""
    last, own = _own(logits, answer)
    return (last > own).sum(-1) + 1


def counts_itself(logits, answer):
    """You count with `>=`, so every token counts itself and its ties: use `>`."""
    last, own = _own(logits, answer)
    return (last >= own).sum(-1)


def ties_count_against_it(logits, answer):
    """You count tokens that tie with the answer as above it: only strictly larger ones are."""
    last, own = _own(logits, answer)
    return (last >= own).sum(-1) - 1


def ties_by_sorting_order(logits, answer):
    """You sort and look up the place: among equal logits that place is arbitrary. Count the
    strictly larger logits."""
    order = logits[:, :, -1].argsort(dim=-1, descending=True, stable=True)
    return (order == answer[None, :, None]).int().argmax(-1)


def distinct_values_above(logits, answer):
    """You count different values above the answer's: two tokens that tie above it are two."""
    last, own = _own(logits, answer)
    ranks = torch.empty(own.shape[:2], dtype=torch.int64)
    for layer in range(len(last)):
        for batch in range(last.shape[1]):
            values = last[layer, batch].unique()
            ranks[layer, batch] = (values > own[layer, batch]).sum()
    return ranks


def token_at_that_rank(logits, answer):
    """`argsort(...)[answer]` is the token that stands at rank `answer`: you want the opposite,
    the place at which the answer stands."""
    order = logits[:, :, -1].argsort(dim=-1, descending=True)
    return order.gather(-1, answer[None, :, None].expand(len(order), -1, 1))[..., 0]


def position_minus_two(logits, answer):
    """You read the position before the last: the model's answer is what it says at the last
    position, -1."""
    last, own = _own(logits, answer, pos=-2 if logits.shape[2] > 1 else -1)
    return (last > own).sum(-1)


def first_position(logits, answer):
    """You read position 0: the model's answer is what it says at the last position."""
    last, own = _own(logits, answer, pos=0)
    return (last > own).sum(-1)


def over_all_positions(logits, answer):
    """You count over all positions together: only the last one's logits belong in the count."""
    _, own = _own(logits, answer)
    return (logits > own[:, :, None]).sum((-1, -2))


def first_answer_for_all(logits, answer):
    """You use the first prompt's answer for the whole batch: each prompt has its own."""
    last, own = _own(logits, answer[:1].expand_as(answer))
    return (last > own).sum(-1)


def by_size(logits, answer):
    """You compare absolute values: a large negative logit is a low one."""
    last, own = _own(logits.abs(), answer)
    return (last > own).sum(-1)


def threshold_of_the_first_layer(logits, answer):
    """You compare every layer with the answer's logit in the first layer: each layer has its
    own."""
    last, own = _own(logits, answer)
    return (last > own[:1]).sum(-1)


def sorts_in_place(logits, answer):
    """You sort the logits you were given in place: the caller's tensor is scrambled. Use
    `sort`, which returns a new tensor, or count."""
    last, own = _own(logits, answer)
    own = own.clone()
    last.copy_(last.sort(dim=-1, descending=True).values)
    return (last > own).sum(-1)
