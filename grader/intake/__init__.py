"""What comes in: submissions from folders, zips and platforms' downloads, told apart and read.

It says for each file whose it is, which lab it belongs to, and which of several counts; what is not
used is listed with a reason. Running anything of it is left to `grader.judging`.
"""
