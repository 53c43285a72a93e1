"""Hidden checks for dictionary_matches: scikit-learn's AUROC, angles made by hand."""

import torch
from torch import Tensor

from grader.assertions import close, items, tensor, unchanged

FLOAT32 = {"atol": 2e-4, "rtol": 1e-3}


def _latents(rng: torch.Generator, n: int, k: int) -> Tensor:
    """Sparse activations of other sizes in each column, with many ties at 0 and some elsewhere."""
    z = torch.rand(n, k, generator=rng, dtype=torch.float64) * 10 ** (
        2 * torch.rand(k, generator=rng, dtype=torch.float64) - 1
    )
    z = z * (torch.rand(n, k, generator=rng) < 0.5)
    z[:, 0] = (4 * z[:, 0] / z[:, 0].max()).round()
    return z


def _labels(rng: torch.Generator, n: int) -> Tensor:
    return torch.randperm(n, generator=rng) < int(
        torch.randint(n // 3, n // 2 - 1, (), generator=rng)
    )


def _ask(
    student, z: Tensor, labels: Tensor, rows: Tensor, direction: Tensor
) -> tuple[Tensor, Tensor]:
    auroc, cosine = items(student.dictionary_matches(z, labels, rows, direction), 2, "the result")
    k = z.shape[1]
    return tensor(auroc, (k,), "the AUROC"), tensor(cosine, (k,), "the cosine")


def _rows(rng: torch.Generator, k: int, d: int) -> tuple[Tensor, Tensor]:
    return (
        torch.randn(k, d, generator=rng, dtype=torch.float64),
        torch.randn(d, generator=rng, dtype=torch.float64) * 3,
    )


def test_auroc(student, rng):
    """The AUROC of each latent is scikit-learn's, ties included, whatever the activations' sizes;
    what you are given is left as it is."""
    from sklearn.metrics import roc_auc_score

    n, k = 23, 7
    z, labels = _latents(rng, n, k), _labels(rng, n)
    rows, direction = _rows(rng, k, 5)
    result, after = student.after("dictionary_matches", z, labels, rows, direction)
    expected = [roc_auc_score(labels.numpy(), column.numpy()) for column in z.mT]
    close(items(result, 2, "the result")[0], torch.tensor(expected), **FLOAT32, because="the AUROC")
    unchanged(after, (z, labels, rows, direction))


def test_sides(student, rng):
    """A latent that is active on True texts alone has 1, on False texts alone 0; with the labels
    turned about all are mirrored at 1/2."""
    n, k = 19, 5
    labels = _labels(rng, n)
    z = 0.1 + torch.rand(n, k, generator=rng, dtype=torch.float64)
    z[:, 0], z[:, 1] = z[:, 0] * labels, z[:, 1] * ~labels
    rows, direction = _rows(rng, k, 6)
    auroc, _ = _ask(student, z, labels, rows, direction)
    close(auroc[:2], torch.tensor([1.0, 0.0]), **FLOAT32, because="the AUROC")
    turned, _ = _ask(student, z, ~labels, rows, direction)
    close(turned, 1 - auroc, **FLOAT32, because="the AUROC for the opposite labels")


def test_cosine(student, rng):
    """The cosine has its sign, and neither the rows' nor the direction's length matters."""
    n, d = 12, 6
    basis = torch.linalg.qr(torch.randn(d, d, generator=rng, dtype=torch.float64))[0]
    angles = torch.rand(8, generator=rng, dtype=torch.float64) * torch.pi
    angles[:2] = torch.tensor([0.0, torch.pi], dtype=torch.float64)
    sizes = 0.2 + 4 * torch.rand(8, 1, generator=rng, dtype=torch.float64)
    rows = sizes * (angles.cos()[:, None] * basis[0] + angles.sin()[:, None] * basis[1])
    z = 0.1 + torch.rand(n, 8, generator=rng, dtype=torch.float64)
    for length in (0.3, 5.0):
        _, cosine = _ask(student, z, _labels(rng, n), rows, length * basis[0])
        close(cosine, angles.cos(), **FLOAT32, because="the cosine")


def test_silent(student, rng):
    """A latent that is silent on all texts has AUROC 1/2 and cosine 0, however its row points; one
    that fires once is not silent, and a row of length 0 has cosine 0."""
    n, k, d = 14, 6, 5
    z, labels = _latents(rng, n, k), _labels(rng, n)
    rows, direction = _rows(rng, k, d)
    z[:, 2], rows[2] = 0.0, 2 * direction
    z[:, 3] = 0.0
    z[int(labels.nonzero()[0]), 3] = 0.5
    rows[3], rows[4] = 0.5 * direction, 0.0
    z[0, 4] = 1.0
    auroc, cosine = _ask(student, z, labels, rows, direction)
    close(auroc[2], 0.5, **FLOAT32, because="the AUROC of a silent latent")
    close(cosine[2:5], torch.tensor([0.0, 1.0, 0.0]), **FLOAT32, because="silent, once, no length")
    close(
        auroc[3],
        0.5 + 0.5 / float(labels.sum()),
        **FLOAT32,
        because="the AUROC of one that fires once",
    )


def test_many_latents(student, rng):
    """As many latents as a dictionary has, in float32: the same numbers as for each alone."""
    n, k, d = 40, 600, 9
    z, labels = _latents(rng, n, k).float(), _labels(rng, n)
    rows, direction = _rows(rng, k, d)
    auroc, cosine = _ask(student, z, labels, rows.float(), direction.float())
    some = torch.randperm(k, generator=rng)[:5]
    wins = z[labels][:, None, some] - z[~labels][None][:, :, some]
    alone = (wins > 0).double().mean((0, 1)) + (wins == 0).double().mean((0, 1)) / 2
    fires = (z[:, some] > 0).any(0)
    close(auroc[some], torch.where(fires, alone, 0.5), **FLOAT32, because="the AUROC")
    angle = torch.nn.functional.cosine_similarity(rows[some], direction[None], dim=1)
    close(cosine[some], torch.where(fires, angle, 0.0), **FLOAT32, because="the cosine")
