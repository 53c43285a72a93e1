"""Print every table, one after the other."""

from __future__ import annotations

from rich.console import Console

from tests.bench import checks, ours, spending
from tests.peers import attacked, tables

TABLES = (checks.table, ours.table, spending.table, tables.compare, attacked.attacks)


def main() -> None:
    """Print the tables as they are ready."""
    console = Console(highlight=False)
    for table in TABLES:
        console.print(table())


if __name__ == "__main__":
    main()
