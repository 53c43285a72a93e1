"""The corpus: the fast decoder is the model, shards repeat themselves, loops are left out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from labkit import data, fetch
from labkit.dictionary import sampling
from labkit.dictionary.decoder import Decoder
from labkit.dictionary.openings import SHARES, opening
from labkit.errors import LabError
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformer_lens.model_bridge import TransformerBridge


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(fetch.smollm2(), torch.float32)


def test_the_decoder_computes_what_the_model_computes(
    smollm2: TransformerBridge, decoder: Decoder
) -> None:
    texts = [data.EIFFEL.text, "The capital of France is Paris, and the capital of Italy is Rome"]
    rows = [smollm2.to_tokens(text)[0] for text in texts]
    length = min(map(len, rows))
    tokens = torch.stack([row[:length] for row in rows])
    decoder.start(2, length + 3)  # more room than needed: what is empty is masked
    steps = torch.stack([decoder.step(tokens[:, place]) for place in range(length)], dim=1)
    with torch.no_grad():
        truth = smollm2(tokens)
    # Two orders of float32 sums in 30 layers; logits are about 20.
    torch.testing.assert_close(steps, truth, rtol=0, atol=5e-3)


def test_a_text_goes_on_from_its_opening_and_follows_from_its_seed(decoder: Decoder) -> None:
    tokenizer = Tokenizer.from_file(str(fetch.smollm2() / "tokenizer.json"))
    first, again, other = (
        sampling.draw_texts(decoder, tokenizer, seed, texts=2, length=6) for seed in (4, 4, 5)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.shape == (2, 6) and first.min() >= 0
    draw = random.Random(4)
    for row in first:
        start = tokenizer.encode(opening(draw), add_special_tokens=False).ids[:3]
        assert row[: len(start)].tolist() == start


def test_openings_are_many_and_filled() -> None:
    draw = random.Random(0)
    drawn = [opening(draw) for _ in range(2000)]
    assert len(set(drawn)) > 1200
    for text in drawn:
        assert text and not text.startswith(" ") and "{t}" not in text and "{T}" not in text
    chats = sum(text.startswith("<|im_start|>user\n") for text in drawn) / len(drawn)
    assert chats == pytest.approx((SHARES["request"] + SHARES["chat"]) / 100, abs=0.03)
    assert sum('"' in text for text in drawn) > 100, "dialogue, for the feature of lab 04"


def test_texts_that_loop_are_told_apart() -> None:
    varied = torch.arange(128)
    looping = torch.arange(4).repeat(32)
    half = torch.cat([torch.arange(100, 164), torch.arange(4).repeat(16)])
    shares = sampling.distinct(torch.stack([varied, looping, half]))
    assert shares[0] == 1 and shares[1] == 0 and 0.4 < shares[2] < 0.6


def test_the_corpus_is_read_from_its_shards(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"labkit\.dictionary sample"):
        sampling.corpus(tmp_path)
    for number in (1, 0):
        tokens = torch.stack([torch.arange(128), torch.zeros(128)]).int() + number
        save_file({"tokens": tokens}, sampling.shard_file(tmp_path, number))
    assert sampling.corpus(tmp_path)[:, 0].tolist() == [0, 1], "in order, without the loops"
