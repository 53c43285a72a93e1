"""The dictionary that the course trained on smollm2 and ships, in SAELens' own format.

    sae = dictionary.load()            # a sae_lens.SAE: takes seconds to import
    latents = dictionary.encode(x)     # the same numbers from the bare weights, without sae_lens
    dictionary.texts()                 # text that it never saw in training

A TopK sparse autoencoder of the residual stream at `HOOK`, which is the stream after `LAYER` blocks
as `labkit.probing` counts them. What it was trained on, how good it is and where it is wrong:
`README.md` beside this file. ``python -m labkit.dictionary`` makes it again, step by step:

    openings, decoder, sampling   smollm2 writes the text
    layers                        which layer is read best
    activations                   the stream at that layer
    gradients, training           the fit, and the ReLU baseline's
    shipping                      SAELens' format, and the text held out
    measuring                     L0, FVU, loss recovered, dead share
"""

from labkit.dictionary.shipped import (
    HOOK,
    LAYER,
    K,
    encode,
    figures,
    folder,
    load,
    ordinary,
    texts,
    tokens,
    weights,
)

__all__ = [
    "HOOK",
    "LAYER",
    "K",
    "encode",
    "figures",
    "folder",
    "load",
    "ordinary",
    "texts",
    "tokens",
    "weights",
]
