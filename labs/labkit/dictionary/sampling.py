"""The corpus of the dictionary: text that smollm2 samples itself, in shards that can be resumed.

No text of anyone else's is needed, so none has to be licensed or fetched. A shard is 256 texts of
128 tokens and follows from its number alone; a run that was stopped goes on with the shards that
are missing. Sampled at temperature 1 from the 64 likeliest tokens, in bfloat16: the same machine
samples the same text, another kind of processor may not.
"""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import torch
from jaxtyping import Int
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from labkit import fetch
from labkit.dictionary.decoder import Decoder
from labkit.dictionary.openings import opening
from labkit.errors import LabError

TEXTS, LENGTH, TOP = 256, 128, 64
SEED = 2026
"""Of the whole corpus; a shard's own seed is ``SEED * 10**6`` plus its number."""
LEAST_DISTINCT = 0.6
"""A text is kept when at least this share of its runs of four tokens occurs in it once only."""


def corpus_dir() -> Path:
    """Return the folder of the shards, in the cache of the course and outside the repository."""
    return fetch.cache_dir() / "dictionary" / "corpus"


def sample(shards: int, workers: int = 2, folder: Path | None = None) -> None:
    """Sample the shards ``0 .. shards - 1`` that are not there yet, one thread a worker.

    A shard takes about 35 s of one core (AMD EPYC with avx512_bf16).
    """
    folder = folder or corpus_dir()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [i for i in range(shards) if not shard_file(folder, i).exists()]
    model = fetch.smollm2()
    # A fresh process each: forked ones inherit torch's threads in an unknown state.
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (model,)) as pool:
        jobs = [pool.submit(_write_shard, folder, i) for i in missing]
        bar = tqdm(total=shards, initial=shards - len(missing), desc="sample", unit="shard")
        for job in as_completed(jobs):
            job.result()
            bar.update()
        bar.close()


def shard_file(folder: Path, number: int) -> Path:
    """Return the path of a shard."""
    return folder / f"tokens_{number:05d}.safetensors"


def corpus(folder: Path | None = None) -> Int[Tensor, "n s"]:
    """Return the texts of all shards there are, in order, those that loop left out.

    Raises:
        LabError: there are none.
    """
    files = sorted((folder or corpus_dir()).glob("tokens_*.safetensors"))
    if not files:
        raise LabError("no text was sampled yet: run `python -m labkit.dictionary sample` first.")
    tokens = torch.cat([load_file(file)["tokens"] for file in files]).long()
    return tokens[distinct(tokens) >= LEAST_DISTINCT]


def distinct(tokens: Int[Tensor, "n s"], width: int = 4) -> Tensor:
    """Return for each text the share of its runs of ``width`` tokens that occur once: [n]."""
    shares = []
    for row in tokens.tolist():
        runs = [tuple(row[i : i + width]) for i in range(len(row) - width + 1)]
        counts: dict[tuple[int, ...], int] = {}
        for run in runs:
            counts[run] = counts.get(run, 0) + 1
        shares.append(sum(counts[run] == 1 for run in runs) / len(runs))
    return torch.tensor(shares)


def draw_texts(
    decoder: Decoder, tokenizer: Tokenizer, seed: int, texts: int = TEXTS, length: int = LENGTH
) -> Int[Tensor, "n s"]:
    """Sample ``texts`` texts of ``length`` tokens, each from its own opening."""
    dice = random.Random(seed)
    starts = [
        tokenizer.encode(opening(dice), add_special_tokens=False).ids[: length // 2]
        for _ in range(texts)
    ]
    tokens = torch.full((texts, length), -1)
    for row, start in zip(tokens, starts, strict=True):
        row[: len(start)] = torch.tensor(start)
    chance = torch.Generator().manual_seed(seed)
    decoder.start(texts, length)
    for position in range(length - 1):
        logits = decoder.step(tokens[:, position])
        likeliest, ids = logits.topk(TOP)
        pick = torch.multinomial(likeliest.float().softmax(-1), 1, generator=chance)
        following = tokens[:, position + 1]  # -1 where the opening is over
        following.copy_(torch.where(following < 0, ids.gather(1, pick)[:, 0], following))
    return tokens


_decoder: Decoder
_tokenizer: Tokenizer


def _begin(model: Path) -> None:
    global _decoder, _tokenizer
    torch.set_num_threads(1)
    _decoder = Decoder(model)
    _tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))


def _write_shard(folder: Path, number: int) -> None:
    tokens = draw_texts(_decoder, _tokenizer, SEED * 10**6 + number)
    part = shard_file(folder, number).with_suffix(".part")
    save_file({"tokens": tokens.to(torch.int32)}, part)
    part.rename(shard_file(folder, number))
