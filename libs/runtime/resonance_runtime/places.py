"""Where the state of a partition is kept, and when it must not be used.

Users live in the partition of their shard, so which users a partition has depends on how many partitions there
are. State is therefore kept under that number: `<group>/<topic>/of-<partitions>/<partition>/`. Where there is state
under another number than the topic has partitions, users are in other partitions than their state: nobody may begin
there, neither empty nor with half of it, until `partitions` has moved it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from resonance_runtime.errors import RuntimeFault
from resonance_runtime.objects import STATE_BUCKET, ObjectStore

COMMAND: Final = "python -m resonance_runtime.partitions"
RESTORING: Final = "restoring"
"""Name of the object, beside the state of a group, that is there while a backup is being restored."""
_COUNTED: Final = re.compile(r"([^/]+)/([^/]+)/of-([1-9]\d{0,2})/")


class Misplaced(RuntimeFault):
    """There is state that belongs to another number of partitions; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group keeps the state of a topic with so many partitions.

    Attributes:
        group: Consumer group.
        topic: Name of the topic.
        partitions: How many it has, 1 to 256.
    """

    group: str
    topic: str
    partitions: int

    @property
    def prefix(self) -> str:
        """Prefix of everything that is kept here."""
        return f"{self.group}/{self.topic}/of-{self.partitions}/"

    def of(self, partition: int) -> str:
        """Prefix of the snapshots of one partition."""
        return f"{self.prefix}{partition}/"

    async def find(self, objects: ObjectStore, partition: int) -> str:
        """Prefix of a partition that a member takes over, if it may begin: with its state, or where there is none.

        Raises:
            Misplaced: There is state under another number of partitions, or under none; or the partition is new, or a
                backup is being restored.
            Unavailable: The store does not answer.
        """
        if partition >= self.partitions:
            raise Misplaced(
                f"Partition {partition} of {self.topic} came after this process had counted {self.partitions}: "
                "it has to be started again."
            )
        above = f"{self.group}/{self.topic}/"
        keys = await objects.list(STATE_BUCKET, above)
        if f"{above}{RESTORING}" in keys:
            raise Misplaced("A backup is being restored: run `python -m resonance_runtime.restore` to its end first.")
        if others := counts(keys)[self.group, self.topic] - {self.partitions}:
            raise Misplaced(self._elsewhere(max(others)))
        if stray := next((key for key in keys if not _COUNTED.match(key)), None):
            raise Misplaced(
                f"{stray} is state of {self.group} from before it was kept by the number of partitions: "
                f"move what is under {above} to {self.prefix}, or remove it."
            )
        return self.of(partition)

    def _elsewhere(self, other: int) -> str:
        if other < self.partitions:
            return (
                f"{self.topic} has {self.partitions} partitions, but there is state of {self.group} for {other}: "
                f"stop all services, run `{COMMAND} --to {self.partitions}`, and start them again."
            )
        return (
            f"{self.topic} has {self.partitions} partitions, but there is state of {self.group} for {other}. "
            f"If partitions are being added, run `{COMMAND} --to {other}` to its end while all services are stopped; "
            "if the topic was made anew with fewer, remove that state or make the topic with as many."
        )


def counts(keys: Iterable[str]) -> dict[tuple[str, str], set[int]]:
    """Numbers of partitions that there is state for, by group and topic; none where nothing is said of them."""
    found: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for key in keys:
        if parts := _COUNTED.match(key):
            found[parts[1], parts[2]].add(int(parts[3]))
    return found
