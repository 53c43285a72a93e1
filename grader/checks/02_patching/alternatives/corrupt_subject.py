"""Other right ways to write corrupt_subject."""

import torch


def sample_by_sample(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """A loop over samples and positions, one generator for all of it; the population's spread."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    sigma = factor * W_E.flatten().std(correction=0)
    samples = []
    for _ in range(n_samples):
        sample = embeddings.clone()
        for pos in subject:
            fresh = torch.randn(embeddings.shape[1], generator=generator)
            sample[pos] = sample[pos] + sigma * fresh
        samples.append(sample)
    return torch.stack(samples)


def masked(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """Noise for every position, and a mask that lets the subject's through; in float32."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        noise = torch.randn(n_samples, *embeddings.shape)
    mask = torch.zeros(embeddings.shape[0], 1)
    mask[subject] = 1.0
    return embeddings[None] + factor * W_E.std().float() * noise * mask


def normal_around_the_embeddings(embeddings, subject, W_E, n_samples, seed, factor=3.0):
    """Draw from a normal distribution with the embeddings as its mean."""
    generator = torch.Generator().manual_seed(seed + 12345)
    mean = embeddings[subject].expand(n_samples, -1, -1)
    spread = torch.full_like(mean, float(factor * torch.std(W_E)))
    corrupted = torch.stack([embeddings] * n_samples)
    corrupted[:, subject, :] = torch.normal(mean, spread, generator=generator)
    return corrupted
