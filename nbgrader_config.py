"""Settings for stock nbgrader: its own commands work on this course as it lies here.

nbgrader generate_assignment 01_logit_lens      makes labs/01_logit_lens, as `grader release` does
nbgrader autograde 01_logit_lens                grades submitted/<student>/01_logit_lens/*.ipynb
nbgrader generate_feedback 01_logit_lens        writes feedback/<student>/01_logit_lens/*.html

Marks are those of `python -m grader grade`: our executor takes the place of nbgrader's kernel.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  nbgrader defines it

# nbgrader runs `alembic` by name; without it generate_assignment --force deletes a lab and stops.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "interp-labs"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "labs"
# Never copied to students. Setting the list replaces nbgrader's own, which are the first four.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "*.nb.py",
    ".*",
    "*.egg-info",
    "figures",
    "challenges",
]

# Our judge in the place of nbgrader's kernel: the one line that a course of your own needs too.
c.Autograde.exporter_class = "grader.nbgrader_executor.GradeIsolated"
# c.GradeIsolated.secret = "course.secret"   the file given to `python -m grader grade --secret`
