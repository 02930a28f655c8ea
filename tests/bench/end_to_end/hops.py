"""Three hops over Kafka with nothing done on the way: what a Python client alone costs at this moment.

`python -m tests.bench.end_to_end.hops relay BOOTSTRAP FROM TO` passes on what comes, with the settings of our services,
until its input ends. `… measure BOOTSTRAP COUNT EACH_S` sends, reads what two relays have passed on, and prints the
times in milliseconds as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Final

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

TOPICS: Final = ("bench.hop.1", "bench.hop.2", "bench.hop.3")
# About as large as a record of the live stream under the benchmark's load.
_BYTES: Final = 5_000
_LATE_S: Final = 10.0


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    if arguments[0] == "relay":
        asyncio.run(_relay(*arguments[1:]))
    else:
        times = asyncio.run(_measure(arguments[1], int(arguments[2]), float(arguments[3])))
        print(json.dumps(times), flush=True)


async def _relay(bootstrap: str, from_topic: str, to_topic: str) -> None:
    consumer, producer = await _reading(bootstrap, from_topic), await _writing(bootstrap)
    print("ready", flush=True)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    while not ended.done():
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                await producer.send_and_wait(to_topic, record.value)
    await consumer.stop()
    await producer.stop()


async def _measure(bootstrap: str, count: int, each_s: float) -> list[float]:
    consumer, producer = await _reading(bootstrap, TOPICS[-1]), await _writing(bootstrap)
    reading = asyncio.create_task(_read(consumer, count))
    began = time.monotonic()
    for i in range(count):
        await asyncio.sleep(max(0.0, began + i * each_s - time.monotonic()))
        await producer.send(TOPICS[0], f"{time.time()}".encode().ljust(_BYTES))
    try:
        return await asyncio.wait_for(reading, _LATE_S)
    finally:
        await consumer.stop()
        await producer.stop()


async def _read(consumer: AIOKafkaConsumer, count: int) -> list[float]:
    times: list[float] = []
    while len(times) < count:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            read_s = time.time()
            times += [(read_s - float(record.value)) * 1000 for record in records]
    return times


async def _reading(bootstrap: str, topic: str) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="latest")
    await consumer.start()
    await asyncio.gather(*(consumer.position(partition) for partition in consumer.assignment()))
    return consumer


async def _writing(bootstrap: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    return producer


if __name__ == "__main__":
    main(sys.argv[1:])
