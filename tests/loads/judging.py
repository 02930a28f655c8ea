"""Whether a sweep lost anything, kept its memory bounded, and came back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from resonance_contracts.pb.resonance.v1.activity_pb2 import ActivityBatch
from resonance_contracts.topics import ACTIVITY_OBSERVED
from tests.chaos.outcome import Outcome
from tests.compose.stack import Stack
from tests.crowd.process import Account
from tests.loads.onlooker import PARTITIONS
from tests.loads.sweep import RECOVER_S, Swept
from tests.soak.sampling import containers

FULL_SHARE: Final = 0.9
"""Of its limit, that no container may use."""
MIB: Final = 2**20


def judge(stack: Stack, swept: Swept) -> list[Outcome]:
    """All that must be so."""
    stored = asyncio.run(stored_numbers(f"127.0.0.1:{stack.ports['KAFKA_PORT']}"))
    limits = {name: one.limit_bytes for name, one in containers(stack).items()}
    return [nothing_lost(swept.accounts, stored), _bounded(swept, limits), _back(swept)]


async def stored_numbers(bootstrap: str) -> Mapping[str, list[int]]:
    """Numbers of the events on the topic, by source, in the order of the log."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(ACTIVITY_OBSERVED.name, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        waiting, found = {place for place in places if ends[place]}, dict[str, list[int]]()
        while waiting:
            for place, records in (await consumer.getmany(*waiting, timeout_ms=500)).items():
                for record in records:
                    _take(ActivityBatch.FromString(record.value), found)
                if records and records[-1].offset + 1 >= ends[place]:
                    waiting.discard(place)
        return found
    finally:
        await consumer.stop()


def nothing_lost(accounts: Sequence[Account], stored: Mapping[str, Sequence[int]]) -> Outcome:
    """Whether every acknowledged frame is on the topic, once, and no frame that was not written."""
    faults, acked = [], 0
    for account in accounts:
        acked += account.acked
        numbers = stored.get(account.source, ()) if account.source else ()
        if sorted(numbers) != list(range(1, len(numbers) + 1)) or not account.acked <= len(numbers) <= account.sent:
            faults.append(
                f"{account.user} wrote {account.sent} frames, {account.acked} of which were acknowledged; "
                f"{len(numbers)} events are stored, {len(set(numbers))} different ones"
            )
    return Outcome(
        "in the sweep, every acknowledged frame is on the topic, once",
        f"{acked:,} frames acknowledged on {len(accounts):,} connections", faults,
    )  # fmt: skip


def _take(batch: ActivityBatch, found: dict[str, list[int]]) -> None:
    names = list(batch.strings)
    for source, number in zip(batch.source, batch.sequence, strict=True):
        found.setdefault(names[source], []).append(number)


def _bounded(swept: Swept, limits: Mapping[str, int]) -> Outcome:
    steps = [*swept.steps, *([swept.back] if swept.back else [])]
    most = {name: max(step.resident_bytes[name] for step in steps) for name in steps[0].resident_bytes}
    faults = [
        f"{name} used {used / MIB:.0f} of {limits[name] / MIB:.0f} MiB"
        for name, used in most.items()
        if used > FULL_SHARE * limits[name]
    ]
    nearest = max(most, key=lambda name: most[name] / limits[name])
    return Outcome(
        f"in the sweep, no container used more than {FULL_SHARE:.0%} of its memory",
        f"nearest was {nearest}, {most[nearest] / limits[nearest]:.0%}", faults,
    )  # fmt: skip


def _back(swept: Swept) -> Outcome:
    recovered = swept.recovered_s()
    return Outcome(
        f"after the load fell, everything is as before within {RECOVER_S:.0f} s",
        "not" if recovered is None else f"{recovered:.0f} s",
        [] if recovered is not None else ["99 of 100 frames are not told of within 0.5 s"],
    )
