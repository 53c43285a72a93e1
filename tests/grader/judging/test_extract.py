"""From a notebook, however damaged, to the program a worker runs: or one sentence why not."""

from __future__ import annotations

import copy
import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest

from grader.judging import extract as extraction
from grader.judging.extract import Unreadable, extract, literal, needed, uses
from grader.line.faults import NOT_WRITTEN
from grader.records import Program, Statement

EXERCISES = ["final_norm", "Lens", "answer"]
IMPORTS = "import torch\nfrom torch import nn\nfrom labkit import check, models, plots\n"
NORM = "def final_norm(x):\n    return x / SIZE\n"
LENS = "class Lens(nn.Module):\n    def forward(self, h):\n        return final_norm(h)\n"
ANSWER = 'answer = {"layer": 3}\n'


def code(source: str, grade_id: str = "") -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": grade_id, "solution": True}} if grade_id else {}
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [],
            "execution_count": None, "id": f"i{abs(hash(source)) % 1000}"}  # fmt: skip


def notebook(*cells: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


def whole() -> dict[str, Any]:
    words = {"cell_type": "markdown", "source": "# Title", "metadata": {}, "id": "m"}
    return notebook(words, code(IMPORTS), code("SIZE = 2"), code(NORM, "final_norm"),
                    code("with check(final_norm) as c:\n    c.true(1, '')", "check_final_norm"),
                    code(LENS, "Lens"), code("lens = Lens()\nplots.lines(lens(1))"),
                    code(ANSWER, "answer"))  # fmt: skip


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Write a document (or raw bytes) as a notebook, and extract it."""

    def read(document: Any) -> Program:
        path = tmp_path / "logit_lens.ipynb"
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        path.write_bytes(data)
        return extract(path, EXERCISES)

    return read


def text(program: Program) -> list[str]:
    return [statement.source for statement in program.statements]


WHOLE = [*IMPORTS.strip().split("\n"), "SIZE = 2", NORM.strip(), LENS.strip(), ANSWER.strip()]


def test_a_whole_notebook_gives_its_definitions_and_constants(read: Any) -> None:
    program = read(whole())
    assert text(program) == WHOLE
    assert [s.cell for s in program.statements] == [1, 1, 1, 2, 3, 5, 7]
    assert program.left_out == {"c": 4, "lens": 6}
    assert program.notes == ()
    assert program.broken == {}


# What costs a student nothing -------------------------------------------------------------


def _lines(document: dict[str, Any]) -> None:
    for cell in document["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)


def _no_metadata(document: dict[str, Any]) -> None:
    del document["metadata"], document["nbformat_minor"]
    for cell in document["cells"]:
        for key in ("metadata", "id", "outputs", "execution_count"):
            cell.pop(key, None)


def _null_metadata(document: dict[str, Any]) -> None:
    document["metadata"] = None
    for number, cell in enumerate(document["cells"]):
        cell["metadata"] = [None, [], "x", 3, {"nbgrader": None}, {"nbgrader": []},
                            {"nbgrader": {"grade_id": 3}}, {"nbgrader": "x"}][number]  # fmt: skip


def _strange_cells(document: dict[str, Any]) -> None:
    strange = [None, 3, "text", [], {}, {"cell_type": None}, {"cell_type": "code"},
               {"cell_type": ["code"], "source": "x = 1"}, {"cell_type": "code", "source": None},
               {"cell_type": "code", "source": {}}, {"cell_type": "code", "source": [1, None]},
               {"cell_type": "raw", "source": "final_norm = 1"}]  # fmt: skip
    document["cells"] += strange


def _outputs(document: dict[str, Any]) -> None:
    image = {"output_type": "display_data", "data": {"image/png": "A" * (1 << 20)}, "metadata": {}}
    document["cells"][6]["outputs"] = [image] * 20
    document["cells"][5]["outputs"] = "not a list"


def _widgets(document: dict[str, Any]) -> None:
    document["metadata"] = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": 1}}}


def _deep_outputs(document: dict[str, Any]) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    document["cells"][5]["outputs"] = deep


def _numbers(document: dict[str, Any]) -> None:
    document["nbformat"], document["nbformat_minor"] = 5.5, float("nan")


def _version(document: dict[str, Any]) -> None:
    document["nbformat"] = "four"


def _no_version(document: dict[str, Any]) -> None:
    del document["nbformat"]


@pytest.mark.parametrize(
    "damage",
    [_lines, _no_metadata, _null_metadata, _strange_cells, _outputs, _widgets, _deep_outputs,
     _numbers, _version, _no_version],
)  # fmt: skip
def test_damage_outside_the_code_costs_nothing(read: Any, damage: Any) -> None:
    document = whole()
    damage(document)
    program = read(document)
    assert text(program) == WHOLE
    assert program.notes == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_unicode_encoding_is_read(read: Any, encoding: str) -> None:
    document = whole()
    document["cells"].append(code("NAME = 'é\U0001f600'"))
    program = read(json.dumps(document, ensure_ascii=False, indent=1).encode(encoding))
    assert text(program) == [*WHOLE, "NAME = 'é\U0001f600'"]


def test_windows_line_ends_are_read(read: Any) -> None:
    document = whole()
    for cell in document["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    program = read(json.dumps(document, indent=1).replace("\n", "\r\n").encode())
    assert [t.replace("\r", "") for t in text(program)] == WHOLE
    assert [s.line for s in program.statements] == [1, 2, 3, 1, 1, 1, 1]


def test_an_old_notebook_format_is_read(read: Any) -> None:
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in whole()["cells"]]
    for cell in cells:
        del cell["source"]
    for version in (2, 3):
        for sheets in ([{"cells": cells}], [{"cells": cells[:3]}, {"cells": cells[3:]}]):
            document = {"nbformat": version, "metadata": {"name": ""}, "worksheets": sheets}
            assert text(read(document)) == WHOLE


def test_reordered_cells_are_run_as_they_stand(read: Any) -> None:
    document = whole()
    cells = document["cells"]
    cells[3], cells[5] = cells[5], cells[3]
    cells.append(cells.pop(2))
    program = read(document)
    assert sorted(text(program)) == sorted(WHOLE)
    assert program.notes == ()


def test_merged_and_split_cells_are_read(read: Any) -> None:
    merged = notebook(code("\n".join([IMPORTS, "SIZE = 2", NORM, LENS, "fig = plots.x()", ANSWER])))
    assert text(read(merged)) == WHOLE
    split = notebook(*(code(source) for source in WHOLE))
    assert text(read(split)) == WHOLE


def test_a_magic_a_shell_line_and_a_question_cost_nothing(read: Any) -> None:
    document = whole()
    document["cells"][3]["source"] = f"%%time\n%matplotlib inline\n!nvidia-smi\n{NORM}final_norm?\n"
    program = read(document)
    assert text(program) == WHOLE
    assert program.broken == {}


def test_twenty_megabytes_of_output_are_read_quickly(read: Any) -> None:
    document = whole()
    _outputs(document)
    data = json.dumps(document).encode()
    assert len(data) > 20 << 20
    started = time.process_time()
    assert len(text(read(data))) == len(WHOLE)
    assert time.process_time() - started < 2


# What is named --------------------------------------------------------------------------


def test_a_syntax_error_costs_its_own_cell_and_is_named(read: Any) -> None:
    for source in ("def final_norm(x):\n    return x +\n", "def final_norm(x:\n    return x\n",
                   "    @ torch\n  def final_norm(x): pass\n", "final_norm = = 3"):  # fmt: skip
        document = whole()
        document["cells"][3]["source"] = source
        program = read(document)
        assert text(program) == [s for s in WHOLE if s != NORM.strip()]
        assert list(program.broken) == ["final_norm"]
        assert program.broken["final_norm"].startswith("code cell 3 is not valid Python: ")
        assert program.notes == ()


def test_a_merge_conflict_within_a_cell_is_named(read: Any) -> None:
    document = whole()
    source = document["cells"][3]["source"]
    document["cells"][3]["source"] = f"<<<<<<< HEAD\n{source}\n=======\n{source}\n>>>>>>> mine\n"
    assert "marks of a merge conflict" in read(document).broken["final_norm"]


def test_what_a_notebook_server_sent_is_read(read: Any) -> None:
    answer = {"name": "lens.ipynb", "type": "notebook", "content": whole()}
    assert text(read(answer)) == WHOLE


def test_a_broken_cell_is_known_by_its_metadata_or_by_what_it_seems_to_define(read: Any) -> None:
    by_id = whole()
    by_id["cells"][5]["source"] = "clas Lens(nn.Module):\n  pass"
    assert list(read(by_id).broken) == ["Lens"]
    by_text = whole()
    by_text["cells"][7] = code("answer = {'layer': 3\n")
    assert list(read(by_text).broken) == ["answer"]
    other = whole()
    other["cells"].append(code("answers = [\nmy_answer = 3\ndef final_normal(:"))
    assert read(other).broken == {}


def test_an_exercise_that_is_also_written_properly_elsewhere_is_not_broken(read: Any) -> None:
    document = whole()
    document["cells"].append(code("def final_norm(x:\n"))
    program = read(document)
    assert program.broken == {}
    assert text(program) == WHOLE


def test_a_cell_twice_is_noted_and_the_last_one_counts(read: Any) -> None:
    document = whole()
    later = code("def final_norm(x):\n    return 2 * x\n", "final_norm")
    document["cells"].append(later)
    program = read(document)
    assert text(program)[-1] == later["source"].strip()
    assert program.notes == (
        "'final_norm' is defined in code cells 3 and 8; the last one was graded",
    )


def test_two_definitions_are_noted_wherever_they_stand(read: Any) -> None:
    above = whole()
    above["cells"].insert(1, code("def final_norm(x):\n    raise NotImplementedError()\n"))
    assert text(read(above))[-3] == NORM.strip()
    assert read(above).notes == (
        "'final_norm' is defined in code cells 1 and 4; the last one was graded",
    )
    same_cell = whole()
    again = NORM.replace("return", "return 0 *")
    same_cell["cells"][3] = code(f"{again}\n\n{NORM}", "final_norm")
    assert read(same_cell).notes == (
        "'final_norm' is defined 2 times in code cell 3; the last one was graded",
    )
    step_by_step = whole()
    step_by_step["cells"][7] = code("answer = {}\nanswer = {'layer': 3}", "answer")
    assert read(step_by_step).notes == ()
    emptied = whole()
    emptied["cells"].append(code("# tried something here", "final_norm"))
    assert read(emptied).notes == (
        "cell 'final_norm' stands 2 times in the notebook; "
        "the one that defines it, code cell 3, was graded",
    )


def test_a_second_definition_that_is_no_python_is_noted(read: Any) -> None:
    document = whole()
    document["cells"].append(code("def final_norm(x:\n"))
    (note,) = read(document).notes
    assert note.startswith("code cell 8 is not valid Python: ")
    assert note.endswith("; the 'final_norm' of code cell 3 was graded")


def test_a_function_whose_cell_lost_its_metadata_is_found_by_its_name(read: Any) -> None:
    def lost(document: dict[str, Any]) -> dict[str, Any]:
        document["cells"][3]["metadata"] = {}
        return document

    no_id = lost(whole())
    del no_id["cells"][3]["id"]
    moved = lost(whole())
    moved["cells"].append(moved["cells"].pop(3))
    merged = lost(whole())
    merged["cells"][3]["source"] += "\nwith check(final_norm) as c:\n    c.true(1, '')\n" + LENS
    del merged["cells"][4:6]
    for document in (lost(whole()), no_id, moved, merged):
        program = read(document)
        assert sorted(text(program)) == sorted(WHOLE)
        assert (program.notes, program.broken) == ((), {})


def test_an_exercise_that_no_cell_runs_is_said_with_its_place(read: Any) -> None:
    for change, words in (
        ({"cell_type": "markdown"}, "stands in a markdown cell, which is not run"),
        ({"cell_type": "raw", "metadata": {}}, "stands in a raw cell"),
        ({"cell_type": None}, "stands in a damaged cell"),
        ({"source": f"%%writefile norm.py\n{NORM}"}, "code cell 3 begins with %%writefile"),
        ({"source": f"%%bash\n{NORM}", "metadata": {}}, "code cell 3 begins with %%bash"),
        ({"source": 3}, "cell 'final_norm' is damaged"),
        ({"source": ["def ", 3]}, "cell 'final_norm' is damaged|not valid Python"),
        ({"source": "for _ in range(1):\n    def final_norm(x): return x"}, "made by code cell 3"),
    ):
        document = whole()
        document["cells"][3].update(change)
        program = read(document)
        assert re.search(words, program.broken["final_norm"])
        assert program.notes == ()


def test_an_imported_exercise_is_in_the_notebook(read: Any) -> None:
    document = whole()
    document["cells"][3]["source"] = "from mine import norm as final_norm"
    program = read(document)
    assert (program.notes, program.broken) == ((), {})
    assert "from mine import norm as final_norm" in text(program)


def test_one_letter_of_another_encoding_costs_nothing_but_a_note(read: Any) -> None:
    document = whole()
    document["cells"][0]["source"] = "caf\xe9"
    program = read(json.dumps(document, ensure_ascii=False).encode("latin-1"))
    assert text(program) == WHOLE
    assert program.notes == (
        "the file is not valid UTF-8: letters outside ASCII may be wrong in it",
    )


def test_what_a_crash_or_an_editor_leaves_around_a_notebook_costs_nothing(read: Any) -> None:
    data = json.dumps(whole()).encode()
    for spoilt in (data + b"\0" * 512, b"\xef\xbb\xbf" * 2 + data, b"\n\n" + data + b"\r\n",
                   data.replace(b"# Title", b"# Title\x01\n"),
                   data.replace(b'"execution_count": null', b'"execution_count": ' + b"9" * 5000)
                   ):  # fmt: skip
        program = read(spoilt)
        assert text(program) == WHOLE
        assert program.notes == ()


def test_a_removed_or_renamed_exercise_is_noted(read: Any) -> None:
    document = whole()
    document["cells"][3]["source"] = "def my_norm(x):\n    return x\n"
    del document["cells"][7]
    assert read(document).notes == (
        "'final_norm' is not in the notebook: code cell 3 defines 'my_norm' in its place",
        "'answer' is not in the notebook: its cell was removed or renamed",
    )
    assert len(read(notebook()).notes) == 3
    assert read(notebook()).statements == ()


@pytest.mark.parametrize(
    "source",
    [
        "final_norm = lambda x: x", "final_norm = torch.nn.functional.normalize",
        "async def final_norm(x): return x", "class final_norm: pass",
        "if torch.cuda.is_available():\n    def final_norm(x): return 1\nelse:\n"
        "    def final_norm(x): return 2",
        "try:\n    from fast import norm\n    final_norm = norm\nexcept ImportError:\n"
        "    def final_norm(x): return x",
        "@torch.no_grad()\ndef final_norm(x): return x", "final_norm: object = make(model)",
        "other, final_norm = make(model)", "final_norm = wrap(best(model))",
    ],
)  # fmt: skip
def test_an_exercise_may_be_defined_in_any_way(read: Any, source: str) -> None:
    document = whole()
    document["cells"][3] = code(source)
    program = read(document)
    assert text(program)[4] == source
    assert program.notes == ()


def test_a_local_variable_of_that_name_is_no_definition(read: Any) -> None:
    inside = "if True:\n    def helper():\n        final_norm = 1\n        return final_norm"
    program = read(notebook(code(inside), code(LENS), code(ANSWER)))
    assert program.notes == (
        "'final_norm' is not in the notebook: its cell was removed or renamed",
    )


def test_a_later_experiment_may_redefine_an_exercise(read: Any) -> None:
    document = whole()
    again = "final_norm = torch.compile(final_norm)"
    document["cells"].append(code(f"{again}\nLens.extra = final_norm\nanswer['head'] = (1, 2)"))
    assert text(read(document))[-3:] == [
        again,
        "Lens.extra = final_norm",
        "answer['head'] = (1, 2)",
    ]


# What cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"), (b" \n\t ", "empty"), (b"\xef\xbb\xbf", "empty"),
        (b"{", "not valid JSON"), (b"{}", "not a notebook"), (b"[]", "not a notebook"),
        (b"[{}]", "not a notebook"), (b"null", "not a notebook"), (b'"text"', "not a notebook"),
        (b"NaN", "not a notebook"), (b"3", "not a notebook"), (b'{"a": 1}', "not a notebook"),
        (b"print('hello')", "not valid JSON"), (b"%PDF-1.7 \x00\x01\xe2\xe3", "not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"), (b"PK\x03\x04\x14\x00\xff\xfe", "is a zip"),
        ("'nbformat': 'é'".encode("latin-1"), "not text"),
        ("{'nbformat': 'é'}".encode("latin-1"), "not valid JSON"),
        (b'{"cells": [}', "not valid JSON"),
        (b"[" * 100_000, "too deep"), (b'{"cells":' * 100_000, "too deep"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "no list of cells"),
        (b"\xff\xfe{\x00", "not valid JSON"), (b"\xff\xfe{\x00\x00\xd8", "not valid JSON"),
        (b"<!DOCTYPE html><html>", "web page"), (b"\0" * 64, "empty"),
        (b'{&quot;cells&quot;: []}', "quotes were turned into &quot;"),
        (b'{"cells": [\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> b\n]}', "merge conflict"),
        (b'{"nbformat": 4}', "damaged"), (b'{"nbformat": 4, "cells": null}', "damaged"),
        (b'{"nbformat": 4, "cells": NaN}', "damaged"), (b'{"cells": "text"}', "damaged"),
        (b'{"nbformat": 4, "cells": {"cell_type": "code"}}', "damaged"),
        (b'{"nbformat": 3, "worksheets": [{"cells": 3}]}', "damaged"),
        (b'{"nbformat": 3, "worksheets": []}', "damaged"),
        (b'{"nbformat": 3, "worksheets": [null, 1]}', "damaged"),
        (b'{"nbformat": 3, "worksheets": "text"}', "damaged"),
    ],
    ids=lambda part: repr(part[:30]),
)  # fmt: skip
def test_what_is_no_notebook_is_one_sentence(read: Any, data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words) as caught:
        read(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_every_truncation_is_a_reason(read: Any) -> None:
    data = json.dumps(whole(), indent=1).encode()
    for cut in range(1, len(data) - 1, 37):
        with pytest.raises(Unreadable, match=r"not valid JSON.*cut off"):
            read(data[:cut])


def test_what_is_over_a_limit_is_a_reason(
    read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unreadable, match="5001 cells, over the limit of 5000"):
        read(notebook(*[code("")] * 5001))
    with pytest.raises(Unreadable, match="characters of code, over the limit"):
        read(notebook(*[code("x = 1\n" * 10_000)] * 10))
    with (tmp_path / "huge.ipynb").open("wb") as file:
        file.truncate(extraction.MAX_BYTES + 1)
    with pytest.raises(Unreadable, match="64 MB, over the limit of 64 MB: clear the outputs"):
        extract(tmp_path / "huge.ipynb", EXERCISES)


def test_a_file_that_cannot_be_opened_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "dangling.ipynb").symlink_to(tmp_path / "nowhere")
    for name in ("gone.ipynb", "folder.ipynb", "dangling.ipynb"):
        with pytest.raises(Unreadable, match="cannot be opened: "):
            extract(tmp_path / name, EXERCISES)


def test_code_that_no_python_can_read_is_that_cells_problem(read: Any) -> None:
    for source in ("x = '\ud800'", "\x00", "(" * 100_000, "x = " + "-" * 50_000 + "1", "def f(:",
                   "if 0:\n  y = 1\n" + "elif 0:\n  y = 1\n" * 3000, "!a\n" * 9000,
                   "(\n" + "\n" * 60_000, "(" + " \t" * 30_000,
                   "?" + "\n" * 60_000 + "("):  # fmt: skip
        document = whole()
        document["cells"].insert(1, code(source))
        program = read(document)
        assert text(program)[-len(WHOLE) :] == WHOLE
        assert program.notes == ()


def test_two_hundred_mutants_each_give_a_program_or_a_reason(read: Any) -> None:
    draw = random.Random(7)
    read_well = 0
    reasons = []
    junk = [
        None,
        True,
        -1,
        1.5,
        "",
        "\ud800",
        [],
        {},
        [None],
        {"cells": []},
        "%%x",
        "def final_norm(",
    ]
    for _ in range(200):
        document = copy.deepcopy(whole())
        for _ in range(draw.randint(1, 3)):
            place: Any = document
            while isinstance(place, dict | list) and len(place):
                key = draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
                if draw.random() < 0.4 or not isinstance(place[key], dict | list):
                    place[key] = draw.choice(junk)
                    break
                place = place[key]
        data = bytearray(json.dumps(document).encode())
        if draw.random() < 0.3:
            data[draw.randrange(len(data))] = draw.randrange(256)
        try:
            program = read(bytes(data))
            for name in EXERCISES:
                uses(program, name)
                literal(program, name)
            needed(program, EXERCISES)
            read_well += 1
        except Unreadable as error:
            reasons.append(str(error))
    assert read_well > 50
    assert len(reasons) > 20
    assert all(reason.strip() for reason in reasons)


# What the rest of the grader asks of a program ------------------------------------------------


def test_uses_follows_the_notebooks_own_code(read: Any) -> None:
    program = read(whole())
    assert uses(program, "final_norm") == {"x", "SIZE"}
    assert uses(program, "Lens") == {"nn", "final_norm", "h", "x", "SIZE"}
    assert uses(program, "nowhere") == set()
    loop = read(notebook(code("def a(): return b()\ndef b(): return a()")))
    assert uses(loop, "a") == {"a", "b"}


def test_needed_keeps_imports_and_what_names_lead_to(read: Any) -> None:
    document = whole()
    document["cells"].insert(4, code("UNUSED = 3\ndef other(): pass\nD = {}\nD[SIZE] = final_norm"))
    program = read(document)
    imports = WHOLE[:3]
    assert text(needed(program, ["final_norm"])) == [*imports, "SIZE = 2", NORM.strip()]
    assert text(needed(program, ["Lens"])) == [*imports, "SIZE = 2", NORM.strip(), LENS.strip()]
    assert text(needed(program, ["other"])) == [*imports, "def other(): pass"]
    assert text(needed(program, ["D"])) == [
        *imports, "SIZE = 2", NORM.strip(), "D = {}", "D[SIZE] = final_norm",
    ]  # fmt: skip
    assert text(needed(program, [])) == imports


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("name = 'ada'", "ada"), ("name: str = 'ada'", "ada"), ("name = 'a'\nname = 'b'", "b"),
        ("name = {'a': (1, [2])}", {"a": (1, [2])}), ("name = 'a'\nname = make()", None),
        ("name = 'a' + 'b'", None), ("name: str", None), ("def name(): pass", None),
        ("name = -1", -1), ("name = " + "(" * 90 + "1" + ")" * 90, 1), ("name = f'x'", None),
    ],
)  # fmt: skip
def test_literal_reads_a_literal_and_runs_nothing(source: str, value: object) -> None:
    statements = tuple(Statement(s, 1, n) for n, s in enumerate(source.split("\n"), 1))
    assert literal(Program(statements), "name") == value


GIVEN = 'def final_norm(x):\n    """Normalise."""\n    raise NotImplementedError()\n'


@pytest.mark.parametrize("source", [GIVEN, "def final_norm(x): raise NotImplementedError"])
def test_what_was_never_begun_is_not_tried(read: Any, source: str) -> None:
    program = read(notebook(code(IMPORTS), code(source, "final_norm")))
    assert program.broken == {"final_norm": NOT_WRITTEN}


@pytest.mark.parametrize(
    "more",
    [NORM, "final_norm = torch.relu",
     "from somewhere import final_norm", "from somewhere import *"],
)  # fmt: skip
def test_what_another_cell_may_have_written_is_tried(read: Any, more: str) -> None:
    for cells in ([GIVEN, more], [more, GIVEN]):
        assert read(notebook(code(IMPORTS), *map(code, cells))).broken == {}


@pytest.mark.parametrize(
    "source",
    ["def final_norm(x):\n    if x:\n        raise NotImplementedError\n    return x",
     "@torch.no_grad()\ndef final_norm(x):\n    raise NotImplementedError",
     "def final_norm(x):\n    raise ValueError", "def final_norm(x):\n    pass"],
)  # fmt: skip
def test_what_was_begun_is_tried(read: Any, source: str) -> None:
    assert read(notebook(code(IMPORTS), code(source))).broken == {}


def test_a_cell_that_was_read_before_is_read_alike(read: Any) -> None:
    long = "x = 1\n" * 2_000  # too long to be kept
    for _ in range(2):
        program = read(notebook(code(IMPORTS), code(NORM), code(long)))
        assert len(program.statements) == 3 + 1 + 2_000
        assert program.statements[3] == Statement(NORM.rstrip(), 2, 1)


def _spent(action: Any) -> float:
    started = time.process_time()
    action()
    return time.process_time() - started


@pytest.mark.parametrize(
    "cell",
    ["*" * 100_000 + " ?\n", "a" * 100_000 + "?\n",
     "if 1:\n a = 1\n" + ("elif 1:\n" + " a = 1;" * 15 + "\n") * 90 * 8,
     "if 1:\n" + " a = 1\n" * 60_000],
    ids=["stars", "help", "elif", "flat"],
)  # fmt: skip
def test_no_cell_takes_longer_than_its_length(read: Any, cell: str) -> None:
    # Quadratic, each of them took a minute and more; the machine's speed does not matter.
    assert _spent(lambda: read(notebook(code(IMPORTS), code(NORM), code(cell)))) < 10


@pytest.mark.parametrize(
    ("cell", "said"),
    [("with torch.no_grad():\n    def final_norm(x):\n        return x", "code cell 3 inside"),
     ("%%script python\n" + NORM, "code cell 3 begins with %%script"),
     (NORM + "oops(", "code cell 3 is not valid Python")],
    ids=["inside", "magic", "invalid"],
)  # fmt: skip
def test_what_was_written_elsewhere_than_given_is_named(read: Any, cell: str, said: str) -> None:
    program = read(notebook(code(IMPORTS), code(GIVEN, "final_norm"), code(cell)))
    assert said in program.broken["final_norm"]


def test_what_stands_in_a_text_cell_is_named(read: Any) -> None:
    words = {"cell_type": "markdown", "source": NORM, "metadata": {}, "id": "m"}
    program = read(notebook(code(IMPORTS), code(GIVEN, "final_norm"), words))
    assert "stands in a markdown cell" in program.broken["final_norm"]


@pytest.mark.parametrize(
    "helper",
    ["def put(f):\n    global final_norm\n    final_norm = f\n    return f",
     "def put(f):\n    globals()['final_norm'] = f\n    return f",
     "import sys\ndef put(f):\n    setattr(sys.modules['__main__'], f.__name__, f)"],
)  # fmt: skip
def test_what_may_be_set_from_afar_is_tried(read: Any, helper: str) -> None:
    own = "@put\ndef mine(x):\n    return x"
    program = read(notebook(code(IMPORTS), code(GIVEN), code(helper), code(own)))
    assert program.broken == {}


def test_a_magics_endless_name_is_cut(read: Any) -> None:
    program = read(notebook(code(IMPORTS), code("%%" + "a" * 100_000 + "\n" + NORM)))
    assert len(program.broken["final_norm"]) < 300


def test_json_that_unfolds_in_memory_is_refused(read: Any) -> None:
    document = json.dumps(notebook(code(NORM)))
    assert document.startswith("{")
    unfolding = '{"x": [' + "{}," * (12 << 20) + "{}], " + document[1:]
    with pytest.raises(Unreadable, match="MB of memory"):
        read(unfolding.encode())
    assert read(notebook(code(NORM))).broken == {}  # and the next is read as ever


def test_a_pointer_of_git_lfs_is_called_one(read: Any) -> None:
    with pytest.raises(Unreadable, match="Git LFS pointer"):
        read(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


def test_another_name_in_the_exercises_own_cell_is_named(read: Any) -> None:
    program = read(notebook(code(IMPORTS), code(NORM.replace("final", "Final"), "final_norm")))
    assert program.notes[0] == (
        "'final_norm' is not in the notebook: code cell 2 defines 'Final_norm' in its place"
    )
