"""What a check sees of a student: calls across the line, and data that cannot hurt the check."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from jaxtyping import Float, Int
from labkit import models
from torch import Tensor, nn

from grader.judging.lines import LocalLine, StudentError
from grader.judging.returns import promises
from grader.line.wire import Frame
from grader.student import Remote, Student, WrongReturn


class Lens(nn.Module):
    """A small module with parameters and a buffer."""

    def __init__(self, size: int = 3) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.arange(float(size)))
        self.idle = nn.Parameter(torch.ones(2))
        self.register_buffer("gamma", torch.full((size,), 2.0))
        self.calls = 0

    def forward(self, h: Tensor, layer: int = 0) -> Float[Tensor, "... d_model"]:
        self.calls += 1
        return h * self.weight * self.gamma + layer

    def count(self) -> int:
        return self.calls

    def lists(self) -> list[int]:
        return [1]


def double(x: Tensor) -> Float[Tensor, "batch d_model"]:
    return 2 * x


def in_place(x: Tensor, also: list[Tensor]) -> Float[Tensor, "batch d_model"]:
    x += 1
    also.append(x)
    return x


def ranks(x: Tensor) -> Int[Tensor, "batch pos"]:
    return x.argsort()


def mean_square(x: Tensor, y: Tensor, detached: bool = False) -> Float[Tensor, ""]:
    return ((x.detach() if detached else x) * y).pow(2).mean()


def loss(lens: nn.Module, h: Tensor) -> Float[Tensor, ""]:
    return lens(h).sum()


def echo(*args: Any, **kwargs: Any) -> Any:
    return (args, kwargs)


def apply(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


def run_twice(model: Any, again: Any, tokens: Tensor) -> Any:
    return model is again, model(tokens), model.cfg.n_layers


def from_cache(cache: Any) -> Any:
    return cache["blocks.1.hook_resid_pre"], cache.model.cfg.n_layers, len(cache.keys())


def leaves_a_hook(model: Any, tokens: Tensor) -> Any:
    def zero(resid: Tensor, hook: Any) -> Tensor:
        return resid * 0

    model.add_hook("blocks.0.hook_resid_post", zero)
    return model(tokens)


def noise() -> Tensor:
    return torch.rand(3)


def unwritten(x: Tensor) -> Float[Tensor, "a b"]:
    raise NotImplementedError


def breaks(x: Any) -> Float[Tensor, "a b"]:
    return x["no"]  # type: ignore[no-any-return]


DEFINITIONS = {
    thing.__name__: thing
    for thing in (Lens, double, in_place, ranks, mean_square, loss, echo, apply, run_twice,
                  from_cache, leaves_a_hook, noise, unwritten, breaks)
}  # fmt: skip


def sitting(**changes: Any) -> Student:
    definitions = {**DEFINITIONS, "answer": {"layer": 3, "head": (1, 2)}, **changes}
    return Student(LocalLine(definitions), promises(DEFINITIONS))


@pytest.fixture
def student() -> Student:
    return sitting()


def test_a_call_takes_copies_and_gives_back_data(student: Student) -> None:
    x = torch.ones(2, 3, requires_grad=True)
    result = student.double(x)
    assert type(result) is Tensor
    assert result.tolist() == [[2.0] * 3] * 2
    assert result.grad_fn is None
    assert student.echo(1, None, (2.5, ["x"]), key={"a": True}) == (
        (1, None, (2.5, ["x"])), {"key": {"a": True}},
    )  # fmt: skip


def test_a_change_in_place_stays_on_the_other_side_and_after_shows_it(student: Student) -> None:
    x, also = torch.zeros(1, 2), [torch.zeros(1)]
    assert student.in_place(x, also).tolist() == [[1.0, 1.0]]
    assert x.tolist() == [[0.0, 0.0]]
    assert len(also) == 1
    result, (x_after, also_after) = student.after("in_place", x, also)
    assert result.tolist() == x_after.tolist() == [[1.0, 1.0]]
    assert len(also_after) == 2
    assert x.tolist() == [[0.0, 0.0]]
    result, (untouched,) = student.after("double", x)
    assert torch.equal(untouched, x)
    assert result.tolist() == [[0.0, 0.0]]


def test_changing_a_result_does_not_change_what_is_held_there(student: Student) -> None:
    lens = student.Lens(2)
    state = lens.state()
    state["weight"] += 100
    assert lens.state()["weight"].tolist() == [0.0, 1.0]


def test_values_are_read_as_data(student: Student) -> None:
    assert student.value("answer") == {"layer": 3, "head": (1, 2)}
    with pytest.raises(StudentError, match="the notebook does not define nothing"):
        student.value("nothing")


def test_a_class_gives_an_object_that_stays_there(student: Student) -> None:
    lens = student.Lens(size=2)
    assert isinstance(lens, Remote)
    assert lens(torch.ones(2), 5).tolist() == [5.0, 7.0]
    assert lens(torch.ones(4, 2), layer=1).shape == (4, 2)
    assert lens.count() == 2
    state = lens.state()
    assert {name: t.tolist() for name, t in state.items()} == {
        "weight": [0.0, 1.0], "idle": [1.0, 1.0], "gamma": [2.0, 2.0],
    }  # fmt: skip
    lens.load({"weight": torch.ones(2), "gamma": torch.ones(2)})
    assert student.loss(lens, torch.ones(1, 2)).item() == 2.0
    with pytest.raises(StudentError, match="no parameter named nothing"):
        lens.load({"nothing": torch.ones(2)})
    with pytest.raises(StudentError, match="RuntimeError"):
        lens.load({"weight": torch.ones(7)})
    other = student.Lens(2)
    assert other.state()["weight"].tolist() == [0.0, 1.0]


def test_an_objects_call_is_held_to_its_forwards_annotation(student: Student) -> None:
    lens = student.Lens(2)
    with pytest.raises(WrongReturn, match="int64 where floating"):
        sitting(Lens=type("Lens", (), {"__call__": lambda self, h: h.long()})).Lens()(torch.ones(2))
    with pytest.raises(AttributeError):
        lens._private  # noqa: B018
    with pytest.raises(StudentError, match="AttributeError"):
        lens.no_such_method()
    with pytest.raises(StudentError, match="is not a torch module"):
        sitting(Lens=lambda: object()).Lens().state()


def test_gradients_of_arguments_and_of_parameters(student: Student) -> None:
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 1.0])
    value, (of_x, of_y) = student.gradients("mean_square", x, y, wrt=(0, 1))
    assert value.item() == pytest.approx(6.5)
    assert of_x.tolist() == [9.0, 2.0]
    assert of_y.tolist() == [3.0, 4.0]
    assert x.grad is None
    _, (nothing, something) = student.gradients("mean_square", x, y, True, wrt=(0, 1))
    assert nothing is None
    assert something.tolist() == [3.0, 4.0]
    lens = student.Lens(2)
    _, (of_lens, of_h) = student.gradients("loss", lens, torch.ones(1, 2), wrt=(lens, 1))
    assert of_lens["weight"].tolist() == [2.0, 2.0]
    assert of_lens["idle"] is None
    assert of_h.tolist() == [[0.0, 2.0]]
    _, (again,) = student.gradients("loss", lens, torch.ones(1, 2), wrt=(lens,))
    assert again["weight"].tolist() == [2.0, 2.0]  # not added to the last call's


def test_gradients_of_an_argument_that_holds_tensors() -> None:
    def of_one(parts: dict[str, tuple[Tensor, Tensor]], factor: int) -> Tensor:
        parts["idle"] = parts["used"]  # what a function does to its argument is its own affair
        return factor * (parts["used"][0] * 2).sum()

    parts = {"used": (torch.ones(2), torch.ones(3)), "idle": (torch.ones(1), torch.ones(1))}
    value, (of_parts, of_factor) = sitting(of_one=of_one).gradients("of_one", parts, 3, wrt=(0, 1))
    assert value.item() == 12
    assert of_parts["used"][0].tolist() == [6.0, 6.0]
    assert of_parts["used"][1] is None
    assert of_parts["idle"] == (None, None)
    assert of_factor is None
    assert parts["used"][0].grad is None


def test_a_callable_argument_is_called_back_here(student: Student) -> None:
    seen: list[Any] = []

    def listen(*args: Any) -> Any:
        seen.append(args)
        return (torch.ones(2), len(args))

    tensor, count = student.apply(listen, 1, torch.zeros(1), "x")
    assert tensor.tolist() == [1.0, 1.0]
    assert count == 3
    assert [type(part) for part in seen[0]] == [int, Tensor, str]
    assert student.apply(lambda f: f, "back") == "back"


def test_what_goes_wrong_in_a_callable_is_the_students_error() -> None:
    def forward(tokens: Tensor) -> Tensor:
        return tokens[5]

    with pytest.raises(StudentError, match="IndexError"):
        sitting().apply(forward, torch.ones(2))
    with pytest.raises(StudentError, match="TypeError"):
        sitting().apply(forward)


def test_a_model_crosses_as_data_and_once(student: Student) -> None:
    model = models.random(seed=1, dtype=torch.float64)
    tokens = torch.tensor([[1, 2, 3]])
    same, logits, layers = student.run_twice(model, model, tokens)
    assert same is True
    assert layers == 3
    assert torch.allclose(logits, model(tokens), atol=1e-12)
    same, *_ = student.run_twice(model, models.random(seed=1), tokens)
    assert same is False


def test_a_cache_crosses_with_its_model(student: Student) -> None:
    model = models.random(seed=2)
    _, cache = model.run_with_cache(torch.tensor([[4, 5]]))
    resid, layers, count = student.from_cache(cache)
    assert torch.equal(resid, cache["blocks.1.hook_resid_pre"])
    assert (layers, count) == (3, len(cache.keys()))


def test_a_kept_model_shows_what_was_left_on_it(student: Student) -> None:
    model = models.random(seed=3)
    tokens = torch.tensor([[1, 2]])
    kept = student.keep(model)
    assert torch.allclose(kept(tokens), model(tokens), atol=1e-6)
    student.leaves_a_hook(model, tokens)
    assert torch.allclose(kept(tokens), model(tokens), atol=1e-6)
    student.leaves_a_hook(kept, tokens)
    assert not torch.allclose(kept(tokens), model(tokens), atol=1e-2)
    assert torch.equal(model(tokens), models.random(seed=3)(tokens))


def test_random_draws_hang_on_the_seed_and_leave_the_judges_alone(student: Student) -> None:
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    student.seed = 7
    first = student.noise()
    assert torch.equal(student.noise(), first)
    assert torch.equal(torch.rand(2), expected)
    student.seed = 8
    assert not torch.equal(student.noise(), first)


def test_a_wrong_type_is_a_failed_check_and_is_in_the_trace(student: Student) -> None:
    with pytest.raises(WrongReturn, match=r"it returned a tensor of shape \(2,\)"):
        student.double(torch.ones(2))
    with pytest.raises(WrongReturn, match="is there a `return`"):
        sitting(double=lambda x: None).double(1)
    with pytest.raises(WrongReturn, match="a ndarray instead of a tensor"):
        sitting(double=lambda x: x.numpy()).double(torch.ones(1, 1))
    with pytest.raises(WrongReturn):
        student.after("ranks", torch.ones(2))
    with pytest.raises(WrongReturn):
        sitting(mean_square=lambda x: x.sum()[None]).gradients(
            "mean_square", torch.ones(2), wrt=(0,)
        )
    assert issubclass(WrongReturn, AssertionError)
    assert [type(part) for part in student.trace] == [Tensor, tuple]


def test_a_reply_of_many_megabytes_is_not_kept_for_later(student: Student) -> None:
    class Large:
        def ask(self, request: Frame, call_back: Callable[[int, Any], Any]) -> Frame:
            return Frame({"ok": {"k": "tensor", "i": 0}}, [torch.ones(3)], size=64 << 20)

    other = Student(Large(), {})
    assert other.call("f", (), {}).tolist() == [1.0, 1.0, 1.0]
    assert not any(isinstance(part, Tensor) for part in other.trace)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (unwritten, "^not written yet: it raises NotImplementedError$"),
        (lambda x: x["no"], "IndexError|TypeError"), (lambda x: 1 / 0, "ZeroDivisionError: "),
        (lambda: 1, "TypeError: .* 0 positional arguments but 1 was given"),
        (lambda x: 1 << 70, "cannot be used: an integer of more than 63 bits"),
        (lambda x: torch.eye(2).to_sparse(), "cannot be used: a tensor of layout"),
        (lambda x: {(1, (2,)): 1}, "broke the protocol: a dict key"),
        (lambda x: exec("raise MemoryError"), "ran out of its limit: memory"),
        (lambda x: exec("raise SystemExit(0)"), "SystemExit: 0"),
        ("not a function", "TypeError: 'str' object is not callable"),
    ],
)  # fmt: skip
def test_a_students_exception_is_one_clear_line(function: Any, words: str) -> None:
    student = sitting(double=function)
    with pytest.raises(StudentError, match=words) as caught:
        student.double(torch.ones(1, 1))
    assert "\n" not in str(caught.value)
    assert student.trace[-1][0] == "error"


def test_a_limit_is_told_to_whoever_listens() -> None:
    student = sitting(double=lambda x: exec("raise MemoryError"))
    told: list[bool] = []
    student.on_limit = lambda: told.append(True)
    with pytest.raises(StudentError):
        student.double(1)
    with pytest.raises(StudentError):
        student.nowhere(1)
    assert len(told) <= 1
    assert student.trace == [("error", "MemoryError"), ("error", "StudentFault")]


def test_private_names_are_not_the_students(student: Student) -> None:
    for name in ("__wrapped__", "_pytestfixturefunction", "__len__", "__array__"):
        assert not hasattr(student, name)
    assert not inspect.isawaitable(student)


# A worker that lies -----------------------------------------------------------------------


class Liar:
    """A line that answers everything with one tree."""

    def __init__(self, tree: Any, tensors: list[Tensor] | None = None) -> None:
        self.frame = Frame(tree, tensors or [])

    def ask(self, request: Frame, call_back: Callable[[int, Any], Any]) -> Frame:
        return self.frame


QUESTIONS: Mapping[str, Callable[[Student], Any]] = {
    "call": lambda s: s.double(torch.ones(1, 1)),
    "bare": lambda s: s.echo(1),
    "class": lambda s: s.Lens(2),
    "value": lambda s: s.value("answer"),
    "after": lambda s: s.after("double", torch.ones(1, 1)),
    "gradients": lambda s: s.gradients("mean_square", torch.ones(1), torch.ones(1), wrt=(0,)),
    "keep": lambda s: s.keep(torch.ones(1)),
    "state": lambda s: s.Lens(2).state(),
    "load": lambda s: s.Lens(2).load({"weight": torch.ones(1)}),
}


def asked(question: str, tree: Any) -> str:
    """Ask a liar; only these two exceptions count against the student, any other against us."""
    student = Student(Liar(tree, [torch.ones(2, 2)]), promises(DEFINITIONS))
    try:
        QUESTIONS[question](student)
    except StudentError as error:
        return "error" if str(error).isprintable() and len(str(error)) < 1000 else "unreadable"
    except WrongReturn:
        return "wrong"
    return "data"


LISTS = {"k": "list", "v": [1, {"k": "tensor", "i": 0}]}
PAIR = {"k": "tuple", "v": [{"k": "tensor", "i": 0}, {"k": "list", "v": [3]}]}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "tree",
    [
        None, 3, "ok", [], {}, {"ok": []}, {"ok": {}}, {"ok": {"k": "model", "i": 0}},
        {"ok": {"k": "tensor", "i": 7}}, {"ok": {"k": "handle", "n": 1, "t": 3}},
        {"error": None}, {"error": 3}, {"error": []}, {"error": "text"}, {"error": {}},
        {"error": {"type": ["x"], "text": {"a": 1}, "limit": 3}},
        {"error": {"type": "X\x1b[31m\n\u202e", "text": "a\x00b", "cell": "1", "line": None}},
        {"error": {"type": "X", "text": "y", "cell": 1, "line": 10**18, "function": ["f"]}},
        {"error": {"type": "X", "text": "y", "cell": 1, "line": 2, "function": "f\x1b"}},
        {"error": {"type": "X" * 5000, "text": "y" * 5000, "limit": "\x07" * 500}},
    ],
    ids=lambda tree: repr(tree)[:40],
)  # fmt: skip
def test_a_forged_error_or_a_broken_reply_is_the_students_error(question: str, tree: Any) -> None:
    assert asked(question, tree) == "error"


@pytest.mark.parametrize("question", QUESTIONS)
def test_forged_data_of_the_wrong_form_never_reaches_the_check(question: str) -> None:
    fine = {"call": 1, "bare": 7, "value": 7, "class": 1, "keep": 1, "load": 1}
    replies = [None, 1, LISTS, PAIR, {"k": "dict", "v": []}, {"k": "tensor", "i": 0},
               {"k": "handle", "n": -5, "t": "\x1b"}]  # fmt: skip
    outcomes = [asked(question, {"ok": reply}) for reply in replies]
    assert outcomes.count("data") == fine.get(question, 0), outcomes


def test_forged_gradients_and_states_are_told_from_real_ones() -> None:
    scalar, handle = {"k": "tensor", "i": 0}, {"k": "handle", "n": 1, "t": "Lens"}
    wrong = [[], [3], [scalar, scalar], [{"k": "dict", "v": []}], [handle]]
    for gradients in [{"k": "list", "v": part} for part in wrong] + [scalar, None]:
        reply = {"ok": {"k": "tuple", "v": [scalar, gradients]}}
        student = Student(Liar(reply, [torch.tensor(1.0)]), promises(DEFINITIONS))
        with pytest.raises(StudentError, match="broke the protocol"):
            QUESTIONS["gradients"](student)
    pair = (torch.ones(1), torch.ones(1))
    for gradient in (scalar, {"k": "tuple", "v": [scalar]}, {"k": "list", "v": [None, None]},
                     {"k": "tuple", "v": [scalar, {"k": "list", "v": []}]}):  # fmt: skip
        reply = {"ok": {"k": "tuple", "v": [scalar, {"k": "list", "v": [gradient]}]}}
        student = Student(Liar(reply, [torch.tensor(1.0)]), promises(DEFINITIONS))
        with pytest.raises(StudentError, match="broke the protocol"):
            student.gradients("mean_square", pair, wrt=(0,))
    for value in (3, None, handle, {"k": "list", "v": [scalar]}):
        liar = Liar({"ok": handle}, [torch.tensor(1.0)])
        lens = Student(liar, promises(DEFINITIONS)).Lens(2)
        liar.frame.tree = {"ok": {"k": "dict", "v": [["weight", scalar], ["bias", value]]}}
        with pytest.raises(StudentError, match="not made of tensors"):
            lens.state()


def test_random_lies_raise_nothing_else() -> None:
    draw = random.Random(9)
    names = ["error", "ok", "k", "v", "i", "n", "t", "type", "text", "limit", "cell", "line"]
    leaves = [None, True, 0, -1, (1 << 63) - 1, 0.5, "tensor", "list", "tuple", "dict", "handle",
              "\x1b]0;x\x07", "", "limit"]  # fmt: skip

    def lie(depth: int) -> Any:
        choice = draw.random()
        if depth == 0 or choice < 0.3:
            return draw.choice(leaves)
        if choice < 0.55:
            return [lie(depth - 1) for _ in range(draw.randint(0, 3))]
        return {draw.choice(names): lie(depth - 1) for _ in range(draw.randint(0, 4))}

    seen: dict[str, int] = {}
    for _ in range(3000):
        tree = {draw.choice(["ok", "ok", "error"]): lie(4)}
        outcome = asked(draw.choice(list(QUESTIONS)), tree)
        seen[outcome] = seen.get(outcome, 0) + 1
    assert set(seen) == {"error", "wrong", "data"}
