"""What a check cell checks: a function, a class or a value, and the name the notebook gives it."""

from __future__ import annotations

import dis
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(frozen=True)
class Subject:
    """The thing under check.

    Attributes:
        name: the exercise's name.
        thing: the student's function, class or value.
        is_value: whether the exercise asks for a value.
    """

    name: str
    thing: Any
    is_value: bool

    @property
    def own_names(self) -> frozenset[str]:
        """The names under which the thing's own code appears in a traceback."""
        qualified = str(getattr(self.thing, "__qualname__", self.name))
        return frozenset([self.name, qualified, qualified.split(".")[0]])

    @property
    def files(self) -> frozenset[str]:
        """The file that the thing's code stands in; a notebook's cell counts as one."""
        code = getattr(self.thing, "__code__", None)
        return frozenset([code.co_filename] if code else [])

    @property
    def is_empty(self) -> bool:
        """Whether a value is still what the notebook came with."""
        return _is_empty(self.thing)


def named(thing: Any, frame: FrameType) -> Subject:
    """Name a thing as the running line of the check cell does.

    A function's own ``__name__`` may be another: ``final_norm = my_norm`` is a fair answer.

    Args:
        thing: what the check cell passed.
        frame: the check cell's, at the call of `check`.
    """
    namespace = {**frame.f_globals, **frame.f_locals}
    names = [name for name, value in namespace.items() if value is thing and name[:1] != "_"]
    for instruction in reversed(list(dis.get_instructions(frame.f_code))):
        if instruction.offset < frame.f_lasti and instruction.argval in names:
            return Subject(instruction.argval, thing, is_value=False)
    own = str(getattr(thing, "__name__", ""))
    return Subject(own or (names or ["this exercise"])[0], thing, is_value=False)


def _is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return all(map(_is_empty, value))
    return value is None or value is Ellipsis
