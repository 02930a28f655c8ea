"""What is sent in a run, and what a run came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Self

SERVICES: Final = ("gateway", "feature-extractor", "predictor", "xai", "llm-orchestrator", "auto-retrainer")
PARTS: Final = ("kafka", "store", "redis")


@dataclass(frozen=True, slots=True)
class Course:
    """Users who are connected and send for a while.

    Attributes:
        name: Of the run.
        users: Connected users.
        rate: Messages a second of all of them.
        burst: Messages that a user sends at once; at most ten are one vector.
        culprits: Users a second, each a new one, who cause an alert.
        times: Vectors of each of them, all of which count into it.
        fitted: Whether the coefficients are learned from it; else they are tried on it.
    """

    name: str
    users: int
    rate: float
    burst: int = 1
    culprits: float = 0.0
    times: int = 1
    fitted: bool = True


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many users who each do a little, written to the topic: for what a known user costs.

    Attributes:
        name: Of the run.
        users: How many.
        fitted: Whether the coefficients are learned from it; else they are tried on it.
    """

    name: str
    users: int
    fitted: bool = True


@dataclass(frozen=True, slots=True)
class Ran:
    """What a course came to while it was looked at.

    Attributes:
        name: Of the course.
        fitted: As of the course.
        seconds: How long it was looked at.
        drivers: What happened: events, vectors, anomalies, alerts, records by topic (`records/<topic>`), connections.
        cpu_s: Processor time by process, seconds.
        resident: Memory of each process in RAM at the end, bytes.
        topic_bytes: Bytes of values, keys and headers by topic.
        packed_bytes: The same with each record packed by gzip.
        pace_s: Processor time of the same piece of work meanwhile, seconds: how fast the machine was.
    """

    name: str
    fitted: bool
    seconds: float
    drivers: dict[str, float]
    cpu_s: dict[str, float]
    resident: dict[str, float]
    topic_bytes: dict[str, float]
    packed_bytes: dict[str, float]
    pace_s: float

    def rate(self, driver: str) -> float:
        """So many of it a second."""
        return self.drivers.get(driver, 0.0) / self.seconds

    def fields(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Known:
    """What a crowd came to.

    Attributes:
        name: Of the crowd.
        fitted: As of the crowd.
        users: Users who are known.
        events, vectors: What there was of them.
        cpu_s: Processor time by process, from the first record to the last, seconds.
        resident: Memory of each process in RAM, bytes.
        store_bytes: Bytes of state in the object store by group.
        redis_bytes: Memory that Redis uses.
    """

    name: str
    fitted: bool
    users: int
    events: int
    vectors: int
    cpu_s: dict[str, float]
    resident: dict[str, float]
    store_bytes: dict[str, float]
    redis_bytes: float

    def fields(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(**fields)


COURSES: Final = (
    Course("nobody", 0, 0.0),
    Course("single messages", 600, 600.0),
    Course("tens of messages", 600, 3000.0, 10),
    Course("incidents, one vector each", 200, 100.0, 1, 4.0),
    Course("everything", 600, 600.0, 2, 2.0, 3, fitted=False),
    Course("connected only", 2500, 0.0),
    Course("more single messages", 600, 1000.0, fitted=False),
    Course("fives of messages", 800, 2000.0, 5, fitted=False),
    Course("incidents, six vectors each", 200, 100.0, 1, 2.0, 6),
    Course("threes of messages", 600, 1500.0, 3),
    Course("single messages again", 600, 600.0, fitted=False),
    Course("twos of messages, many incidents", 400, 400.0, 2, 5.0, 2, fitted=False),
)
CROWDS: Final = (Crowd("2,000", 2_000), Crowd("8,000", 8_000), Crowd("5,000", 5_000, fitted=False))
