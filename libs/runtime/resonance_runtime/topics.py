"""Creates the topics of the catalogue, and says which are missing: `python -m resonance_runtime.topics`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from resonance_contracts.topics import DAY_MS, HOUR_MS, TOPICS, Topic
from resonance_runtime.errors import SettingsError, Unavailable
from resonance_runtime.kafka import connection
from resonance_runtime.retry import delays
from resonance_runtime.settings import RuntimeSettings, load


def new_topics(topics: Iterable[Topic], partitions: int, replication: int) -> list[NewTopic]:
    """What must be created for these topics, dead letters included."""
    wanted = []
    for topic in topics:
        # A broker removes closed segments only: one that is open for a week keeps what is in it for a week.
        policy = (
            {"cleanup.policy": "compact", "segment.ms": str(DAY_MS), "max.compaction.lag.ms": str(DAY_MS)}
            if topic.retention_ms is None
            else {
                "cleanup.policy": "delete",
                "retention.ms": str(topic.retention_ms),
                "segment.ms": str(min(DAY_MS, topic.retention_ms // 6)),
            }
        )
        policy |= {"message.timestamp.type": "LogAppendTime"} if topic.stamped else {}
        letters = {"retention.ms": str(30 * DAY_MS), "segment.ms": str(DAY_MS)}
        if topic.personal:
            letters = {"retention.ms": str(DAY_MS), "segment.ms": str(HOUR_MS)}
        wanted.append(NewTopic(topic.name, partitions if topic.sharded else 1, replication, topic_configs=policy))
        wanted.append(NewTopic(topic.dead_letters, 1, replication, topic_configs=letters))
    return wanted


async def create(settings: RuntimeSettings) -> list[str]:
    """Creates the topics that are missing and returns their names.

    Raises:
        Unavailable: No broker answers, or it refuses.
    """
    admin = AIOKafkaAdminClient(**connection(settings), client_id="resonance-topics")
    try:
        await admin.start()
        present = set(await admin.list_topics())
        wanted = [t for t in new_topics(TOPICS, settings.partitions, settings.replication) if t.name not in present]
        if not wanted:
            return []
        response = await admin.create_topics(wanted)
        for name, code, *rest in response.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise Unavailable(f"The broker refused to create {name}: {for_code(code).__name__} {rest}.")
        return [t.name for t in wanted]
    except KafkaError as error:
        raise Unavailable(f"No broker answers at {settings.kafka_bootstrap}: {error!r}.") from error
    finally:
        await admin.close()


async def create_with_patience(settings: RuntimeSettings, seconds: float) -> list[str]:
    """As `create`, but waits this long for a broker that is starting."""
    deadline = asyncio.get_running_loop().time() + seconds
    for delay in delays(0.2, 1.0):
        try:
            return await create(settings)
        except Unavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(delay)
    raise AssertionError("delays() has no end")


def main() -> int:
    """Creates what is missing; exit status 0, 1 when the broker refuses, 2 when a setting is wrong."""
    try:
        settings = load(RuntimeSettings)
        created = asyncio.run(create_with_patience(settings, 60))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(created)} topics created." if created else "All topics were there already.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
