"""What a worker may read: the interpreter, its packages and labkit."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path

_OF_THE_SYSTEM = ("/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")


def readable() -> list[Path]:
    """List files and folders, by the names that Python knows and by those behind any links."""
    paths = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_exec_prefix)}
    paths.update(Path(p) for p in sysconfig.get_paths().values())
    paths.update(map(Path, _OF_THE_SYSTEM))
    package = importlib.util.find_spec("labkit")
    assert package is not None and package.submodule_search_locations is not None
    paths.update(Path(p) for p in package.submodule_search_locations)
    named = {path.absolute() for path in paths if not path.is_symlink()}
    return sorted(named | {path.resolve() for path in paths})
