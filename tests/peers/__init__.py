"""Other graders on the notebooks that we grade, with the same checks: for ``make bench``.

classes         the class, and a lab's notebooks as another grader needs them
bridge          our hidden checks, run in the other grader's kernel
stock_nbgrader  a course of stock nbgrader: generate_assignment, autograde, its gradebook read
otter_grader    otter in an environment of its own, with an autograder zip
ours            the same through ``grade``
measure         wall clock, processor and memory of a command and all below it
tables          what ``make bench`` prints
"""
