"""How long ``similar`` takes for a class, and how much memory: a copy is hidden in it, and found.

python -m tests.similar_load --students 300
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

from grader.similar import compare
from tests.grader.similar.test_similar import LAB, disguised, submitted, written


def main() -> None:
    """Draw a class, compare it and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=300)
    students = parser.parse_args().students
    draw = random.Random(1)
    classroom = {f"s{n:04}": written(draw, 17) for n in range(students - 1)}
    classroom["zoe"] = disguised(classroom["s0001"], draw)
    with tempfile.TemporaryDirectory() as folder:
        handed_in = submitted(Path(folder), classroom)
        start, wall = time.process_time(), time.perf_counter()
        found = compare.compare(LAB, handed_in, top=30)
        used, wall = time.process_time() - start, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{found.students} students: {used:.1f} s of processor time, {wall:.1f} s, {memory} MB")
    first = found.pairs[0]
    print(f"first of the list: {' and '.join(first.students)}, {first.likeness:.0%} alike")
    print(f"99% of all {found.all_pairs} pairs: at most {found.below(0.99):.0%}")


if __name__ == "__main__":
    main()
