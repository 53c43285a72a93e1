"""Other right ways to write absorption_rate."""

import torch
from torch.nn import functional


def sample_by_sample(latents, W_dec, concept, present, main, min_cosine=0.1):
    """A loop over the samples that hold the concept."""
    direction = (concept / concept.norm()).tolist()
    rows = W_dec.tolist()
    along = [sum(a * b for a, b in zip(row, direction, strict=True)) for row in rows]
    length = [sum(a * a for a in row) ** 0.5 for row in rows]
    held = [z for z, here in zip(latents.tolist(), present.tolist(), strict=True) if here]
    absorbed = 0
    for z in held:
        if z[main] > 0:
            continue
        said = {j: z[j] * along[j] for j in range(len(z)) if j != main}
        most = max(said, key=said.get)
        absorbed += said[most] > 0 and along[most] / length[most] >= min_cosine
    return absorbed / len(held)  # ZeroDivisionError where there is none


def einsum_and_masks(latents, W_dec, concept, present, main, min_cosine=0.1):
    """Only the samples that count are kept; the written vectors are built and projected."""
    held = latents[present]
    if len(held) == 0:
        raise ValueError("no sample holds the concept")
    others = torch.ones(len(W_dec), dtype=torch.bool)
    others[main] = False
    unit = functional.normalize(concept, dim=0)
    written = torch.einsum("sl,ld,d->sl", held[:, others], W_dec[others], unit)
    value, index = written.max(dim=1)
    cosine = functional.cosine_similarity(W_dec[others], concept[None], dim=1)[index]
    return ((held[:, main] == 0) & (value > 0) & (cosine >= min_cosine)).float().mean()


def in_single_precision(latents, W_dec, concept, present, main, min_cosine=0.1):
    """float32, with the main latent's share set to minus infinity."""
    assert present.any(), "no sample holds the concept"
    W, c = W_dec.float(), concept.float()
    said = latents.float() * (W @ c)
    said[:, main] = float("-inf")
    best = said.argmax(1)
    speaks = said.gather(1, best[:, None])[:, 0] > 0
    points = (W @ c / W.norm(dim=1) / c.norm())[best] >= min_cosine
    absorbed = present & (latents[:, main] <= 0) & speaks & points
    return float(absorbed.sum()) / int(present.sum())
