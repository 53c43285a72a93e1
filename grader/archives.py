"""Unpack a zip of submissions: notebooks in full, of anything else the name.

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
_OUR_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE)
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)


def unpacked(archive: Path, scratch: Path) -> dict[Path, str]:
    """Unpack into ``scratch``; return why single notebooks could not be, by their path."""
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
                if problem := _unpack(bundle, member, target):
                    damaged[target] = f"{path.name} cannot be taken out of the zip: {problem}"
    except (*_DAMAGE, OSError) as error:
        raise UserError(f"{archive} is not a zip file that can be read: {error}") from error
    return damaged


def _unpack(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Unpack one member: a notebook's bytes, of anything else the name. Say what failed.

    Raises:
        OSError: it is this machine's doing, not the zip's.
    """
    try:
        folder = target if member.is_dir() else target.parent
        folder.mkdir(parents=True, exist_ok=True)
        if member.is_dir():
            return ""
        if target.suffix.lower() != ".ipynb":
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
