"""Wrong corruptions that students write."""

import torch


def _noise(embeddings, subject, n_samples, seed, draw=torch.randn, width=None):
    generator = torch.Generator().manual_seed(seed)
    shape = (n_samples, len(subject), width or embeddings.shape[-1])
    return draw(*shape, generator=generator, dtype=embeddings.dtype)


def _add(embeddings, subject, noise, n_samples):
    corrupted = embeddings.repeat(n_samples, 1, 1)
    corrupted[:, subject] += noise
    return corrupted


def all_tokens(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You put noise on every token: only the subject is to be drowned, the rest of the prompt
    still has to ask the question."""
    everywhere = list(range(len(embeddings)))
    noise = _noise(embeddings, everywhere, n_samples, seed)
    return _add(embeddings, everywhere, factor * W_E.std() * noise, n_samples)


def last_token_of_the_subject(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You corrupt the subject's last token only: the noise goes on all of its positions."""
    noise = _noise(embeddings, subject[-1:], n_samples, seed)
    return _add(embeddings, subject[-1:], factor * W_E.std() * noise, n_samples)


def whole_span(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You corrupt every position from the subject's first to its last: `subject` lists the
    positions, and they need not be neighbours."""
    span = list(range(subject[0], subject[-1] + 1))
    noise = _noise(embeddings, span, n_samples, seed)
    return _add(embeddings, span, factor * W_E.std() * noise, n_samples)


def replaced(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You put noise in the embeddings' place: it is added to them."""
    noise = factor * W_E.std() * _noise(embeddings, subject, n_samples, seed)
    corrupted = embeddings.repeat(n_samples, 1, 1)
    corrupted[:, subject] = noise
    return corrupted


def factor_left_out(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You leave the factor out: the noise is `factor` standard deviations large."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, W_E.std() * noise, n_samples)


def factor_always_three(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You write 3 and not `factor`: 3 is only its default."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, 3 * W_E.std() * noise, n_samples)


def unit_noise(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You leave the spread of W_E out: noise of size 1 means nothing until it is compared with
    the embeddings' own."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, factor * noise, n_samples)


def variance(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You multiply by the variance: the standard deviation is its root."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, factor * W_E.var() * noise, n_samples)


def spread_of_each_coordinate(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You take the standard deviation coordinate by coordinate (`dim=0`): it is one number, over
    all entries of W_E."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, factor * W_E.std(0) * noise, n_samples)


def spread_of_the_prompt(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You take the spread of this prompt's embeddings: it is that of the whole matrix W_E, the
    same for all prompts."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, factor * embeddings.std() * noise, n_samples)


def root_mean_square(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You take the root mean square of W_E: a standard deviation subtracts the mean first."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, factor * W_E.square().mean().sqrt() * noise, n_samples)


def length_of_an_embedding(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You take the mean length of an embedding for its spread: that is larger by about the root
    of d_model."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, factor * W_E.norm(dim=-1).mean() * noise, n_samples)


def one_noise_for_all_samples(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """All your samples have the same noise: they are there to average over different ones."""
    noise = _noise(embeddings, subject, 1, seed)
    return _add(embeddings, subject, factor * W_E.std() * noise, n_samples)


def one_noise_for_the_subject(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """All tokens of the subject get the same vector of noise: each has its own."""
    noise = _noise(embeddings, subject[:1], n_samples, seed)
    return _add(embeddings, subject, factor * W_E.std() * noise, n_samples)


def one_number_for_a_token(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You draw one number for a whole embedding: every coordinate has its own."""
    noise = _noise(embeddings, subject, n_samples, seed, width=1)
    return _add(embeddings, subject, factor * W_E.std() * noise, n_samples)


def uniform(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """Your noise is uniform (`torch.rand`), and never negative: `torch.randn` is the normal
    distribution."""
    noise = _noise(embeddings, subject, n_samples, seed, draw=torch.rand)
    return _add(embeddings, subject, factor * W_E.std() * noise, n_samples)


def multiplied(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You scale the noise by the embedding it is added to: its size is the same everywhere."""
    noise = _noise(embeddings, subject, n_samples, seed)
    return _add(embeddings, subject, factor * W_E.std() * noise * embeddings[subject], n_samples)


def seed_ignored(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You do not use the seed: every call draws fresh noise, and the runs of a trace could not be
    compared."""
    shape = (n_samples, len(subject), embeddings.shape[-1])
    noise = torch.randn(shape, dtype=embeddings.dtype)
    return _add(embeddings, subject, factor * W_E.std() * noise, n_samples)


def in_place(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """You write the noise into the embeddings you were given (`expand` makes no copy): work on a
    copy."""
    noise = _noise(embeddings, subject, n_samples, seed)
    copies = []
    for sample in range(n_samples):
        embeddings[subject] += factor * W_E.std() * noise[sample]
        copies.append(embeddings.clone())
    return torch.stack(copies)
