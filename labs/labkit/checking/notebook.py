"""The notebook around a check: its cells so far, how to show a block in it, names that are missing.

Outside IPython there are no cells and a block is printed as text; everything else is the same.
"""

from __future__ import annotations

import contextlib
import re
import symtable
import sys
from collections.abc import Collection, Iterator, Sequence
from types import TracebackType
from typing import Any

from labkit.cells import read
from labkit.checking.block import Block
from labkit.leaning import survivors

_CHECK_CELL = re.compile(r"^with\s+check\s*\(", re.MULTILINE)


def cells() -> list[str]:
    """Return the source of every cell run so far, in order; item i is cell ``[i + 1]``."""
    shell = _shell()
    history = getattr(getattr(shell, "history_manager", None), "input_hist_raw", None)
    return [str(source) for source in history[1:]] if history else []


def leanings(name: str, sources: Sequence[str], keep: Collection[str]) -> dict[str, int]:
    """Return the notebook variables that a function uses and that grading will not have.

    Args:
        name: the function or class; what it calls in the notebook is followed.
        sources: the cells of the notebook, in the order they were run.
        keep: names that grading always has, the exercises' own.

    Returns:
        For each variable the number of the last cell that makes it, counted from 1.
    """
    sorted_out = survivors(sources, keep)
    if not sorted_out.left_out:
        return {}
    definitions: dict[str, set[str]] = {}
    for statement in sorted_out.kept:
        table = symtable.symtable(statement.source, "cell", "exec")
        uses = set(_globals_used(table))
        for symbol in table.get_symbols():
            if symbol.is_assigned() or symbol.is_imported():
                definitions[symbol.get_name()] = uses
    found, seen, waiting = {}, {name}, [name]
    while waiting:
        for used in sorted(definitions.get(waiting.pop(), ())):
            if used in sorted_out.left_out:
                found[used] = _last_maker(used, sources, sorted_out.left_out[used])
            elif used not in seen:
                seen.add(used)
                waiting.append(used)
    return found


def show(block: Block) -> None:
    """Display a block in a notebook, or print it elsewhere."""
    if _shell() is not None:
        from IPython.display import display

        display(block)
        return
    text = repr(block)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def watch() -> None:
    """From now on, answer a cell that needs what is not there yet with a block, not a traceback.

    ``with check(logit_lens)`` fails before `check` is called when the cell above was not run, and
    an experiment fails on an exercise that is not written: only the notebook's own handler of
    exceptions sees that. Other exceptions show as ever.
    """
    shell = _shell()
    if shell is not None and not shell.custom_exceptions:  # somebody else's handler stays in place
        shell.set_custom_exc((NameError, NotImplementedError), _not_there)


def missing(name: str) -> str:
    """Say what to do about a name that the kernel does not know."""
    return (
        f"`{name}` is not defined: run the cell that defines it. After a restart of the kernel, "
        "run all cells above (Run > Run All Above Selected Cell)."
    )


def _not_there(
    shell: Any,
    kind: type[Exception],
    error: Exception,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    """IPython's handler: a block for what is not there yet, else the usual traceback."""
    block = _needed(shell, error, trace)
    if block is None:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    else:
        show(block)


def _needed(shell: Any, error: Exception, trace: TracebackType) -> Block | None:
    """Say what a cell lacks; None when that is not what happened."""
    last = trace
    while last.tb_next is not None:
        last = last.tb_next
    frame = last.tb_frame
    in_cell = frame.f_globals is shell.user_ns and frame.f_code.co_name == "<module>"
    if isinstance(error, NameError) and error.name and in_cell:
        if _CHECK_CELL.search("".join(cells()[-1:])):
            return Block("blocked", error.name, sentence=missing(error.name))
        if maker := _maker(error.name, cells()[:-1]):
            sentence = f"Cell [{maker}], which makes it, ended early: first make that one work."
            return Block("needed", error.name, sentence=sentence)
    if isinstance(error, NotImplementedError) and frame.f_globals is shell.user_ns and not in_cell:
        owner = frame.f_code.co_qualname.split(".")[0]
        sentence = "It is not written yet: do its exercise first, then run this cell again."
        return Block("needed", owner, sentence=sentence)
    return None


def _maker(name: str, sources: Sequence[str]) -> int:
    """The number of the last cell that would make a variable; 0 when there is none."""
    for number in range(len(sources), 0, -1):
        with contextlib.suppress(Exception):  # no Python
            if any(name in statement.names for statement in read(sources[number - 1])):
                return number
    return 0


def _globals_used(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the module-level names that a piece of code reads, in whatever scope it reads them."""
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _globals_used(inner)


def _last_maker(name: str, sources: Sequence[str], first: int) -> int:
    """The number of the last cell that makes a variable: the one a student still sees."""
    for number in range(len(sources), first, -1):
        source = sources[number - 1]
        if name in source and name in survivors([source]).left_out:
            return number
    return first


def _shell() -> Any:
    """The running IPython, or None; IPython is not imported for it."""
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()
