"""What a worker does with a request: the notebook's code runs, and nothing escapes but data."""

from __future__ import annotations

import errno
import json
import sys
from typing import Any

import pytest
import torch

from grader.line import wire
from grader.line.faults import describe
from grader.line.wire import Frame, Handle, WireError
from grader.workers.namespace import Namespace


def refuse(value: Any) -> Any:
    raise WireError("unknown")


def ask(space: Namespace, operation: str, **more: Any) -> Any:
    """Send one request; return the value, or the description of the error."""
    frame = space.handle(Frame({"op": operation, "seed": 0, **more}))
    json.dumps(frame.tree)  # every answer can be sent
    if "error" in frame.tree:
        return frame.tree["error"]
    return wire.unpack(frame.tree["ok"], frame.tensors, refuse)


def run(space: Namespace, *cells: str) -> list[Any]:
    """Run cells as statements; return [position, description] of those that went wrong."""
    statements = [[source, number, 1] for number, source in enumerate(cells, 1)]
    problems: list[Any] = ask(space, "run", statements=wire.pack(statements, [], refuse))
    return problems


def call(space: Namespace, name: str, *args: Any) -> Any:
    empty = wire.pack({}, [], refuse)
    return ask(space, "call", target=name, args=wire.pack(list(args), [], refuse), kwargs=empty)


def notebook(*cells: str) -> Namespace:
    space = Namespace()
    assert run(space, *cells) == []
    return space


def test_statements_run_in_order_in_one_namespace() -> None:
    space = notebook("import math", "x = 2", "def f(y): return math.floor(x * y)", "x = 3")
    assert call(space, "f", 1.5) == 4
    assert ask(space, "names") == ["f", "math", "x"]
    assert ask(space, "value", name="x") == 3


def test_a_statement_that_raises_is_a_problem_and_the_next_ones_run() -> None:
    space = Namespace()
    problems = run(
        space, "x = 1 / 0", "def f(d=model.cfg): return 1", "def f(:", "raise SystemExit(3)",
        "import no_such_module_here", "raise KeyboardInterrupt", "y = 2",
    )  # fmt: skip
    assert [(position, what["type"]) for position, what in problems] == [
        (0, "ZeroDivisionError"), (1, "NameError"), (2, "SyntaxError"), (3, "SystemExit"),
        (4, "ModuleNotFoundError"), (5, "KeyboardInterrupt"),
    ]  # fmt: skip
    assert ask(space, "names") == ["y"]


def test_running_out_of_memory_ends_the_run() -> None:
    space = Namespace()
    answer: Any = run(space, "x = 1", "raise MemoryError", "y = 1")
    assert answer["limit"] == "memory"


def test_an_annotation_that_leans_on_an_experiment_costs_nothing() -> None:
    space = notebook(
        "def f(x: model.cfg.Nothing) -> Flaot[Tensor]:\n    y: nonsense = x\n    return y"
    )
    assert call(space, "f", 3) == 3


def test_dataclasses_and_their_likes_work_as_in_a_notebook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    space = Namespace(name="a_notebook")
    monkeypatch.setitem(sys.modules, "a_notebook", space.module)
    problems = run(
        space,
        "from __future__ import annotations",
        "import dataclasses, typing, enum, functools",
        "@dataclasses.dataclass(frozen=True)\nclass Config:\n    n: int = 2\n"
        "    all: typing.ClassVar[int] = 3\n    more: list[int] = None",
        "class Pair(typing.NamedTuple):\n    a: int\n    b: float = 0.5",
        "class Kind(enum.Enum):\n    ONE = 1",
        "@functools.cache\ndef f(n: int) -> int:\n    return Config(n).n + Config.all + Pair(1).a",
        "def hints(): return sorted(typing.get_type_hints(Config))",
    )
    assert problems == []
    assert call(space, "f", 4) == 8
    assert call(space, "hints") == ["all", "more", "n"]


def test_what_is_raised_is_told_with_its_place_in_the_notebook() -> None:
    space = Namespace()
    statements = [["def g(x):\n    return x['k']", 4, 7], ["def f(x):\n    return g(x)", 5, 1]]
    ask(space, "run", statements=wire.pack(statements, [], refuse))
    told = call(space, "f", 1)
    assert told == {"type": "TypeError", "text": "'int' object is not subscriptable", "cell": 4,
                    "line": 8, "function": "g", "limit": None}  # fmt: skip


def test_an_unknown_name_or_operation_is_an_answer() -> None:
    space = notebook("x = 1")
    assert call(space, "f")["text"] == "the notebook does not define f"
    assert ask(space, "value", name="f")["type"] == "StudentFault"
    assert ask(space, "no_such_operation")["type"] == "AttributeError"
    assert ask(space, "state", handle=1)["type"] == "KeyError"
    assert call(space, "x")["type"] == "TypeError"
    assert space.handle(Frame({})).tree["error"]["type"] == "KeyError"


HOSTILE = """
import torch

class Sly(Exception):
    def __str__(self): raise SystemExit
    __repr__ = __str__

class Meta(type):
    def __instancecheck__(cls, other): raise RuntimeError("no")
    def __getattribute__(cls, name): raise RuntimeError("not even that")

class Ghost(metaclass=Meta):
    def __getattribute__(self, name): raise SystemExit(f"asked for {name}")
    def __eq__(self, other): return True
    __hash__ = None

class Five(int):
    def __int__(self): return 6
    def __index__(self): raise SystemExit

class Name(str):
    def __str__(self): raise SystemExit

class Bag(dict):
    def items(self): raise SystemExit
    def __iter__(self): raise SystemExit

class Listing(list):
    def __iter__(self): raise SystemExit

class Sub(torch.Tensor):
    def detach(self): raise SystemExit
    @classmethod
    def __torch_function__(cls, *args, **kwargs): raise SystemExit

def exits(): raise SystemExit(0)
def interrupts(): raise KeyboardInterrupt
def bases(): raise BaseException("base")
def sly(): raise Sly()
def groups(): raise BaseExceptionGroup("g", [SystemExit(1)])
def stops(): raise StopIteration
def recurses(): return recurses()
def ghost(): return Ghost()
def five(): return Five(5)
def name(): return Name("n")
def bag(): return Bag(a=1)
def listing(): return Listing([1])
def sub(): return torch.ones(2).as_subclass(Sub)
def loop():
    it = []
    it.append(it)
    return it
def deep():
    it = 1
    for _ in range(5000): it = [it]
    return it
def giant(): return 1 << 80
def generator(): yield 1
def sparse(): return torch.eye(2).to_sparse()
def keyed(): return {object(): 1}
def endless_text(): raise ValueError("x" * 10_000_000)
def surrogate(): raise ValueError("\\ud800 and \\x1b[31m")
def named():
    raise type("N" * 5000, (Exception,), {})("m")
def forged():
    exec(compile("raise ValueError('far')", "<cell abc>", "exec"))
def forged_far():
    exec(compile("raise ValueError('far')", "<cell 99999999999999999999>", "exec"))
"""


@pytest.mark.parametrize(
    "name", [line[4:].split("(")[0] for line in HOSTILE.splitlines() if line.startswith("def ")]
)
def test_nothing_that_a_function_does_escapes(name: str) -> None:
    space = notebook(HOSTILE, "def honest(): return 3")
    call(space, name)
    assert call(space, "honest") == 3


def test_what_hostile_exceptions_say_is_bounded_text() -> None:
    space = notebook(HOSTILE)
    assert call(space, "exits")["type"] == "SystemExit"
    assert call(space, "bases") | {"line": 0} == {
        "type": "BaseException", "text": "base", "cell": 1, "line": 0, "function": "bases",
        "limit": None,
    }  # fmt: skip
    assert call(space, "sly")["text"] == ""
    assert call(space, "endless_text")["text"] == "x" * 400
    assert call(space, "surrogate")["text"] == "? and \x1b[31m"
    assert call(space, "named")["type"] == "N" * 80
    assert call(space, "forged")["function"] == "forged"
    assert call(space, "recurses")["type"] == "RecursionError"


def test_results_that_cannot_be_packed_are_named() -> None:
    space = notebook(HOSTILE)
    for name, words in {
        "loop": "nested deeper", "deep": "nested deeper", "giant": "63 bits", "sparse": "layout",
        "keyed": "dict key",
    }.items():  # fmt: skip
        told = call(space, name)
        assert told["type"] == "WrongResult"
        assert words in told["text"]


KIN = """
import collections, numpy as np, torch
from torch import nn
class Mine(torch.Tensor): pass
class Size(int): pass
Pair = collections.namedtuple("Pair", "a b")
def scalar(): return np.float32(1.5)
def flag(): return np.bool_(True)
def size(): return Size(3)
def shape(): return torch.ones(2, 3).shape
def dtype_name(): return str(np.str_("x"))
def text(): return np.str_("x")
def mine(): return torch.ones(2).as_subclass(Mine)
def buffer(): return nn.Buffer(torch.ones(2))
def parameter(): return nn.Parameter(torch.ones(2))
def pair(): return Pair(torch.ones(1), [Pair(2, torch.zeros(1))])
def largest(): return torch.tensor([1.0, 3.0]).max(0)
def ordered(): return collections.OrderedDict(w=torch.ones(1), b=None)
def default(): return collections.defaultdict(list, {1: [torch.ones(1)]})
def state(): return nn.Linear(2, 1).state_dict()
"""


def test_kin_of_plain_data_cross_as_plain_data() -> None:
    space = notebook(KIN)
    assert call(space, "scalar") == 1.5
    assert call(space, "flag") is True
    assert type(call(space, "size")) is int
    assert call(space, "shape") == (2, 3)
    assert call(space, "text") == "x"
    for name in ("mine", "buffer", "parameter"):
        value = call(space, name)
        assert type(value) is torch.Tensor
        assert value.tolist() == [1.0, 1.0]
    pair = call(space, "pair")
    assert type(pair) is tuple
    assert pair[1][0][1].tolist() == [0.0]
    assert [part.item() for part in call(space, "largest")] == [3.0, 1]
    assert list(call(space, "ordered")) == ["w", "b"]
    assert call(space, "default")[1][0].tolist() == [1.0]
    assert [tuple(t.shape) for t in call(space, "state").values()] == [(1, 2), (1,)]
    assert space.objects == {}


def test_objects_stay_and_cross_as_handles() -> None:
    space = notebook("class Lens: pass", "def make(): return [Lens(), object, {1, 2}]")
    lens, kind, unordered = call(space, "make")
    assert [lens.type_name, kind.type_name, unordered.type_name] == ["Lens", "type", "set"]
    assert space.objects[unordered.number] == {1, 2}
    assert all(type(part) is Handle for part in (lens, kind, unordered))
    assert len({lens.number, kind.number, unordered.number}) == 3


def test_replace_takes_over_only_the_asked_names() -> None:
    space = notebook("SIZE = 1", "def f(): return SIZE", "def g(): return 'mine'")
    statements = [["SIZE = 5", 1, 1], ["def f(): return SIZE", 2, 1], ["def g(): return 0", 3, 1]]
    packed = wire.pack(statements, [], refuse)
    assert ask(space, "replace", statements=packed, names=wire.pack(["f"], [], refuse)) is None
    assert [call(space, "f"), call(space, "g"), ask(space, "value", name="SIZE")] == [5, "mine", 1]


def test_every_request_starts_from_the_seeds_random_state() -> None:
    space = notebook(
        "import random, numpy as np, torch",
        "def f(): return [random.random(), float(np.random.rand()), float(torch.rand(()))]",
    )

    def drawn(seed: int) -> list[float]:
        empty = [wire.pack(part, [], refuse) for part in ([], {})]
        tree = {"op": "call", "target": "f", "args": empty[0], "kwargs": empty[1], "seed": seed}
        values: list[float] = wire.unpack(space.handle(Frame(tree)).tree["ok"], [], refuse)
        return values

    with torch.random.fork_rng():
        largest = (1 << 63) - 1
        assert drawn(1) == drawn(1) != drawn(2)
        assert drawn(largest) == drawn(largest)
        assert len(set(drawn(largest))) == 3


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (MemoryError(), "memory"), (OSError(errno.EFBIG, "File too large"), "output"),
        (OSError(errno.ENOSPC, "No space left"), "scratch space"),
        (OSError(errno.ENOENT, "x"), None), (OSError(errno.EACCES, "x", "file"), None),
        (OSError(errno.EACCES, "x"), "network (there is none in grading)"),
        (BlockingIOError(errno.EAGAIN, "x"), "processes and threads"),
        (RuntimeError("can't start new thread"), "processes and threads"),
        (OSError(errno.EMFILE, "Too many open files", "f"), "open files"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "memory"),
        (RuntimeError("std::bad_alloc"), "memory"), (ValueError("out of the memory"), None),
    ],
)  # fmt: skip
def test_limits_are_recognised(error: BaseException, limit: str | None) -> None:
    assert describe(error)["limit"] == limit
    assert describe(error)["cell"] is None
