"""Decompositions that lab 06 reads instead of training them: ``python -m grader.checkpoints NAME``.

Each is trained with the lab's own reference functions from a fixed seed, on one thread, and saved
by `labkit.targets.save_decomposition` with the figures that were measured on it.
"""
