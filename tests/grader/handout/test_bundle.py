"""The bundle holds what a student needs and nothing more, and works in an empty folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader import seeds
from grader.course import labs
from grader.errors import UserError
from grader.handout import bundle

pytestmark = pytest.mark.xdist_group("course")
LAB = "07_entropy"
SECRET = seeds.Secret(b"a course secret of many bytes")


@pytest.fixture(scope="module")
def packed(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "deep" / "class.zip"
    assert bundle.write(released_course, path) > 10
    return path


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {
            name.removeprefix("interp-labs/"): archive.read(name) for name in archive.namelist()
        }


def test_it_holds_the_labs_labkit_and_the_set_up_files(packed: Path, released_course: Path) -> None:
    files = entries(packed)
    labkit = {
        str(p.relative_to(released_course))
        for p in (released_course / "labs/labkit").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert set(files) == labkit | {
        "README.md",
        "environment.yml",
        "pyproject.toml",
        "requirements.lock",
        f"labs/{LAB}/README.md",
        f"labs/{LAB}/entropy.ipynb",
        f"labs/{LAB}/entropy_helpers.py",
        f"labs/{LAB}/misconceptions.json",
    }
    for name, content in files.items():
        if name != "README.md":
            assert content == (released_course / name).read_bytes()


def test_its_readme_leads_to_the_labs(packed: Path) -> None:
    readme = entries(packed)["README.md"].decode()
    assert f"| 07 entropy | `labs/{LAB}/entropy.ipynb` |\n" in readme
    assert "{" not in readme
    commands = re.findall(r"^(?:pip|python) .*$", readme, re.MULTILINE)
    assert "pip install -c requirements.lock -e ." in commands


def test_it_holds_no_solution_hidden_check_or_misconception(
    packed: Path, released_course: Path
) -> None:
    everything = b"\n".join(entries(packed).values())  # weights too, which are no text
    assert b"BEGIN SOLUTION" not in everything
    checks = labs.find(released_course)[LAB].checks
    for path in checks.rglob("*.py"):
        for name in re.findall(r"^def (\w+)", path.read_text(), re.MULTILINE):
            assert f"def {name}".encode() not in everything
        # Lines of a check or a wrong solution, except what any program might say.
        for line in path.read_text().splitlines():
            if len(line.strip()) > 40 and not line.strip().startswith(('"""', "import", "from")):
                assert line.strip().encode() not in everything, line


def test_the_same_inputs_give_the_same_bytes_whatever_lies_in_labs(
    packed: Path, course: Path, tmp_path: Path
) -> None:
    for path in course.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    notebook = course / "labs" / LAB / "entropy.ipynb"
    notebook.write_text(notebook.read_text().replace("raise NotImplementedError()", "return 1"))
    (course / "labs" / LAB / "challenges").mkdir()
    (course / "labs" / LAB / "challenges" / "0.safetensors").write_bytes(b"somebody's")
    bundle.write(course, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_a_roster_adds_challenges_and_no_secret(
    course: Path, measured: None, own_helpers: None, tmp_path: Path
) -> None:
    helpers = course / "solutions" / LAB / "entropy_helpers.py"
    helpers.write_text(helpers.read_text() + '\nCHALLENGE = "induction"\n')
    (tmp_path / "class.csv").write_text("student\nada\ngrace\n")
    bundle.write(course, tmp_path / "class.zip", tmp_path / "class.csv", SECRET)
    files = entries(tmp_path / "class.zip")
    challenges = [name for name in files if name.startswith(f"labs/{LAB}/challenges/")]
    assert len(challenges) == 2
    assert SECRET.key not in b"".join(files.values())
    assert b"ada" not in b"".join(name.encode() for name in challenges)


def test_what_is_missing_is_one_line(course: Path, tmp_path: Path) -> None:
    target = tmp_path / "class.zip"
    with pytest.raises(UserError, match="go together"):
        bundle.write(course, target, roster=tmp_path / "class.csv")
    (course / "requirements.lock").unlink()
    with pytest.raises(UserError, match=r"needs requirements\.lock"):
        bundle.write(course, target)
    assert not target.exists()


def test_a_leak_in_labkit_stops_it(course: Path, measured: None, tmp_path: Path) -> None:
    (course / "labs/labkit/extra.py").write_text("log_p = torch.log_softmax(logits, dim=-1)\n")
    with pytest.raises(UserError, match=r"extra\.py: holds solution text of token_entropy"):
        bundle.write(course, tmp_path / "class.zip")
    assert not (tmp_path / "class.zip").exists()


TRY = """
import copy, json, sys
import nbclient, nbformat
notebook = nbformat.read("entropy.ipynb", as_version=4)
imports, exercise, check = [c for c in notebook.cells if c.cell_type == "code"][:3]
notebook.cells = [imports]
for body in sys.argv[1:]:
    written = copy.deepcopy(exercise)
    written.source = exercise.source.replace("raise NotImplementedError()", body)
    notebook.cells += [written, copy.deepcopy(check)]
nbclient.NotebookClient(notebook, kernel_name="python3").execute()
print(json.dumps([cell.outputs for cell in notebook.cells[2::2]]))
"""


def test_it_installs_in_an_empty_place_and_a_check_passes_there(
    packed: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path)
    home = tmp_path / "interp-labs"
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    _lend_packages(tmp_path / "lent", python)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    install = ["--python", str(python), "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", *install, "--no-index", "-e", str(home)],
        check=True,
        env=environment,
    )

    def run(*arguments: str, cwd: Path = home) -> str:
        done = subprocess.run(
            [str(python), *arguments], cwd=cwd, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run(
        "-c", "import importlib.util as u, labkit; print(labkit.__file__, u.find_spec('grader'))"
    )
    assert where.split() == [str(home / "labs/labkit/__init__.py"), "None"]
    folder = home / "labs" / LAB
    body = "return torch.distributions.Categorical(logits=logits).entropy()"
    bodies = ["raise NotImplementedError()", body + " / torch.tensor(2.0).log()", body]
    unwritten, wrong, solved = map(_shown, json.loads(run("-c", TRY, *bodies, cwd=folder)))
    assert "not written yet" in unwritten
    assert "Your entropy is in bits" in wrong
    assert "token_entropy" in solved
    assert not any(bad in solved for bad in ("not written yet", "expected", "error"))


def _shown(outputs: list[dict[str, Any]]) -> str:
    """The text a student sees of a cell's outputs."""
    (block,) = outputs
    return re.sub(r"<[^>]*>", "", "".join(block["data"]["text/html"]))


def _lend_packages(folder: Path, python: Path) -> None:
    """Lets a venv import our packages, but neither this course nor its grader."""
    folder.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "interp_labs" not in path.name and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    target = next((python.parents[1] / "lib").glob("python3*")) / "site-packages"
    (target / "lent.pth").write_text(f"{folder}\n")
