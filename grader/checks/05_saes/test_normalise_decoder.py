"""Hidden checks for normalise_decoder: the same function, with rows of length 1."""

import torch
from torch import Tensor

from grader.assertions import close, items, tensor, unchanged

# The student may work in float32; a wrong axis or a forgotten factor misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}
D_IN, N = 5, 8


def _drawn(rng: torch.Generator) -> list[Tensor]:
    """W_enc, b_enc, W_dec; lengths of rows from 0.2 to 5, away from 1."""
    W_enc, W_dec = torch.randn(2, D_IN, N, generator=rng, dtype=torch.float64)
    W_dec = torch.nn.functional.normalize(W_dec.mT, dim=1)
    length = torch.linspace(-1.6, 1.6, N, dtype=torch.float64).exp()
    length = length[torch.randperm(N, generator=rng)]
    b_enc = torch.randn(N, generator=rng, dtype=torch.float64)
    return [W_enc.contiguous(), b_enc, W_dec * length[:, None]]


def _three(result: object) -> list[Tensor]:
    shapes = ((D_IN, N), (N,), (N, D_IN))
    names = ("W_enc", "b_enc", "W_dec")
    parts = items(result, 3, "what comes back")
    return [tensor(part, *rest) for part, *rest in zip(parts, shapes, names, strict=True)]


def test_rows_have_length_1_and_their_direction(student, rng):
    """Every row of the new decoder has length 1 and points where it pointed; the arguments are
    left as they are."""
    given = _drawn(rng)
    result, after = student.after("normalise_decoder", *given)
    W_dec = _three(result)[2]
    close(W_dec.norm(dim=1), torch.ones(N), **FLOAT32, because="the lengths of the rows")
    along = torch.nn.functional.cosine_similarity(W_dec, given[2])
    close(along, torch.ones(N), **FLOAT32, because="cosines with the rows of before")
    unchanged(after, tuple(given))


def test_the_function_is_the_same(student, rng):
    """The autoencoder computes what it computed: for every input, each latent writes the same
    vector as before, whether its bias opens it or shuts it."""
    W_enc, b_enc, W_dec = _drawn(rng)
    new_enc, new_bias, new_dec = _three(student.normalise_decoder(W_enc, b_enc, W_dec))
    x = torch.randn(12, D_IN, generator=rng, dtype=torch.float64)
    before = (x @ W_enc + b_enc).relu()[:, :, None] * W_dec
    after = (x @ new_enc + new_bias).relu()[:, :, None] * new_dec
    close(after, before, **FLOAT32, because="what each latent writes")


def test_encoder_and_bias_gain_what_the_row_loses(student, rng):
    """Each latent's encoder column and its bias grow by the length that its decoder row had."""
    W_enc, b_enc, W_dec = _drawn(rng)
    new_enc, new_bias, _ = _three(student.normalise_decoder(W_enc, b_enc, W_dec))
    length = torch.tensor([float(row @ row) ** 0.5 for row in W_dec], dtype=torch.float64)
    close(new_enc, W_enc * length, **FLOAT32, because="the encoder")
    close(new_bias, b_enc * length, **FLOAT32, because="the encoder's bias")


def test_once_is_enough(student, rng):
    """Normalising a second time changes nothing; a row of zeros has no direction, and its latent
    stays as it is, encoder included."""
    given = _drawn(rng)
    once = _three(student.normalise_decoder(*given))
    twice = _three(student.normalise_decoder(*once))
    for new, old, name in zip(twice, once, ("W_enc", "b_enc", "W_dec"), strict=True):
        close(new, old, **FLOAT32, because=f"{name}, the second time")
    place = int(torch.randint(N, (), generator=rng))
    given[2][place] = 0
    new_enc, new_bias, new_dec = _three(student.normalise_decoder(*given))
    close(new_dec[place], torch.zeros(D_IN), atol=0, rtol=0, because="a row of zeros")
    close(new_enc[:, place], given[0][:, place], **FLOAT32, because="the encoder of that row")
    close(new_bias[place], given[1][place], **FLOAT32, because="the bias of that row")
