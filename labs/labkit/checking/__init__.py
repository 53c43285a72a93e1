"""The student's desk: run an exercise's visible check and say in one block how it went.

    with check(logit_lens) as c:
        yours = c.call(stack, model)
        c.close(yours[-1], model(tokens), "at the last layer the lens gives the model's own logits")

`check` runs the student's function on copies, stops at the first property that does not hold, and
shows: what should hold, what is there instead (three pictures for a tensor), the misconception when
it recognises one, what to do next, and how far the lab has come. A student's exception becomes one
line. Nothing here gives marks: the grader's hidden checks do.

The parts, none of which knows the next: `subject` (what is checked), `arguments` (copies,
and what a function did to them), `returned` (the promise of a signature), `compare` and `patterns`
(why two values differ), `mistakes` (an exception in one line), `fingerprints` and `lab`
(recognising a misconception), `block` (one result as text and HTML), `notebook` (what the notebook
around us is), `outcomes` (all results, and what comes next) and `desk`, where they work together.
"""

from __future__ import annotations

from labkit.checking.desk import Check
from labkit.checking.notebook import watch
from labkit.checking.outcomes import CheckFailed, Outcome

check = Check
"""The name in a check cell; a class, so that ``check.recording`` and the like belong to it."""

__all__ = ["CheckFailed", "Outcome", "check"]

watch()  # a check of a function that is not there must not end in a traceback
