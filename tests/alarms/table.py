"""What is printed of the faults, and written into the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tests.alarms.course import Row
from tests.support.markdown import table

HEAD: Final = ("fault", "alert", "came after, s", "to", "over after, s", "runbook followed")


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """The table."""
    return table([HEAD, *map(_cells, rows)])


def wrong(rows: Sequence[Row]) -> Iterator[str]:
    """A sentence for whatever is not as it should be."""
    for row in rows:
        for fault in row.faults:
            yield f"{row.name}, {row.fault.what}: {fault}."
        for one in row.followed:
            if not one.right:
                yield f"  {row.name} printed: {one.printed.strip()[-300:]!r}, expected {list(one.block.expected)}."


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.fault.what,
        row.name,
        "never" if row.fired_s is None else f"{row.fired_s:.0f}",
        "" if row.told is None else row.told.receiver,
        "never" if row.resolved_s is None else f"{row.resolved_s:.0f}",
        f"{sum(one.right for one in row.followed)} of {len(row.followed)} steps" if row.followed else "",
    )
