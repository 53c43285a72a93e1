"""Wrong control labels that students write."""

import torch


def _generator(seed):
    return torch.Generator().manual_seed(seed)


def a_coin_for_each_occurrence(token_ids, share, vocab, seed):
    """You throw a coin for each occurrence: nobody could learn these labels. One coin for each
    token type, wherever it occurs."""
    return torch.rand(len(token_ids), generator=_generator(seed)) < share


def coins_for_what_occurs(token_ids, share, vocab, seed):
    """You throw coins for the types in the list, in order: in another list the same token gets
    another coin, so training and test would not agree. Throw for the whole vocabulary."""
    types, number = token_ids.unique(return_inverse=True)
    return (torch.rand(len(types), generator=_generator(seed)) < share)[number]


def coins_at_first_sight(token_ids, share, vocab, seed):
    """You throw when a token first occurs: its label depends on the order of the list. Throw for
    the whole vocabulary first."""
    generator, coins, labels = _generator(seed), {}, []
    for token in token_ids.tolist():
        if token not in coins:
            coins[token] = torch.rand(1, generator=generator).item() < share
        labels.append(coins[token])
    return torch.tensor(labels)


def fair_coins(token_ids, share, vocab, seed):
    """Your coins are fair: True should come with the given share, or the control task has another
    base rate than the real one."""
    return (torch.rand(vocab, generator=_generator(seed)) < 0.5)[token_ids]


def share_of_false(token_ids, share, vocab, seed):
    """Your share is that of False: it is the chance of True."""
    return (torch.rand(vocab, generator=_generator(seed)) > share)[token_ids]


def normal_numbers(token_ids, share, vocab, seed):
    """You compare normal numbers with the share: half of those are below 0. Take uniform ones."""
    return (torch.randn(vocab, generator=_generator(seed)) < share)[token_ids]


def odd_ids(token_ids, share, vocab, seed):
    """You label by whether the id is odd: that is not random, and the seed does nothing."""
    return token_ids % 2 == 1


def first_ids_of_the_vocabulary(token_ids, share, vocab, seed):
    """You call the first ids of the vocabulary True: frequent tokens have small ids. Throw
    coins."""
    return token_ids < share * vocab


def arithmetic_instead_of_chance(token_ids, share, vocab, seed):
    """You make the labels from id and seed by arithmetic: neighbouring ids, and seeds, stay
    related. Throw coins."""
    return (token_ids + seed) % 100 < 100 * share


def seed_left_out(token_ids, share, vocab, seed):
    """You do not use the seed: the labels are always the same."""
    return (torch.rand(vocab, generator=_generator(0)) < share)[token_ids]


def global_random_state(token_ids, share, vocab, seed):
    """You use PyTorch's global random numbers: a second call gives other labels. Make a generator
    with the seed."""
    return (torch.rand(vocab) < share)[token_ids]


def as_numbers(token_ids, share, vocab, seed):
    """You return 0 and 1: the labels are truth values, a Bool tensor."""
    return (torch.rand(vocab, generator=_generator(seed)) < share)[token_ids].long()


def the_whole_table(token_ids, share, vocab, seed):
    """You return the table of the vocabulary: look up the tokens of the list in it."""
    return torch.rand(vocab, generator=_generator(seed)) < share
