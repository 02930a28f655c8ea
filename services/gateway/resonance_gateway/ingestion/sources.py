"""Names that sources have on the wire, so that no two writers can take each other's numbers.

(source, sequence) is an event's id, and readers drop what comes under a number that a source has passed. So the name
that a writer chose stands behind one that it cannot choose.
"""

from __future__ import annotations


def backend_source(caller_key: str, name: str) -> str:
    """Of a batch that came over REST.

    Args:
        caller_key: Pseudonym of the caller.
        name: As the caller names its source.
    """
    return f"backend/{caller_key}/{name}"


def topic_source(partition: int, name: str) -> str:
    """Of a record that came from the topic.

    Numbers of a source ascend within a partition only: writers spread records as they like, and partitions are not
    read in step.

    Args:
        partition: Of the topic.
        name: As the record names its source; "" where the record is known by its place.
    """
    return f"topic/{partition}/{name}" if name else f"topic/{partition}"
