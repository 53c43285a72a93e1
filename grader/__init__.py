"""The instructor's side: release labs, collect notebooks, grade them, report.

    solutions/NN_topic/topic.nb.py
            |
        source -> notebooks -> release -> labs/ (what a student gets), bundle, roster
            |
          labs        what each lab asks, read from its one source
            |
    cli -> grading -> collect    which notebooks are there; archives unpacks a zip
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

`records` holds what the stages hand to each other. Only `processes` starts processes. Nothing a
student wrote is evaluated on this side of `wire`.
"""
