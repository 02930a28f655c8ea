"""How far a reader of `/ws/alerts` came, so that it goes on there after it was started again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from resonance_client.alerts.events import AlertEvent
from resonance_client.alerts.seen import Seen
from resonance_client.errors import UsageError

STREAMS: Final = 4
KEPT: Final = 2_000
OVERLAP_S: Final = 900.0
"""How much later than its incident an event may come: words may be judged for minutes."""


class Position:
    """What was handled: the newest time in each stream, and the last keys.

    Args:
        times_us: Newest event time by stream, the stream that was heard of last at the end.
        handled: Keys of events, oldest first.

    Attributes:
        place: Where it is in what one gateway tells; empty where it is not known.
    """

    def __init__(self, times_us: dict[str, int] | None = None, handled: Seen | None = None, place: str = "") -> None:
        self.place = place
        self._times_us = times_us or {}
        self._handled = handled or Seen()

    def __contains__(self, event: AlertEvent) -> bool:
        return event.key in self._handled

    def handled(self, event: AlertEvent) -> None:
        """Take note of an event that was handled."""
        self._handled.add(event.key)
        newest = max(event.time_us, self._times_us.pop(event.stream, 0))
        self._times_us[event.stream] = newest
        if len(self._times_us) > STREAMS:
            del self._times_us[next(iter(self._times_us))]

    @property
    def since_s(self) -> float | None:
        """Event time from which to ask, seconds since the epoch; None where nothing was handled."""
        if not self._times_us:
            return None
        return max(0.0, min(self._times_us.values()) / 1e6 - OVERLAP_S)

    def as_json(self) -> dict[str, Any]:
        """Its fields, as JSON has them."""
        handled = [list(key) for key in self._handled.newest(KEPT)]
        return {"times_us": self._times_us, "handled": handled, "place": self.place}

    @classmethod
    def of_json(cls, fields: dict[str, Any]) -> Position:
        """From its fields; raises KeyError, TypeError or ValueError."""
        times = {str(stream): int(time_us) for stream, time_us in fields["times_us"].items()}
        handled = Seen(tuple(str(part) for part in key) for key in fields["handled"])
        return cls(times, handled, str(fields.get("place", "")))


def read_position(path: Path) -> Position:
    """The position in a file; a new one where there is no file.

    Raises:
        UsageError: The file cannot be read, or is that of something else.
    """
    try:
        return Position.of_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Position()
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{path} is not the position of a reader of alerts ({error}); name another file, or remove it."
        ) from error


def write_position(path: Path, position: Position) -> None:
    """Writes it as a whole or not at all; raises OSError."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(position.as_json()), encoding="utf-8")
    beside.replace(path)
