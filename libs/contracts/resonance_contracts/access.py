"""Who may do what on Kafka, from the topic catalogue: what `deploy/compose/secure/acls` is made of.

Each line of what is printed is the arguments of one `kafka-acls.sh --add`. Everything that no line allows is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from resonance_contracts.topics import TOPICS, Service

OPERATOR: Final = "operator"
"""Who creates topics, adds partitions, and looks at groups."""

SUBSCRIBER: Final = "subscriber"
"""Who reads public topics from outside, in groups whose names begin with this one's."""

SUBMITTER: Final = "submitter"
"""Who writes what is for programs outside to write."""

USERS: Final = (*(str(service) for service in Service), OPERATOR, SUBSCRIBER, SUBMITTER)


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do.

    Attributes:
        user: Name of the user.
        operations: What they may do, in Kafka's words. Who may read or write may also describe.
        topics: On these topics.
        groups: On these groups.
        prefixed: Whether the names are how names begin; else they are whole.
    """

    user: str
    operations: Collection[str]
    topics: Collection[str] = ()
    groups: Collection[str] = ()
    prefixed: bool = False

    @property
    def arguments(self) -> str:
        """Arguments of `kafka-acls.sh --add`."""
        words = [f"--allow-principal User:{self.user}", *(f"--operation {one}" for one in self.operations)]
        words += [f"--topic {name}" for name in self.topics] + [f"--group {name}" for name in self.groups]
        return " ".join([*words, "--resource-pattern-type prefixed"] if self.prefixed else words)


def grants() -> Iterator[Grant]:
    """All of them."""
    for service in Service:
        yield from _of(service)
    prefix = "resonance."
    yield Grant(OPERATOR, ("Create", "Describe", "DescribeConfigs", "Alter", "Read"), topics=[prefix], prefixed=True)
    yield Grant(OPERATOR, ("Describe",), groups=["*"])
    yield Grant(SUBSCRIBER, ("Read",), topics=[topic.name for topic in TOPICS if topic.public and topic.owners])
    yield Grant(SUBSCRIBER, ("Read",), groups=[SUBSCRIBER], prefixed=True)
    yield Grant(SUBMITTER, ("Write",), topics=[topic.name for topic in TOPICS if not topic.owners])


def _of(service: Service) -> Iterator[Grant]:
    read = [topic for topic in TOPICS if service in topic.readers]
    written = [topic.name for topic in TOPICS if service in topic.owners]
    yield Grant(service, ("Read",), topics=[topic.name for topic in read])
    yield Grant(service, ("Write",), topics=[*written, *(topic.dead_letters for topic in read)])
    yield Grant(service, ("Read",), groups=[service], prefixed=True)
    if service is Service.GATEWAY:
        # It tells operators how far behind every group is.
        yield Grant(service, ("Describe",), topics=[topic.name for topic in TOPICS])
        yield Grant(service, ("Describe",), groups=["*"])


if __name__ == "__main__":
    for grant in grants():
        print(grant.arguments)
