"""What the documents tell people to type: every command is read out of them, and run.

`commands` reads them, `terminal` runs them in a course of one small lab, `test_commands` says for
each of the few that cost minutes which other test runs the same.
"""
