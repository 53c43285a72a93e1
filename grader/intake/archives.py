"""Unpack a zip of submissions: notebooks in full, of nearly anything else the name.

Whatever is wrong with one file in it is that file's reason, never another's problem.
"""

from __future__ import annotations

import errno
import lzma
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from grader.errors import UserError

MAX_UNPACKED = 4 << 30
MAX_MEMBER = 256 << 20
MAX_INNER = 64 << 20  # what a student's own zip may unpack to
MAX_ENTRIES = 2_000  # and how many files may be in it
_NOTEBOOK, _ZIP = ".ipynb", ".zip"
_METADATA = ("submission_metadata.yml", "timestamp.txt")  # Gradescope's, nbgrader's
_OUR_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE)
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)


def unpacked(archive: Path, scratch: Path) -> dict[Path, str]:
    """Unpack into ``scratch``; return why single notebooks could not be, by their path."""
    return _all(archive, scratch, _NOTEBOOK)


def zips_unpacked(archive: Path, scratch: Path) -> dict[Path, str]:
    """Give the zips in an archive that `unpacked` has unpacked their content, like it."""
    return _all(archive, scratch, _ZIP)


def _all(archive: Path, scratch: Path, suffix: str) -> dict[Path, str]:
    damaged = {}
    try:
        with zipfile.ZipFile(archive) as bundle:
            if sum(m.file_size for m in bundle.infolist()) > MAX_UNPACKED:
                raise UserError(f"{archive} unpacks to more than {MAX_UNPACKED >> 30} GB")
            for member in bundle.infolist():
                path = PurePosixPath(member.filename.replace("\\", "/"))
                is_link = stat.S_ISLNK(member.external_attr >> 16)
                if path.is_absolute() or ".." in path.parts or "__MACOSX" in path.parts or is_link:
                    continue
                target = scratch.joinpath(*path.parts)
                if suffix == _ZIP and target.suffix.lower() != _ZIP:
                    continue
                if problem := _unpack(bundle, member, target, suffix):
                    damaged[target] = f"{path.name} cannot be taken out of the zip: {problem}"
    except (*_DAMAGE, OSError) as error:
        raise UserError(f"{archive} is not a zip file that can be read: {error}") from error
    return damaged


def inner(archive: Path, scratch: Path) -> list[Path]:
    """Unpack a zip that one student handed in; return the notebooks in it, sorted.

    Raises:
        UserError: it is no zip, damaged, or too large; the text is the reason, for its student.
    """
    try:
        with zipfile.ZipFile(archive) as bundle:
            sizes = [member.file_size for member in bundle.infolist()]
    except (*_DAMAGE, OSError) as error:
        raise UserError(f"{archive.name} is not a zip file that can be read: {error}") from error
    if len(sizes) > MAX_ENTRIES or sum(sizes) > MAX_INNER:
        raise UserError(
            f"{archive.name} holds more than {MAX_ENTRIES} files or {MAX_INNER >> 20} MB: hand in "
            "the notebook alone, its outputs cleared"
        )
    scratch.mkdir(parents=True)
    damaged = unpacked(archive, scratch)
    if damaged:
        raise UserError(next(iter(damaged.values())))
    return [
        path
        for path in sorted(scratch.rglob("*"))
        if path.suffix.lower() == ".ipynb"
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(scratch).parts)
    ]


def _unpack(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, suffix: str) -> str:
    """Unpack one member: bytes of what has this suffix, of others the name. Say what failed.

    Raises:
        OSError: it is this machine's doing, not the zip's.
    """
    try:
        folder = target if member.is_dir() else target.parent
        folder.mkdir(parents=True, exist_ok=True)
        if member.is_dir():
            return ""
        if target.suffix.lower() != suffix and target.name not in _METADATA:
            target.touch()  # its name may be a reason
            return ""
        with target.open("wb") as writer, bundle.open(member) as reader:
            left = MAX_MEMBER
            while chunk := reader.read(min(1 << 20, left)):
                writer.write(chunk)
                left -= len(chunk)
    except OSError as error:
        if error.errno in _OUR_TROUBLE:
            raise
        return str(error)
    except _DAMAGE as error:
        return str(error) or type(error).__name__
    return ""
