"""`check`: one visible check, from the student's function to the block they read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn

import torch
from torch import Tensor

from labkit.checking import mistakes, notebook, returned
from labkit.checking.arguments import Arguments, Change
from labkit.checking.block import Block, Status
from labkit.checking.compare import mismatch
from labkit.checking.fingerprints import Print, fingerprint
from labkit.checking.outcomes import Desk, Outcome
from labkit.checking.subject import Subject, named

_hooks: list[Callable[[Print], None]] = []
_desk = Desk()
_NOTHING = object()


class _Stop(Exception):
    """Leaves the check cell at the first thing that is wrong; never leaves the with block."""


class Check:
    """Checks one exercise: ``with check(function) as c``, or ``with check(name=value) as c``.

    The block stops at the first property that does not hold. Whatever happens in it, a student
    sees one block and no traceback. torch's random numbers are seeded inside, and outside are as
    if nothing had happened.

    Raises:
        TypeError: the check cell gave something other than one function, class or named value.
    """

    def __init__(self, thing: Any = _NOTHING, /, **values: Any) -> None:
        if len(values) + (thing is not _NOTHING) != 1:
            raise TypeError("check takes one function or class, or one value by its name")
        frame = sys._getframe(1)
        if values:
            ((name, value),) = values.items()
            self._subject = Subject(name, value, is_value=True)
        else:
            self._subject = named(thing, frame)
        self._notebook = mistakes.Notebook(frame.f_globals, self._subject.files, frame.f_code)
        self._block = Block("passed", self._subject.name)
        self._prints: list[Print] = []
        self._held: list[str] = []
        self._changes: list[Change] = []
        self._last: Any = _NOTHING
        self._random: Tensor | None = None

    # What a check cell uses.

    @property
    def value(self) -> Any:
        """The value of a value exercise; one that is not filled in yet ends the check."""
        if self._subject.is_value and self._subject.is_empty:
            self._stop("unwritten")
        return self._subject.thing

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function (construct, for a class) on copies, and return its result.

        An exception, a None in place of a result, and a type, dtype or number of axes other than
        the signature's end the check. A changed argument fails it, after its other properties.
        """
        function = self._subject.thing
        if self._subject.is_value or not callable(function):
            self._stop(
                "blocked",
                f"`{self._subject.name}` is {returned.kind_of(function)} here, not a function: a "
                "cell has overwritten it. Run the cell that defines it again.",
            )
        arguments = Arguments(function, args, kwargs)
        try:
            self._last = function(*arguments.args, **arguments.kwargs)
        except (Exception, SystemExit) as error:
            self._record(fingerprint(error))
            self._raised(error, error.__traceback__)
        finally:  # whatever it did to a model is undone, or the check's own truth would be wrong
            self._changes += [one for one in arguments.changes() if one not in self._changes]
        self._record(fingerprint(self._last))
        problem = returned.complaint(self._last, returned.annotation(function))
        if problem:
            self._stop("failed", problem)
        return self._last

    def refuses(self, *args: Any) -> bool:
        """Say whether the student's function raises, as it should where arguments make no sense."""
        arguments = Arguments(self._subject.thing, args, {})
        try:
            self._subject.thing(*arguments.args)
        except Exception:
            return True
        finally:
            arguments.changes()  # puts a model back
        return False

    def close(
        self,
        actual: Any,
        expected: Any,
        sentence: str,
        atol: float = 1e-5,
        rtol: float = 1e-4,
        axes: tuple[str, ...] | None = None,
    ) -> None:
        """State that a value is the expected one; floating point numbers within a tolerance.

        Args:
            actual: the student's.
            expected: a tensor, a number, or lists of numbers.
            sentence: the property, as the student reads it.
            atol, rtol: as in ``torch.isclose``; whole numbers and truth values have to be equal.
            axes: names of the axes; by default the signature's, also for a slice of the result.
        """
        self._record(fingerprint(actual))
        names = axes or self._axes(actual)
        found = mismatch(actual, expected, atol, rtol, names)
        if found is not None:
            pictures = {"yours": found.yours, "expected": found.expected, "axes": names}
            self._stop("failed", *found.sentences, should=sentence, **pictures)
        self._held.append(sentence)

    def true(self, condition: Any, sentence: str) -> None:
        """State a plain property; ``sentence`` is what a student reads when it does not hold."""
        if not bool(condition):
            self._stop("failed", should=sentence)
        self._held.append(sentence)

    # What the course's own tools use.

    fingerprint = staticmethod(fingerprint)

    @staticmethod
    @contextmanager
    def recording(hook: Callable[[Print], None]) -> Iterator[None]:
        """Within this context checks show nothing; ``hook`` gets every fingerprint, in order.

        One comes from each call and each `close`; when the check fails after one of these, the
        last is ``["stop", n, ...]``, n the number of properties that held, then what was done to
        arguments. A value exercise has none.
        """
        _hooks.append(hook)
        try:
            yield
        finally:
            _hooks.remove(hook)

    @staticmethod
    def outcomes() -> dict[str, Outcome]:
        """How the checks went that ran in this process, by exercise; the last run counts."""
        return dict(_desk.outcomes)

    @staticmethod
    def beside(folder: Path | None) -> None:
        """Look for ``misconceptions.json`` in this folder; None for the working directory."""
        _desk.folder = folder

    # The with statement.

    def __enter__(self) -> Check:
        self._random = torch.get_rng_state()
        torch.manual_seed(0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[True] | None:
        if self._random is not None:
            torch.set_rng_state(self._random)
        if error is not None and not isinstance(error, Exception | SystemExit):
            return None  # an interrupt is the student's own wish
        if error is not None and not isinstance(error, _Stop):
            with suppress(_Stop):
                self._unexpected(error, trace)
        changes = tuple(change.sentence for change in self._changes)
        if self._block.status == "passed" and changes:
            name = self._subject.name
            self._block = Block("failed", name, sentence=changes[0], details=changes[1:])
        elif self._block.status == "failed":
            self._block = replace(self._block, details=self._block.details + changes)
        if self._block.status == "failed" and self._prints:
            kinds = (change.kind for change in self._changes)
            self._record(["stop", float(len(self._held)), *kinds])
        if not _hooks:
            block = replace(self._block, held=tuple(dict.fromkeys(self._held)))
            _desk.finish(block, self._prints, self._subject.is_value)
        return True

    def _stop(self, status: Status, *sentences: str, **more: Any) -> NoReturn:
        first, *rest = sentences or ("",)
        name = self._subject.name
        self._block = Block(status, name, sentence=first, details=tuple(rest), **more)
        raise _Stop

    def _raised(self, error: BaseException, trace: TracebackType | None) -> NoReturn:
        """End the check with an exception of the student's code."""
        where = mistakes.place(trace, self._notebook)
        if isinstance(error, NotImplementedError) and where is not None and where.raised_here:
            if where.owner in self._subject.own_names:
                self._stop("unwritten")
            self._stop("blocked", f"`{where.owner}`, which it uses, is not written yet.")
        self._stop("failed", mistakes.one_line(error, where, self._subject.own_names))

    def _unexpected(self, error: BaseException, trace: TracebackType | None) -> NoReturn:
        """End the check with an exception that left the check cell outside of `call`."""
        if mistakes.place(trace, self._notebook) is not None:
            self._raised(error, trace)
        line = mistakes.one_line(error)
        in_check_cell = trace is not None and trace.tb_next is None
        if isinstance(error, NameError) and error.name and in_check_cell:
            self._stop("blocked", notebook.missing(error.name))
        if self._subject.is_value:
            self._stop("failed", f"The check could not work with your value: {line}")
        if self._last is not _NOTHING:
            kind = returned.kind_of(self._last)
            self._stop(
                "failed", f"The check could not work with what your function returned, {kind}", line
            )
        self._stop("blocked", f"Something failed before your function was called: {line}")

    def _record(self, one: Print) -> None:
        if self._subject.is_value:
            return  # a value exercise has no function to run a misconception in place of
        self._prints.append(one)
        for hook in _hooks:
            hook(one)

    def _axes(self, actual: Any) -> list[str] | None:
        """The names of a value's axes, when it is the last result or a slice of it."""
        if not isinstance(actual, Tensor) or not isinstance(self._last, Tensor):
            return None
        names = returned.axes_of(self._last, returned.annotation(self._subject.thing))
        if actual is self._last or names is None:
            return names
        return returned.axes_of_view(actual, self._last, names)
