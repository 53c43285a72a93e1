"""Print every table, one after the other."""

from __future__ import annotations

from rich.console import Console

from tests.bench import ours, spending
from tests.peers import attacked, tables


def main() -> None:
    """Print the tables as they are ready."""
    console = Console(highlight=False)
    for table in (ours.table, spending.table, tables.compare, attacked.attacks):
        console.print(table())


if __name__ == "__main__":
    main()
