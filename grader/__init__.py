"""The instructor's side: release labs, collect notebooks, grade them, report.

    solutions/NN_topic/topic.nb.py
            |
        source -> notebooks -> release -> labs/ (what a student gets), bundle, roster
            |
          labs        what each lab asks, read from its one source
            |
    cli -> grading -> collect    which notebooks are there; archives unpacks a zip
               |         |       folders, or downloads and handing: Canvas, Moodle, Gradescope;
               |         |       naming and belonging tell the lab, people who is who
               |         |
               |      reading    a notebook file's cells, however damaged
               |         |
               |      extract    what of a notebook is run: imports, definitions, constants;
               |         |       labkit.leaning is the rule
               |       judge     one submission: exam and plugin run the hidden checks,
               |      /     |    recognise names the misconception
               |   lines  score  arithmetic only
               |     |
               |   wire ......... data only crosses here .........
               |     |
               |   worker        the student's namespace, confined by sandbox
               |
            results -> gradebook, feedback, report
               |
             marks   with came_in (when, by whom) and rules (late work, what is dropped)
               |
             export -> csv, canvas, moodle, gradescope, nbgrader

    similar     beside all that: whose code is alike, a list to look at

`records` holds what the stages hand to each other. Only `processes` starts processes. Nothing a
student wrote is evaluated on this side of `wire`. The workshop's `board` stands apart: it marks
nothing, and no stage knows of it.
"""
