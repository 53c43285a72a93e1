"""What a check sees of a student: functions that cross the line, and data that comes back.

`Student` is the fixture of the hidden checks. Behind it stands a line (`lines`) to a worker
process, or to a namespace inside the judge for our own code.

Every call and what came of it is recorded: that trace is what `recognise` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from torch import Tensor

from grader.judging.lines import Line, StudentError
from grader.judging.returns import Annotation, wrong_return
from grader.line import nests, wire
from grader.line.faults import NOT_WRITTEN, said
from grader.line.packing import Packing
from grader.line.wire import Frame, Handle, WireError

_MAX_TRACED = 1 << 20  # bytes of a reply


class WrongReturn(AssertionError):
    """What came back is not of the type that the exercise's signature promises: FAIL."""


class Remote:
    """An object that lives in the worker: call it, call its methods, read or set its state."""

    def __init__(self, student: Student, handle: Handle, annotation: Annotation | None) -> None:
        self.handle = handle
        self._student = student
        self._annotation = annotation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student.call(self.handle.number, args, kwargs, (), self._annotation)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._student.call(self.handle.number, args, kwargs, (name,))

    def state(self) -> dict[str, Tensor]:
        """Return its named parameters and buffers, as copies."""
        state = self._student.request({"op": "state", "handle": self.handle.number})
        if not isinstance(state, dict) or any(type(t) is not Tensor for t in state.values()):
            raise StudentError("its state is not made of tensors")
        return state

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Set named parameters or buffers in place."""
        packed: list[Tensor] = []
        tree = wire.pack(dict(tensors), packed, _refuse)
        number = self.handle.number
        self._student.request({"op": "load", "handle": number, "tensors": tree}, packed)


class Student:
    """The functions, classes and variables of one notebook, as the checks see them.

    ``student.name(...)`` calls; see the methods for what else a check can ask.

    Args:
        line: the way to the worker.
        annotations: what each exercise's signature promises to return.
    """

    def __init__(self, line: Line, annotations: Mapping[str, Annotation]) -> None:
        self._line = line
        self._annotations = annotations
        self.seed = 0
        self.trace: list[Any] = []
        self.on_limit: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, args, kwargs)

    def value(self, name: str) -> Any:
        """Return a variable of the notebook, as data."""
        return self.request({"op": "value", "name": name})

    def after(self, name: str, *args: Any) -> tuple[Any, tuple[Any, ...]]:
        """Call, and return the result and the arguments as they are after the call."""
        reply = self._call(name, args, {}, (), {"want": "after"})
        result, after = _of_two(reply)
        self._validate(name, result)
        if type(after) is not tuple or len(after) != len(args):
            raise StudentError("the worker's reply broke the protocol")
        return result, after

    def gradients(self, name: str, *args: Any, wrt: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Call, differentiate the scalar that comes back, and return it with the gradients.

        Args:
            name: the function.
            args: its arguments.
            wrt: for each gradient wanted the index of an argument, a tensor or dicts, tuples and
                lists of tensors (the same structure comes back, None where nothing flows), or a
                `Remote` (a dict of its parameters' gradients).
        """
        reply = self._call(name, args, {}, (), {"want": "gradients", "wrt": list(wrt)})
        result, gradients = _of_two(reply)
        self._validate(name, result)
        if type(gradients) is not list or len(gradients) != len(wrt):
            raise StudentError("the worker's reply broke the protocol")
        for item, gradient in zip(wrt, gradients, strict=True):
            parts = _like(gradient, args[item]) if type(item) is int else _parts(gradient)
            if any(part is not None and type(part) is not Tensor for part in parts):
                raise StudentError("the worker's reply broke the protocol")
        return result, gradients

    def keep(self, value: Any) -> Remote:
        """Send a model (or other value) once; it stays in the worker."""
        packing = Packing()
        tree = packing.pack(value)
        handle = self.request(
            {"op": "keep", "value": tree, "models": packing.models}, packing.tensors
        )
        if type(handle) is not Handle:
            raise StudentError("the worker's reply broke the protocol")
        return Remote(self, handle, None)

    def call(
        self,
        target: str | int,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        method: Sequence[str] = (),
        annotation: Annotation | None = None,
    ) -> Any:
        """Call a function by name, or an object by its number; hold what is no data."""
        result = self._call(target, args, kwargs, method, {})
        if type(target) is str:
            self._validate(target, result)
            annotation = self._annotations.get(target)
            if type(result) is Handle:
                return Remote(self, result, annotation.of_call if annotation else None)
        elif annotation is not None and (problem := wrong_return(result, annotation)):
            raise WrongReturn(problem)
        return result

    def _validate(self, name: str, result: Any) -> None:
        annotation = self._annotations.get(name)
        if annotation is not None and (problem := wrong_return(result, annotation)):
            raise WrongReturn(problem)

    def _call(
        self,
        target: str | int,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        method: Sequence[str],
        extra: dict[str, Any],
    ) -> Any:
        packing = Packing()
        tree = {
            "op": "call",
            "target": target,
            "method": list(method),
            "args": packing.pack(list(args)),
            "kwargs": packing.pack(dict(kwargs)),
            **{key: packing.pack(v) if key == "wrt" else v for key, v in extra.items()},
        }
        return self.request({**tree, "models": packing.models}, packing.tensors, packing.callables)

    def request(
        self,
        tree: dict[str, Any],
        tensors: Sequence[Tensor] = (),
        callables: Sequence[Callable[..., Any]] = (),
    ) -> Any:
        """Ask one thing of the worker; the answer, or what went wrong, joins the trace.

        Raises:
            StudentError: the student's code raised, ran out of a limit, or broke the protocol.
        """

        def call_back(number: int, args: Any) -> Any:
            return callables[number](*args)

        try:
            reply = self._line.ask(Frame({**tree, "seed": self.seed}, list(tensors)), call_back)
            if type(reply.tree) is not dict or not reply.tree.keys() & {"ok", "error"}:
                raise WireError("a reply that is no answer")
            if "error" in reply.tree:
                _raise(reply.tree["error"])
            value = wire.unpack(reply.tree["ok"], reply.tensors, _refuse)
        except WireError as error:
            self.trace.append(("error", "WireError"))
            raise StudentError(f"what came back broke the protocol: {error}") from error
        except StudentError as error:
            kind = getattr(error, "kind", "")
            self.trace.append(("error", kind))
            if kind == "limit":
                self.on_limit()
            raise
        # A thousand large replies would fill the judge's memory; no misconception needs them.
        self.trace.append(value if reply.size <= _MAX_TRACED else ("too large to keep",))
        return value


def _raise(error: Any) -> NoReturn:
    kind, text, limit = said(error)
    where = ""
    if type(error.get("cell")) is int and type(error.get("line")) is int:
        function = error.get("function")
        known = type(function) is str and function[:60].isidentifier()
        inside = f"in {function[:60]}, " if known else ""
        where = f" ({inside}line {error['line']} of code cell {error['cell']})"
    if limit:
        failure = StudentError(f"your code ran out of its limit: {limit}{where}")
    elif kind == "NotImplementedError":
        failure = StudentError(NOT_WRITTEN)
    elif kind == "WrongResult":
        failure = StudentError(f"what came back cannot be used: {text}")
    elif kind == "StudentFault":
        failure = StudentError(text)
    else:
        failure = StudentError(f"{kind}: {text}{where}" if text else f"{kind}{where}")
    failure.kind = kind  # type: ignore[attr-defined]
    raise failure


def _of_two(reply: Any) -> tuple[Any, Any]:
    if type(reply) is not tuple or len(reply) != 2:
        raise StudentError("the worker's reply broke the protocol")
    return reply


def _like(gradient: Any, argument: Any) -> list[Any]:
    try:
        return nests.leaves(gradient, argument)
    except ValueError as error:
        raise StudentError("the worker's reply broke the protocol") from error


def _parts(gradient: Any) -> list[Any]:
    if type(gradient) is not dict or any(type(name) is not str for name in gradient):
        raise StudentError("the worker's reply broke the protocol")
    return list(gradient.values())


def _refuse(value: Any) -> Any:
    raise WireError("a form that only crosses towards the worker")
