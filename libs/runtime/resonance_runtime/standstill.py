"""Whether the pipeline stands still: nobody works on it, and nothing is left to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from resonance_contracts.topics import Service
from resonance_runtime.cluster import Cluster, Span
from resonance_runtime.errors import RuntimeFault
from resonance_runtime.heartbeat import INTERVAL_S, REPORTS_WITHOUT_CHANGE

# A service that runs says so more often.
SILENCE_S: Final = 2 * INTERVAL_S * REPORTS_WITHOUT_CHANGE

STOP: Final = "Stop the gateways first, the others once they have nothing left to do."
DO: Final = "Start the services without the gateways until they are done, and stop them again."
LOST: Final = (
    "The topic was given more partitions by other means, so nobody can do them any more: "
    "remove the state of all groups to go on without it."
)


class Refused(RuntimeFault):
    """Partitions cannot be added now; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """Looks whether these groups, and the gateways before them, stand still.

    Attributes:
        groups: Each with the topic it reads.
        partitions: Partitions of those topics that are looked at: the first so many.
        grown: Whether the topics have more of them already.
    """

    cluster: Cluster
    groups: Collection[tuple[str, str]]
    partitions: int
    grown: bool

    async def nobody_works(self) -> None:
        """Returns where none of the groups has a member.

        Raises:
            Refused: One has; the text says how much it has left to do.
            Unavailable: The broker does not answer.
        """
        members = await self.cluster.members([group for group, _ in self.groups])
        running = [
            f"{group} runs ({', '.join(members[group])}) and has {await self._lag(group, topic):,} records to do"
            for group, topic in self.groups
            if group in members
        ]
        if running:
            raise Refused(f"{'; '.join(running)}. {STOP}")

    async def nobody_reports(self, seconds: float) -> None:
        """Returns where no gateway and none of the groups' services says for so long that it runs.

        Raises:
            Refused: One does.
            Unavailable: The broker does not answer.
        """
        services = {Service.GATEWAY, *(group for group, _ in self.groups)}
        if running := await self.cluster.reporting(services, seconds):
            raise Refused(f"These services say that they run: {', '.join(running)}. {STOP}")

    async def nothing_is_left(self, kept: Mapping[tuple[str, str], Mapping[int, int]]) -> None:
        """Returns where every record is in the state of the group that reads it.

        Args:
            kept: By group and topic, next offset in the state of each partition that has one.

        Raises:
            Refused: Something is still to be done, or the state is not that of these topics.
            Unavailable: The broker does not answer.
        """
        faults = []
        for (group, topic), offsets in kept.items():
            spans = await self.cluster.spans(group, topic, self.partitions)
            for number, span in enumerate(spans):
                if fault := self._fault(span, offsets.get(number)):
                    faults.append(f"{group} on partition {number} of {topic}: {fault}")
        if faults:
            raise Refused("\n".join(faults))

    async def _lag(self, group: str, topic: str) -> int:
        spans = await self.cluster.spans(group, topic, self.partitions)
        return sum(span.end - max(span.committed or 0, span.begin) for span in spans)

    def _fault(self, span: Span, kept: int | None) -> str | None:
        """What speaks against moving a partition whose state is as of `kept`; a sentence.

        What is committed may be behind the state: who begins, begins with the state, whatever was committed.
        """
        applied = max(kept or 0, span.begin)
        if applied > span.end:
            return (
                f"its state is as of offset {applied}, but the topic ends at {span.end}: it is that of another topic."
            )
        if (span.committed or 0) > applied:
            return f"offset {span.committed} is committed, but its state is as of {applied}: newer state was lost."
        if applied < span.end:
            return f"{span.end - applied:,} records are still to do. {LOST if self.grown else DO}"
        return None
