"""What students type: IPython's extras, syntax errors, and other ways to define a function."""

from __future__ import annotations

import textwrap
from random import Random

from tests.fuzz.draft import DoesNotApply, Draft, Kept, Lost, Touched, defined, text

_HARMLESS = (
    "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n", "!pip install something\n",
    "files = !ls\n", "?print\n", "print?\n", "print??\n", "%%bash\necho 1\n",
    "%%html\n<b>x</b>\n", "%%javascript\nalert(1)\n", "%%latex\n$x$\n",
    "%%timeit\nsum(range(10))\n", "%%capture out\nx = 1\n",
    "%pdb on\n%time 1 + 1\n%run other.py\n%cd ..\n", "%%unheard_of_magic --flag\nx = = 1\n",
    "answer_typed = input('your name: ')\n", "import asyncio\nawait asyncio.sleep(0)\n",
    "slow = await asyncio.sleep(0, 3)\nasync with slow as s:\n    pass\n", "raise SystemExit\n",
    "exit()\n", "quit\n", "import sys\nsys.exit(1)\n", "while True:\n    pass\n",
    "assert False\n", "1 / 0\n", "undefined_name\n",
    "print((walrus := 3))\nif (n := 10) > 5:\n    m = n\n",
    "from math import *\nfrom os.path import *\n", "from a_file_of_my_own import *\n",
    "import a_file_of_my_own as mine\nfrom mine.deep import thing\n", "print 'hello'\n",
    "this is no python at all\n", "x = (((\n", "'''never closed\n", "def half(:\n",
    "\t x = 1\n  y = 2\n", "print(“smart quotes”)\n", "x\u00a0=\u00a01\n", "\x00\n",
    "\ufeffx = 1\n", "x = 1 \\", "\x0c\n\x0bx = 1\n", "# \u202e right to left\nx = 1\n",
    ">>> 1 + 1\n2\n", "In [3]: x = 1\nOut[3]: 1\n", "[" * 10_000 + "]" * 10_000,
    "x = '" + "a" * 300_000 + "'\n", "\n" * 100_000 + "(", "lambda: (yield)\n", "return 3\n",
    "yield 3\n", "break\n", "from __future__ import braces\n",
    "class Broken(metaclass=undefined): pass\n", "nonlocal x\n", "global x\nx = 1\n",
    "del print\n", "match 3:\n    case 3:\n        y = 1\n", "type Alias = int\n",
    "x: undefined[3] = 1\n", "from IPython.display import display\ndisplay(1)\n",
    "get_ipython().run_line_magic('who', '')\n", "%%writefile mine.py\nx = 1\n",
    "%%file mine.py\nx = 1\n", "def unused(a=undefined_name): pass\n",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show();\n", "!!!\n", ";;;\n", "%\n",
    "%%\n", "?\n",
)  # fmt: skip
_NEVER_PYTHON = (
    "    x = (1\n", "    s = 'never closed\n", "    s = '''never closed\n", "    print 'two'\n",
    "    s = “smart”\n", "    x\u00a0= 1\n", "\x00\n", "\tx = 1\n        y = 2\n",
    "    x = = 1\n", "    " + "(" * 10_000 + "\n", "    if x\n        pass\n", "    x = 1 +\n",
    "  y = 1\n   z = 2\n", "    x = 0777\n", "    x = 1__0_\n", "    exec 'x = 1'\n",
    "    raise E, 'm'\n", "    a <> b\n", "    x = '\\N{no such letter}'\n", "    x = '\\x1'\n",
    "    return = 3\n", "    f(**a, *b)\n", "    # \ud800\n", "    x = '\ud83d'\n",
    "    \ufeffx = 1\n", "    5x = 3\n", "    else:\n", "    x = $y\n",
)  # fmt: skip


def adds_a_cell(draw: Random, draft: Draft) -> Kept:
    """A cell of the student's own, with whatever people try, right or wrong."""
    draft.insert(draft.anywhere(draw), draw.choice(_HARMLESS))


def adds_many_cells(draw: Random, draft: Draft) -> Kept:
    """Ten such cells."""
    for source in draw.sample(_HARMLESS, 10):
        if len(source) < 10_000:
            draft.insert(draft.anywhere(draw), source)


def adds_each_harmless_cell(draw: Random, draft: Draft) -> Kept:
    """All such cells but the very long ones, one below the other."""
    draft.insert(len(draft.cells), *[source for source in _HARMLESS if len(source) < 10_000])


def adds_a_magic(draw: Random, draft: Draft) -> Kept:
    """Line magics, shell lines and questions in the exercise's own cell."""
    cell = draft.pick(draw)[1]
    extra = draw.choice(
        ["%matplotlib inline", "!ls -l", "?print", "print?", "%time 1 + 1", "%%time"]
    )
    cell["source"] = f"{extra}\n{text(cell)}"


def adds_a_magic_below(draw: Random, draft: Draft) -> Kept:
    """They stand below the function."""
    cell = draft.pick(draw)[1]
    cell["source"] = text(cell).rstrip("\n") + "\n\n%timeit 1 + 1\n!echo done\nprint?\n"


def writes_the_cell_to_a_file(draw: Random, draft: Draft) -> Touched:
    """A cell magic that does not run the cell as Python."""
    cell = draft.pick(draw)[1]
    names = frozenset(defined(cell))
    magic = draw.choice(["%%writefile mine.py", "%%bash", "%%markdown", "%%script python", "%%js"])
    cell["source"] = f"{magic}\n{text(cell)}"
    return names


def breaks_the_syntax(draw: Random, draft: Draft) -> Touched:
    """A line that is no Python, somewhere in the exercise's cell."""
    cell = draft.pick(draw)[1]
    names = frozenset(defined(cell))
    lines = text(cell).split("\n")
    lines.insert(draw.randint(1, len(lines)), draw.choice(_NEVER_PYTHON))
    cell["source"] = "\n".join(lines)
    return names


def drops_a_letter(draw: Random, draft: Draft) -> Touched:
    """A typing error, anywhere in the cell."""
    cell = draft.pick(draw)[1]
    names = frozenset(defined(cell))
    source = text(cell)
    place = draw.randrange(len(source))
    cell["source"] = (
        source[:place] + draw.choice(["", "x", "(", "'", "\t", "é", ":"]) + source[place + 1 :]
    )
    return names


def pastes_too_deep(draw: Random, draft: Draft) -> Kept:
    """The whole cell is indented, as pasted from a class: IPython takes that."""
    cell = draft.function(draw)[1]
    cell["source"] = textwrap.indent(text(cell), "    ")


def pastes_the_body_askew(draw: Random, draft: Draft) -> Touched:
    """One line of the body is indented wrong."""
    name, cell = draft.function(draw)
    lines = text(cell).split("\n")
    place = draw.randrange(1, len(lines))
    lines[place] = " " * draw.randint(1, 9) + lines[place].lstrip()
    cell["source"] = "\n".join(lines)
    return frozenset({name})


def pastes_prompts(draw: Random, draft: Draft) -> Kept:
    """The cell was copied out of a terminal."""
    cell = draft.function(draw)[1]
    first, *rest = text(cell).rstrip("\n").split("\n")
    cell["source"] = "\n".join([f">>> {first}", *(f"... {line}" for line in rest)])


def uses_other_line_ends(draw: Random, draft: Draft) -> Kept:
    """Windows' or an old Mac's."""
    end = draw.choice(["\r\n", "\r"])
    for cell in draft.of_kind("code"):
        cell["source"] = text(cell).replace("\n", end)


def adds_blank_lines(draw: Random, draft: Draft) -> Kept:
    """Thousands of empty lines above a function."""
    cell = draft.pick(draw)[1]
    cell["source"] = "\n" * 5_000 + text(cell)


def renames_the_function(draw: Random, draft: Draft) -> Touched:
    """It is called what the student likes better."""
    name, cell = draft.function(draw)
    cell["source"] = text(cell).replace(f"def {name}(", f"def my_{name}(")
    return frozenset({name})


def defines_it_twice(draw: Random, draft: Draft) -> Kept:
    """A first try stands above it in the same cell."""
    name, cell = draft.function(draw)
    cell["source"] = f"def {name}(*args):\n    return None\n\n\n{text(cell)}"


def defines_it_in_an_if(draw: Random, draft: Draft) -> Kept:
    """Below ``if True:``."""
    cell = draft.function(draw)[1]
    cell["source"] = "if True:\n" + textwrap.indent(text(cell), "    ")


def defines_it_in_a_try(draw: Random, draft: Draft) -> Kept:
    """In a ``try``."""
    cell = draft.function(draw)[1]
    body = textwrap.indent(text(cell), "    ").rstrip("\n")
    cell["source"] = f"try:\n{body}\nexcept ImportError:\n    pass\n"


def defines_it_in_a_loop(draw: Random, draft: Draft) -> Touched:
    """In a statement that grading does not run."""
    name, cell = draft.function(draw)
    head = draw.choice(
        ["for _ in range(1):", "with open('x') as f:", "while True:", "if undefined():"]
    )
    cell["source"] = f"{head}\n" + textwrap.indent(text(cell), "    ")
    return frozenset({name})


def defines_it_as_a_lambda(draw: Random, draft: Draft) -> Kept:
    """A name for a lambda that calls it."""
    name, cell = draft.function(draw)
    source = text(cell).replace(f"def {name}(", f"def _{name}(")
    cell["source"] = f"{source}\n\n{name} = lambda *args, **more: _{name}(*args, **more)\n"


def decorates_it(draw: Random, draft: Draft) -> Kept:
    """A decorator of the standard library, or of the student's own."""
    cell = draft.function(draw)[1]
    own = "def loud(f):\n    return lambda *args, **more: f(*args, **more)\n\n\n@loud\n"
    cell["source"] = draw.choice([own, "import functools\n@functools.wraps(print)\n"]) + text(cell)


def decorates_it_with_nothing_known(draw: Random, draft: Draft) -> Touched:
    """A decorator that is nowhere."""
    name, cell = draft.function(draw)
    cell["source"] = f"@undefined_decorator(3)\n{text(cell)}"
    return frozenset({name})


def makes_it_async(draw: Random, draft: Draft) -> Touched:
    """An ``async def``."""
    name, cell = draft.function(draw)
    cell["source"] = f"async {text(cell)}"
    return frozenset({name})


def makes_it_a_generator(draw: Random, draft: Draft) -> Touched:
    """It yields."""
    name, cell = draft.function(draw)
    cell["source"] = f"{text(cell).rstrip()}\n    yield 3\n"
    return frozenset({name})


def imports_it_from_nowhere(draw: Random, draft: Draft) -> Touched:
    """The function is in a file that was not handed in."""
    name, cell = draft.function(draw)
    cell["source"] = f"from my_functions import {name}\n"
    return frozenset({name})


def annotates_with_what_is_not_there(draw: Random, draft: Draft) -> Kept:
    """Annotations of the student's own that nothing evaluates."""
    name, cell = draft.function(draw)
    cell["source"] = (
        f"{text(cell)}\n\ndef _unused(x: Undefined['a b'] | 3) -> Nowhere[{name}]: ...\n"
    )
    lines = text(cell).split("\n")
    if lines[0].endswith("Tensor:"):
        lines[0] = lines[0].removesuffix("Tensor:") + 'Undefined[Float, "batch d"]:'
    cell["source"] = "\n".join(lines)


def leans_on_an_experiment(draw: Random, draft: Draft) -> Touched:
    """A default argument that only the notebook has."""
    name, cell = draft.function(draw)
    source = text(cell).replace(f"def {name}(", f"def _{name}(")
    head = f"tried = print(3)\n{source}\n\ndef {name}(*args, scale=tried.scale):\n"
    cell["source"] = f"{head}    return _{name}(*args)\n"
    return frozenset({name})


def asks_for_input(draw: Random, draft: Draft) -> Touched:
    """It calls ``input()``, or talks to IPython."""
    name, cell = draft.function(draw)
    line = draw.choice(
        ["input('go on? ')", "!ls", "%time", "get_ipython()", "breakpoint()", "exit()"]
    )
    cell["source"] = f"def {name}(*args):\n    {line}\n    return args[0]\n"
    return frozenset({name})


def returns_something_odd(draw: Random, draft: Draft) -> Touched:
    """Whatever may come back by mistake."""
    name, cell = draft.function(draw)
    value = draw.choice(
        ["None", "print", "float('nan')", "torch", "[[]] * 1000", "args", "'\\ud800'", "{1: {2}}",
         "object()", "10 ** 5000", "torch.empty(0)", "1j", "range(3)", "b''", "..."]
    )  # fmt: skip
    cell["source"] = f"def {name}(*args, **more):\n    return {value}\n"
    return frozenset({name})


def takes_it_away_again(draw: Random, draft: Draft) -> Touched:
    """A later cell gives the name to something else."""
    name = draft.pick(draw)[0]
    value = draw.choice(["None", "3", "undefined_name", "print", "[]"])
    draft.insert(len(draft.cells), f"{name} = {value}\n")
    return frozenset({name})


def shadows_torch(draw: Random, draft: Draft) -> Lost:
    """A variable has the name of a library."""
    draft.insert(len(draft.cells), draw.choice(["torch = 3\n", "import numpy as torch\n"]))
    return "all"


def repeats_a_failing_line(draw: Random, draft: Draft) -> Kept:
    """Hundreds of imports that fail."""
    draft.insert(len(draft.cells), *["import a_file_of_my_own\n"] * 300)


def changes_the_name(draw: Random, draft: Draft) -> Kept:
    """``student_name`` is something else, or gone: what matters is whose folder it is."""
    found = [cell for cell in draft.of_kind("code") if "student_name" in text(cell)]
    if not found:
        raise DoesNotApply
    value = draw.choice(
        [
            "3", "None", "[1, 2]", "'\u202eeve'", "'\\ud800'", "'" + "x" * 10_000 + "'", "f'{1}'",
            "''", "{'a': [1] * 9}", "input()", "'eve\\x00\\n\\x1b[31m'", "10 ** 9", "-1.5e400",
            "b'eve'",
        ]
    )  # fmt: skip
    draft.insert(draft.position(found[-1]) + 1, f"student_name = {value}\n")


def writes_a_very_long_line(draw: Random, draft: Draft) -> Lost:
    """A line of a million characters: over the limit, which is named."""
    draft.insert(len(draft.cells), "x = '" + "a" * 1_000_000 + "'\n")
    return "all"
