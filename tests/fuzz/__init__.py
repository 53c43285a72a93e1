"""A fuzzer: what happens to real notebooks on their way to a grader, by the thousand.

Mutators are the public functions of `structure`, `sources`, `documents`, `files` and `places`,
found by looking. One to three of them make a mutant of a notebook of ``tests/submissions``; a class
of mutants is graded as any class is. `run` says what each must come to. ``python -m tests.fuzz``.
"""
