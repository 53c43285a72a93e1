"""Which statements survive into grading: the rule, on what students write and what they break."""

from __future__ import annotations

import ast
import random

import pytest
from labkit.leaning import Survivors, loaded_names, survivors

SET_UP = """\
import math
import torch
from torch import nn
import matplotlib.pyplot as plt
from labkit import check, data, models, plots
import logit_lens_helpers as helpers
"""


def sources(*cells: str, keep: tuple[str, ...] = ()) -> list[str]:
    """What is kept of ``cells`` after the usual imports."""
    return [kept.source for kept in survivors([SET_UP, *cells], keep).kept if kept.cell > 1]


KEPT = [
    "import os", "from collections import *", "def f():\n    return anything", "pass",
    "async def f(): await g()", "class C(nn.Module):\n    x = 1",
    "def f(x=model.cfg.d_model): return x",  # its default fails in the worker, which says so
    "@torch.no_grad()\ndef f():\n    pass", "@decorator(1)\n@other\nclass C: pass",
    "x = 1", "x = y = -1.5", "x: int = 3", "x: int", "a, b = 1, 2", "first, *rest = [1, 2, 3]",
    "(a, [b, c]) = 1, (2, 3)", "S = 'text'", "S = f'{1 + 1}'", "S = 'a b'.split()",
    "D = {'k': [1, (2, 3)]}", "X = torch.arange(5)", "X = torch.randn(3).softmax(-1)[0]",
    "TAU = 2 * math.pi", "R = math.sqrt(2)", "L = sorted([3, 1])", "N = len('abc')",
    "Q = [i * i for i in range(5)]", "Q = {k: v for k, v in zip('ab', (1, 2))}",
    "f = lambda x: model(x)", "prompts = data.PROMPTS", "prompts = data.eiffel()",
    "device = 'cuda' if torch.cuda.is_available() else 'cpu'", "W = nn.Linear(3, 4)",
    "if torch.cuda.is_available():\n    device = 'cuda'\nelse:\n    device = 'cpu'",
    "if True:\n    a = 1\n    b = a + 1", "if 1:\n    def f(): return 1\nelif 0:\n    import os",
    "try:\n    import einops\n    E = einops.__name__\nexcept ImportError:\n    einops = None",
    "p = print", "NAME = __name__",
]  # fmt: skip

LEFT_OUT = [
    "print('x')", "torch.manual_seed(0)", "model(tokens)", "for i in range(3):\n    x = i",
    "while True:\n    pass", "with torch.no_grad():\n    y = 1", "assert True", "del math",
    "raise SystemExit", "'a string alone'", "x += 1", "x = unknown", "x = unknown + 1",
    "model = models.load()", "model = models.random(seed=1).eval()", "fig = plots.heatmap(X)",
    "fig, ax = plt.subplots()", "gamma = helpers.norm_weights(model)", "x = open('f').read()",
    "x = input()", "x = exec('1')", "x = print('x')", "x = (y := 3)", "x = await thing()",
    "await thing()", "math.pi = 3", "torch.allclose = lambda *a: True", "unknown[0] = 1",
    "with check(f) as c:\n    c.true(True, 'x')", "if x:\n    y = 1", "if True:\n    print(1)",
    "if True:\n    y = 1\n    z = unknown", "try:\n    y = 1\nfinally:\n    print(1)",
    "x = [models.random(seed=s) for s in range(3)]", "x = (lambda: models.load())()",
    "fs = [lambda: model]", "match 1:\n    case 1:\n        x = 1", "global g", "return 1",
    "x = yield", "x = await torch.later()", "x = (yield 1)",
]  # fmt: skip


@pytest.mark.parametrize("statement", KEPT)
def test_definitions_and_constants_survive(statement: str) -> None:
    assert sources(statement) == [statement]


@pytest.mark.parametrize("statement", LEFT_OUT)
def test_experiments_do_not(statement: str) -> None:
    assert sources(statement) == []


def test_calls_into_the_notebooks_own_functions_and_classes_are_experiments() -> None:
    cell = (
        "def f(): return 1\nclass C: pass\nx = f()\nc = C()\n"
        "y = [f() for _ in range(3)]\nz = f\nf[0] = 1"
    )
    assert sources(cell) == ["def f(): return 1", "class C: pass", "z = f"]


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("import labkit", "labkit.models.load()"), ("import labkit as lk", "lk.models.load()"),
        ("import labkit.models", "labkit.models.load()"),
        ("import labkit.data", "labkit.models.load()"),
        ("from labkit.models import load", "load()"), ("from labkit import *", "models.load()"),
        ("from labkit.models import load as data", "data()"),
        ("import matplotlib", "matplotlib.pyplot.figure()"),
        ("from matplotlib.pyplot import *", "figure()"),
        ("from matplotlib import pyplot as p", "p.figure()"),
        ("from logit_lens_helpers import components", "components(cache)"),
    ],
)  # fmt: skip
def test_an_experiment_module_is_known_under_every_name(line: str, call: str) -> None:
    kept = [k.source for k in survivors([line, f"x = {call}"]).kept]
    assert kept == [line]


def test_data_of_labkit_is_no_experiment() -> None:
    for line, call in [
        ("from labkit import data", "data.eiffel()"), ("import labkit.data as d", "d.eiffel()"),
        ("from labkit.data import eiffel", "eiffel()"), ("from labkit import data as d", "d.e()"),
    ]:  # fmt: skip
        assert len(survivors([line, f"x = {call}"]).kept) == 2


def test_constants_build_on_constants_and_experiments_spoil_what_builds_on_them() -> None:
    cells = ["A = 2", "B = A * 3\nC = [A, B]", "C += [4]", "M = models.load()", "N = M.cfg\nP = N"]
    assert sources(*cells) == ["A = 2", "B = A * 3", "C = [A, B]", "C += [4]"]
    assert survivors([SET_UP, *cells]).left_out == {"M": 5, "N": 6, "P": 6}


def test_names_asked_for_are_always_kept_whatever_their_value() -> None:
    cells = ["answer = find(model)", "answer, other = f(), 2", "final = torch.compile(final)"]
    assert sources(*cells, keep=("answer", "final")) == cells
    assert sources(*cells) == []


def test_an_answer_may_be_filled_in_item_by_item() -> None:
    cells = [
        "answer = {'layer': None, 'head': None}", "answer['layer'] = 3\nanswer['head'] = (1, 2)",
        "answer['layer'] = best(model)", "N = 2\nkeys = ['x']\nkeys[N - 2] = 'head'",
        "answer[where(model)] = 1", "answer[0][1] = 2",
    ]  # fmt: skip
    kept = sources(*cells, keep=("answer",))
    assert kept == [
        cells[0], *cells[1].split("\n"), cells[2], "N = 2", "keys = ['x']", "keys[N - 2] = 'head'",
    ]  # fmt: skip
    assert "answer['layer'] = best(model)" not in sources(*cells)


def test_a_method_patched_onto_a_class_of_the_notebook_is_kept() -> None:
    kept = ["class Lens: pass", "def forward(self, h): return h", "Lens.forward = forward",
            "Lens.size = 3"]  # fmt: skip
    assert sources(*kept, "Lens.weights = models.load()", "nn.Module.forward = forward") == kept


def test_redefinitions_are_kept_in_order() -> None:
    cells = ["def f(): return 1", "f_old = f\ndef f(): return f_old() + 1"]
    assert sources(*cells) == ["def f(): return 1", "f_old = f", "def f(): return f_old() + 1"]


def test_left_out_names_the_first_cell_and_forgets_what_is_defined_elsewhere() -> None:
    found = survivors(
        [
            "import torch",
            "logits = model(tokens)\nfor i, row in enumerate(logits):\n    best: int = row",
            "logits = 2 * logits",
            "with torch.no_grad() as g, open('x') as file:\n    def inside(): pass\n    import os",
            "squares = [n for n in logits]\nkept = late = model(1)",
            "late = 3",
        ]
    )
    assert found.left_out == {
        "logits": 2, "i": 2, "row": 2, "best": 2, "g": 4, "file": 4, "inside": 4, "os": 4,
        "squares": 5, "kept": 5,
    }  # fmt: skip
    assert found.names == {"torch", "late"}
    assert [k.source for k in found.kept] == ["import torch", "late = 3"]


def test_positions_count_cells_and_lines_from_one() -> None:
    cells = [
        "x = 1; y = [1,\n  2]; print(x); z = 3",
        "# words\n\n@wraps(f)\n@other\ndef f(): pass\n",
    ]
    found = survivors(cells).kept
    assert [(k.source, k.cell, k.line) for k in found] == [
        ("x = 1", 1, 1), ("y = [1,\n  2]", 1, 1), ("z = 3", 1, 2),
        ("@wraps(f)\n@other\ndef f(): pass", 2, 3),
    ]  # fmt: skip


def test_columns_count_bytes_and_lines_end_in_any_way() -> None:
    assert sources("é = 'ü'; z = '\U0001f600'; y = 1") == ["é = 'ü'", "z = '\U0001f600'", "y = 1"]
    for end in ("\n", "\r\n", "\r"):
        cell = f"x = 1{end}def f(a,{end}      b):{end}    return '''a{end}b'''{end}y = 2"
        kept = survivors([cell]).kept
        assert [(k.line, k.source.split("(")[0]) for k in kept] == [
            (1, "x = 1"), (2, "def f"), (6, "y = 2"),
        ]  # fmt: skip
        space: dict[str, object] = {}
        for statement in kept:
            exec(statement.source, space)
        assert space["f"](1, 2) == "a\nb"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("%matplotlib inline\nx = 1", ["x = 1"]), ("!pip install torch\nx = 1", ["x = 1"]),
        ("x = 1\nfiles = !ls\n?x\nx??", ["x = 1"]), ("%time y = f()\nx = 1", ["x = 1"]),
        ("%%time\nx = 1", ["x = 1"]), ("\n\n  %%capture out\n%%time\nx = 1", ["x = 1"]),
        ("%%bash\nrm -rf /\nx = 1", []), ("%%writefile f.py\nx = 1", []), ("%%html\n<b>x</b>", []),
        (">>> x = 1\n>>> y = 2", ["x = 1", "y = 2"]),
        ("    x = 1\n    def f():\n        return x", ["x = 1", "def f():\n    return x"]),
        ("x = 1  # why?", ["x = 1"]), ("x = 7\\\n  % 4", ["x = 7\\\n  % 4"]),
        ("x = (7\n% 4)\n!ls", ["x = (7\n% 4)"]),
        ("def f():\n    '''100%?'''\n    return 1\n%timeit f()",
         ["def f():\n    '''100%?'''\n    return 1"]),
    ],
)  # fmt: skip
def test_ipython_in_a_cell_costs_nothing_else_in_it(cell: str, kept: list[str]) -> None:
    found = survivors([cell])
    assert [k.source for k in found.kept] == kept
    assert found.broken == {}


def test_lines_after_a_cell_magic_keep_their_numbers() -> None:
    (kept,) = survivors(["\n%%time\n\ndef f():\n    return 1"]).kept
    assert (kept.source, kept.line) == ("def f():\n    return 1", 4)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("def f(:\n  pass", "line 1"), ("x = 1\ny = = 2", "line 2"), ("x = '''", "unterminated"),
        ("this is not python at all", "invalid syntax"), ("x = 1\n  y = 2", "unexpected indent"),
        ("if True:\n\tx = 1\n        y = 2", "inconsistent use of tabs"), ("x = \x00", "null"),
        ("x = '\ud800'", "surrogates"), ("\ufeffx = 1", "U+FEFF"),
        ("%x\n'\ud800'", "surrogates"), ("x = " + "(" * 300, "nested parentheses"),
        ("x = " + "-" * 20000 + "1", ""), ("x = a" + ".b" * 5000, "recursion"),
        ("!ls\n" * 41, "more than 40 magics"), ("%ls\n" * 20000, "more than 40 magics"),
        ("(" * 5000 + "\n!ls", ""),
    ],
    ids=lambda part: repr(part[:25]),
)  # fmt: skip
def test_a_broken_cell_is_named_and_the_others_stand(cell: str, why: str) -> None:
    found = survivors(["x = 1", cell, "def f(): return x"])
    assert [k.cell for k in found.kept] == [1, 3]
    assert list(found.broken) == [2]
    assert why in found.broken[2]
    assert found.broken[2].strip()
    assert found.broken[2].encode()  # can be written into a report


def test_a_chain_of_elif_of_any_length_is_read() -> None:
    for length in (10, 100, 2000):
        chain = "if 0:\n    x = 0\n" + "".join(f"elif 0:\n    x = {n}\n" for n in range(length))
        found = survivors([chain, "y = 1"])
        assert found.kept[-1].source == "y = 1"
        assert "x" in found.names or found.left_out == {"x": 1}
        assert ("x" in found.names) == (length < 500)


def test_a_strings_invalid_escape_is_no_warning_of_ours() -> None:
    assert sources(r"""P = "\d+\s" """) == [r'''P = "\d+\s"''']  # warnings are errors in our tests


def test_empty_cells_and_no_cells_give_nothing() -> None:
    assert survivors([]) == Survivors()
    assert survivors(["", "   \n\t\n", "# words only", "\\\n"]).kept == []


def test_loaded_names_are_what_a_piece_of_code_reads() -> None:
    tree = ast.parse(
        "def f(x, y=DEFAULT):\n    z = x + LAYER\n    return g(z)[i].attr, lambda q: w"
    )
    assert loaded_names(tree) == {"DEFAULT", "x", "LAYER", "g", "z", "i", "w"}


def test_damaged_cells_never_raise_and_what_is_kept_always_parses() -> None:
    draw = random.Random(11)
    statements = [*KEPT, *LEFT_OUT, "%time x", "!ls", "x?", SET_UP]
    kept = broken = 0
    for _ in range(400):
        cell = list("\n".join(draw.sample(statements, draw.randint(1, 3))))
        for _ in range(draw.randint(0, 2)):
            cell.insert(draw.randrange(len(cell) + 1), draw.choice("\r\t\n%!?(['\"\\\x00\x0c:=é;@"))
        found = survivors([SET_UP, "".join(cell[: draw.choice([None, None, len(cell) // 2])])])
        kept += sum(statement.cell == 2 for statement in found.kept)
        broken += len(found.broken)
        for statement in found.kept:
            ast.parse(statement.source)
    assert kept > 100
    assert broken > 50


def test_what_a_left_out_branch_defines_is_not_known_after_it() -> None:
    experiment = (
        "if True:\n    size = 3\n    def twice(x):\n        return 2 * x\n    print(size)\n"
    )
    found = survivors([experiment, "if True:\n    half = 0.5\n", "a = size\nb = half\n"])
    assert [kept.source for kept in found.kept] == ["if True:\n    half = 0.5", "b = half"]
    assert found.names == {"half", "b"}
    assert found.left_out == {"size": 1, "twice": 1, "a": 3}


def test_a_statement_is_cut_out_of_a_long_line() -> None:
    found = survivors(["é = 1; b = 2;c=3  # done"])
    assert [kept.source for kept in found.kept] == ["é = 1", "b = 2", "c=3"]
