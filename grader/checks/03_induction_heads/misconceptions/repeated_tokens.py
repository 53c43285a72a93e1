"""Wrong repeated sequences that students make."""

import torch


def _draw(n, batch, vocab, seed, bos):
    generator = torch.Generator().manual_seed(seed)
    half = torch.randint(vocab - 1, (batch, n), generator=generator)
    return half + (half >= bos)


def _bos(batch, bos):
    return torch.full((batch, 1), bos)


def same_row_for_the_whole_batch(n, batch, vocab, seed, bos=0):
    """All rows of your batch hold the same tokens: draw [batch, n] tokens, not n."""
    half = _draw(n, 1, vocab, seed, bos).expand(batch, n)
    return torch.cat([_bos(batch, bos), half, half], 1)


def bos_before_each_half(n, batch, vocab, seed, bos=0):
    """You put BOS before the second half too: it opens the sequence and comes once."""
    half = _draw(n, batch, vocab, seed, bos)
    return torch.cat([_bos(batch, bos), half, _bos(batch, bos), half], 1)


def no_bos(n, batch, vocab, seed, bos=0):
    """You leave BOS out: it is the first token of every row."""
    half = _draw(n, batch, vocab, seed, bos)
    return torch.cat([half, half], 1)


def bos_at_the_end(n, batch, vocab, seed, bos=0):
    """Your BOS stands at the end: it opens the sequence."""
    half = _draw(n, batch, vocab, seed, bos)
    return torch.cat([half, half, _bos(batch, bos)], 1)


def bos_among_the_tokens(n, batch, vocab, seed, bos=0):
    """You draw BOS as a random token, too: it belongs at position 0 and nowhere else."""
    half = torch.randint(vocab, (batch, n), generator=torch.Generator().manual_seed(seed))
    return torch.cat([_bos(batch, bos), half, half], 1)


def bos_taken_to_be_0(n, batch, vocab, seed, bos=0):
    """You draw from 1 upwards: that leaves out token 0 whatever `bos` is."""
    half = torch.randint(1, vocab, (batch, n), generator=torch.Generator().manual_seed(seed))
    return torch.cat([_bos(batch, bos), half, half], 1)


def bos_replaced_by_its_neighbour(n, batch, vocab, seed, bos=0):
    """You turn each BOS that you draw into the next token: that token then comes twice as
    often."""
    half = torch.randint(vocab, (batch, n), generator=torch.Generator().manual_seed(seed))
    half = torch.where(half == bos, (half + 1) % vocab, half)
    return torch.cat([_bos(batch, bos), half, half], 1)


def zeros_for_bos(n, batch, vocab, seed, bos=0):
    """You write 0 at position 0: BOS is the token that `bos` says."""
    half = _draw(n, batch, vocab, seed, bos)
    return torch.cat([_bos(batch, 0), half, half], 1)


def last_token_never_drawn(n, batch, vocab, seed, bos=0):
    """You never draw the last token of the vocabulary: the upper end of `torch.randint` is
    excluded already."""
    half = _draw(n, batch, vocab - 1, seed, bos)
    return torch.cat([_bos(batch, bos), half, half], 1)


def second_half_drawn_afresh(n, batch, vocab, seed, bos=0):
    """Your second half is drawn anew: it has to repeat the first."""
    both = _draw(2 * n, batch, vocab, seed, bos)
    return torch.cat([_bos(batch, bos), both], 1)


def each_token_twice_in_a_row(n, batch, vocab, seed, bos=0):
    """You repeat each token on the spot, a a b b: the whole half has to come again, a b a b."""
    half = _draw(n, batch, vocab, seed, bos)
    return torch.cat([_bos(batch, bos), half.repeat_interleave(2, 1)], 1)


def second_half_backwards(n, batch, vocab, seed, bos=0):
    """Your second half runs backwards: it has to repeat the first in the same order."""
    half = _draw(n, batch, vocab, seed, bos)
    return torch.cat([_bos(batch, bos), half, half.flip(1)], 1)


def second_half_shuffled(n, batch, vocab, seed, bos=0):
    """Your second half has the tokens of the first in another order."""
    half = _draw(n, batch, vocab, seed, bos)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return torch.cat([_bos(batch, bos), half, half[:, order]], 1)


def seed_ignored(n, batch, vocab, seed, bos=0):
    """You do not use `seed`: every call draws the same tokens."""
    half = _draw(n, batch, vocab, 0, bos)
    return torch.cat([_bos(batch, bos), half, half], 1)


def tokens_that_run_up(n, batch, vocab, seed, bos=0):
    """Your tokens run up by one from a random start: draw each of them independently."""
    start = _draw(1, batch, vocab, seed, bos)
    half = (start + torch.arange(n)) % (vocab - 1)
    half = half + (half >= bos)
    return torch.cat([_bos(batch, bos), half, half], 1)


def halves_of_n_over_two(n, batch, vocab, seed, bos=0):
    """Your halves have n / 2 tokens: n is the length of one half."""
    half = _draw(n // 2, batch, vocab, seed, bos)
    return torch.cat([_bos(batch, bos), half, half], 1)
