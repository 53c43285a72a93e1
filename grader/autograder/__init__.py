"""Our grader inside Gradescope's container: `pack` makes the zip, `run` is what it starts there."""
