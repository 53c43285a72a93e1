"""What a worker gives up before a student's first line runs.

`ladder` knows the rungs and their order. Each rung is a module: `namespaces`, `own_root`,
`landlock`, `seccomp`, `cgroups`, `limits`; `kernel` makes the system calls that Python lacks,
`readable` lists what stays readable.
"""

from grader.sandbox.kernel import die_with_parent as die_with_parent
from grader.sandbox.ladder import Rungs as Rungs
from grader.sandbox.ladder import rungs as rungs
from grader.sandbox.limits import Limits as Limits
