"""Run commands one after the other in one process, which imports torch once: ``-m`` and its like.

Started by `test_commands` in a copy of the course, as
``python terminal.py commands.json results.json``; each command is {"words": [...], "parse_only":
bool}, and what came of it {"code": int, "said": str}. A command that says how Ctrl-C ends it is
ended so. With ``parse_only`` its own argument parser reads it, and nothing more.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import runpy
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PAUSE = 0.3  # seconds between "Ctrl-C stops it" and Ctrl-C


class _Screen(io.StringIO):
    """What a command prints; the first mention of Ctrl-C is taken at its word."""

    _pressed = False

    def write(self, text: str) -> int:
        """Keep the text."""
        if "Ctrl-C" in text and not self._pressed:
            self._pressed = True
            threading.Timer(_PAUSE, os.kill, (os.getpid(), signal.SIGINT)).start()
        return super().write(text)


class _Parsed(BaseException):
    """The parser has taken a command."""


@contextlib.contextmanager
def _only_parsed() -> Iterator[None]:
    """Stop each program where it has read its arguments."""
    genuine = argparse.ArgumentParser.parse_args

    def parse_args(self: Any, *arguments: Any, **named: Any) -> Any:
        genuine(self, *arguments, **named)
        raise _Parsed

    argparse.ArgumentParser.parse_args = parse_args  # type: ignore[method-assign]
    try:
        yield
    finally:
        argparse.ArgumentParser.parse_args = genuine  # type: ignore[method-assign]


def run(words: list[str], parse_only: bool) -> tuple[int, str]:
    """Run ``python -m module arguments``; return its exit code and what it said."""
    module, arguments = words[2], words[3:]
    screen, argv = _Screen(), sys.argv
    sys.argv = [module, *arguments]
    code: object = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(screen))
        stack.enter_context(contextlib.redirect_stderr(screen))
        stack.enter_context(warnings.catch_warnings())
        if parse_only:
            stack.enter_context(_only_parsed())
        try:
            if parse_only and not arguments:
                importlib.import_module(module)
            else:
                runpy.run_module(module, run_name="__main__", alter_sys=True)
        except _Parsed:
            code = 0
        except SystemExit as error:
            code = error.code
        except KeyboardInterrupt:
            code = 130
        except BaseException:
            traceback.print_exc()
            code = 1
        finally:
            sys.argv = argv
    said = screen.getvalue()
    if isinstance(code, str):
        code, said = 1, f"{said}{code}"
    return int(code or 0), said  # type: ignore[call-overload]


def _spent() -> float:
    """Processor time so far, of this process and those that it waited for."""
    return sum(os.times()[:4])


def main() -> None:
    """Run the commands of a file; write what came of each after it is done."""
    asked, answer = Path(sys.argv[1]), Path(sys.argv[2])
    sys.path[0] = os.getcwd()  # as -m does: the course's own grader, not this folder
    results: list[dict[str, Any]] = []
    for command in json.loads(asked.read_text()):
        for gone in command["remove"]:
            for path in sorted(Path().glob(f"{gone}/**/*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
        began = _spent()
        code, said = run(command["words"], command["parse_only"])
        seconds = _spent() - began
        results.append({"code": code, "said": said, "seconds": seconds})
        answer.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
