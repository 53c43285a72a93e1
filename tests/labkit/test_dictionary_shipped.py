"""The dictionary that ships: complete, offline, small, and as good as its card says."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from labkit import dictionary
from labkit.dictionary import shipped
from labkit.dictionary.gradients import Parameters
from labkit.dictionary.measuring import Autoencoder, fidelity, held_out_stream
from labkit.dictionary.shipping import save, save_held_out
from labkit.errors import LabError
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

MOST = 40 * 2**20
FVU = 0.35
"""The bound on 20 texts; `python -m labkit.dictionary figures` prints the figure on 100."""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def acts(smollm2: TransformerBridge) -> Tensor:
    """The stream of 20 held-out texts, half of each, sinks left out: about [1260, 576]."""
    return held_out_stream(smollm2, dictionary.tokens()[-20:, :64], dictionary.LAYER)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as sae_lens is imported
@pytest.mark.usefixtures("offline")
def test_it_loads_with_sae_lens_and_agrees_with_the_bare_weights(acts: Tensor) -> None:
    from sae_lens import SAE

    sae = dictionary.load()
    assert sae.cfg.architecture() == "topk" and sae.cfg.k == dictionary.K
    assert sae.cfg.metadata.hook_name == dictionary.HOOK
    assert all(part.dtype == torch.float32 for part in sae.parameters())
    assert not sae.training and not any(part.requires_grad for part in sae.parameters())
    parts = dictionary.weights()
    for name, part in parts.items():
        assert torch.equal(getattr(sae, name), part)
    with torch.no_grad():
        theirs = sae.encode(acts)
        ours = dictionary.encode(acts)
        # Two orders of float32 sums; a near tie for the last place may go either way.
        agree = torch.isclose(ours, theirs, rtol=1e-4, atol=1e-2).all(dim=1)
        assert agree.float().mean() > 0.995
        rebuilt = ours @ parts["W_dec"] + parts["b_dec"]
        torch.testing.assert_close(sae.decode(ours), rebuilt, rtol=1e-4, atol=1e-2)
    again = SAE.load_from_disk(dictionary.folder())
    assert again.dtype == torch.float32, "stored in 16 bits, computed in 32 without being asked"


def test_its_figures_hold_on_held_out_text(acts: Tensor) -> None:
    parts = dictionary.weights()
    coder = Autoencoder("shipped", dictionary.encode, parts["W_dec"], parts["b_dec"])
    found = fidelity(coder, acts)
    assert found.l0 == pytest.approx(dictionary.K, abs=0.05), "k, but where fewer are above 0"
    assert found.fvu < FVU


def test_it_is_small_and_its_decoder_rows_are_directions() -> None:
    package = Path(shipped.__file__).parent
    assert sum(file.stat().st_size for file in package.rglob("*") if file.is_file()) < MOST
    parts = dictionary.weights()
    d_model, latents = parts["W_enc"].shape
    assert parts["W_dec"].shape == (latents, d_model) == (8192, 576)
    assert parts["b_enc"].shape == (latents,) and parts["b_dec"].shape == (d_model,)
    norms = parts["W_dec"].norm(dim=1)
    torch.testing.assert_close(norms, torch.ones(latents), rtol=0, atol=2e-3)  # float16
    parts["W_dec"].zero_()
    assert dictionary.weights()["W_dec"].any(), "a copy was handed out"


def test_texts_are_the_tokens(smollm2: TransformerBridge) -> None:
    tokens, texts = dictionary.tokens(), dictionary.texts()
    assert len(tokens) == len(texts) and 100_000 <= tokens.numel() <= 130_000
    for number in range(0, len(texts), 40):
        assert torch.equal(smollm2.to_tokens(texts[number])[0], tokens[number])
    tokens.zero_()
    assert dictionary.tokens().any(), "a copy was handed out"


def test_every_figure_names_its_command() -> None:
    stored = dictionary.figures()
    assert {"dictionary", "topk_short", "relu_short"} <= set(stored)
    for run in stored.values():
        assert run["command"].startswith("python -m labkit.dictionary ")
        assert run["plan"]["latents"] == 8192 and run["tokens"] > 100_000
    short = [stored[name] for name in ("topk_short", "relu_short")]
    assert short[0]["tokens"] == short[1]["tokens"] and short[0]["steps"] == short[1]["steps"]
    # A penalty that is steered on training text meets held-out text with a little more or less.
    assert short[1]["held_out"]["l0"] == pytest.approx(dictionary.K, rel=0.1)


def test_encode_keeps_the_largest_and_nothing_below_0() -> None:
    generator = torch.Generator().manual_seed(0)
    decoder = functional.normalize(torch.randn(50, 8, generator=generator), dim=1)
    parts = {
        "W_enc": decoder.T, "b_enc": torch.randn(50, generator=generator),
        "W_dec": decoder, "b_dec": torch.randn(8, generator=generator),
    }  # fmt: skip
    x = torch.randn(3, 5, 8, generator=generator)
    latents = dictionary.encode(x, parts, k=6)
    pre = (x - parts["b_dec"]) @ parts["W_enc"] + parts["b_enc"]
    assert latents.shape == (3, 5, 50) and ((latents > 0).sum(dim=-1) <= 6).all()
    cut = pre.topk(6, dim=-1).values[..., -1:]
    torch.testing.assert_close(latents, torch.where(pre >= cut, pre, 0.0).relu())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("offline")
def test_what_is_saved_is_what_loads(tmp_path: Path) -> None:
    from sae_lens import SAE

    generator = torch.Generator().manual_seed(0)
    p = Parameters(*(torch.randn(size, generator=generator) for size in ((9, 4), 9, (9, 4), 4)))
    save(p, tmp_path, k=2, layer=5)
    sae = SAE.load_from_disk(tmp_path)
    torch.testing.assert_close(sae.W_enc.T, p.encoder, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(sae.b_dec, p.b_dec, rtol=1e-3, atol=1e-3)
    assert sae.cfg.k == 2 and sae.cfg.metadata.hook_name == "blocks.4.hook_resid_post"
    with torch.no_grad():
        assert (sae.encode(torch.randn(7, 4)) > 0).sum(dim=1).max() <= 2
    tokens = torch.arange(256).view(2, 128) + 49_000
    for name in ("a.gz", "b.gz"):
        save_held_out(tokens, tmp_path / name)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_without_its_weights_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    with pytest.raises(LabError, match="install the course again"):
        dictionary.load()
