"""The workshop board: how far a room is, live, on a page that the host's laptop serves.

    notebook (labkit.board) --/report--> handlers -> store (SQLite) -> room -> view --/state--> page

`plan` is the lab's time path and `clock` where the room is on it; `room` counts, from events alone,
and `store` keeps the events, so a board that is started again is the same board. `limits` says who
asks too often, `board` who may do what, `handlers` speaks HTTP, `serve` runs it all, and `command`
is ``python -m grader board``.

What the board holds: a nickname and, per check, exercise, time, and whether it passed. No code, no
output, no address. A person who leaves is deleted. What travels is not encrypted: whoever listens
on the network can read it, and could report in another's name; nothing hangs on a report.
"""
