"""How long a deadline takes, with and without its explanation: `python -m benchmarks.working_time` from the project."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import UTC, datetime

from backoffice.office import document
from policies.calendar_form import calendar_of_documents
from policies.deadline import Deadline, reckon
from policies.message import Refusal

START = datetime(2026, 9, 24, 7, 5, tzinfo=UTC)
ROUNDS = 2_000


def microseconds(work: Callable[[], object]) -> float:
    """The best of many rounds: what the work costs when nothing else runs."""
    return min(timeit.repeat(work, number=ROUNDS, repeat=30)) / ROUNDS * 1e6


def main() -> None:
    """Print a line for each kind of deadline."""
    calendar = calendar_of_documents(document("calendar"), document("public_holidays"))
    assert not isinstance(calendar, Refusal)

    def deadline(amount: int, unit: str) -> Deadline:
        found = reckon(calendar, START, amount, unit)
        assert not isinstance(found, Refusal)
        return found

    first = timeit.timeit(lambda: deadline(10, "working_day"), number=1) * 1e6
    print(f"first of a calendar    {first:9.1f} µs (the sums of its year are made)")
    for amount, unit in ((10, "working_day"), (8, "working_hour"), (24, "hour"), (2_500, "working_day")):
        plain = microseconds(lambda amount=amount, unit=unit: deadline(amount, unit))
        print(f"{amount:>6} {unit:<15} {plain:9.1f} µs")
    print(f"    10 working_day with its steps {microseconds(lambda: deadline(10, 'working_day').steps):.1f} µs")


if __name__ == "__main__":
    main()
