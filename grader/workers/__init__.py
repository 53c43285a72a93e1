"""Processes, and the side of the line on which student code runs.

`processes` alone starts any. What a worker may touch is decided in `grader.sandbox`.
"""
