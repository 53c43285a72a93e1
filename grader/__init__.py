"""The instructor's side: release labs, collect notebooks, grade them, report.

    solutions/NN_topic/topic.nb.py
            |
         course      source -> labs (what each lab asks), notebooks (its two notebooks)
            |
         handout     release -> labs/ (what a student gets), bundle, roster; scaffold begins a lab

    cli -> grading -> intake     collect: which notebooks are there; archives unpacks a zip,
               |         |       folders, or downloads and handing: Canvas, Moodle, Gradescope;
               |         |       naming and belonging tell the lab, people who is who;
               |         |       reading: a notebook file's cells, however damaged
               |         |
             panel -> judging    judge: one submission. extract: what of it is run (labkit.leaning
               |      /     |    is the rule); exam and plugin run the hidden checks; recognise
               |   lines  score  names the misconception
               |     |
               |   line ......... data only crosses here: wire, frames, packing .........
               |     |
               |  workers        the student's namespace, confined by sandbox
               |
             ledger  results, one line each, chained and on the disk
               |
             marks   gradebook; run: with how they came in, and rules (late work, drops)
             /    |
         pages   export          feedback and report; csv, canvas, moodle, gradescope, nbgrader

    autograder  the same, packed for the container of Gradescope
    similar     beside all that: whose code is alike, a list to look at
    desk, demo, doctor           a student's own marks, the tour, what this machine has

Packages import each other in one direction only. Hidden checks import `answers`, `assertions` and
`student`. `records` holds what the stages hand to each other. The judges and the warm parent are
started by `workers.processes` alone. Nothing a student wrote is evaluated on this side of `line`.
The workshop's `board` stands apart: it marks nothing, and no stage knows of it.
"""
