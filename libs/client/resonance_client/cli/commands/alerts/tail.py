"""`resonance alerts tail`: alerts from Kafka as they come, one JSON object a line.

People are their pseudonyms there. Without --group it reads for itself and commits nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
from contextlib import suppress
from typing import Final, Literal

from resonance_client.alerts.over_kafka import KafkaAlerts
from resonance_client.cli import options
from resonance_client.cli.output import say
from resonance_client.cli.target import add_kafka, add_profile, target
from resonance_client.kafka_connection import KafkaConnection

EXAMPLES = """\
examples:
  resonance alerts tail                                      from now on
  resonance alerts tail --since 2h --until-end               of the last two hours, and no more
  resonance alerts tail --type alert --type explanation | jq -c '[.type, .user_key, .kind]'
  resonance alerts tail --group tickets | ./open-tickets     goes on where the group ended

A line is printed before its event is committed: after a crash the last second's lines may come again.
"""
JSON = {
    "type": "alert, explanation, enriched or verdict; the other fields are those of the topic's message",
    "user_key": "the person, as a pseudonym; `user_id` is null on Kafka",
    "…": "`resonance topics show TOPIC` lists the fields of each topic; times are microseconds since the epoch",
}
KINDS: Final = ("alert", "explanation", "enriched", "verdict")


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--type", action="append", choices=KINDS, dest="types", help="of events; may be repeated (alert)"
    )
    options.add_least(parser)
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument(
        "--since", type=options.span, metavar="SPAN", help="begin with what was stored so long ago: 15m, 2h"
    )
    begin.add_argument("--from-start", action="store_true", help="begin with the oldest that is kept")
    parser.add_argument("--until-end", action="store_true", help="end once everything there is was printed")
    parser.add_argument("--limit", type=options.positive_integer, metavar="N", help="end after so many")
    parser.add_argument("--group", help="consumer group that remembers how far it came")
    options.add_json(parser, "changes nothing: lines are JSON in any case")
    add_kafka(parser)
    add_profile(parser)


async def run(arguments: argparse.Namespace) -> int:
    """Print until Ctrl-C, which is a proper end."""
    # What the client of Kafka says of brokers that come and go is in our own errors, where it matters.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    asked = target(arguments)
    connection = KafkaConnection.from_environment(bootstrap=asked.kafka)
    alerts = KafkaAlerts(
        connection, arguments.group, types=tuple(dict.fromkeys(arguments.types or ("alert",))),
        min_severity=arguments.min_severity, begin=_begin(arguments),
        until_end=arguments.until_end,
    )  # fmt: skip
    with suppress(asyncio.CancelledError):
        await _print(alerts, arguments.limit)
    return 0


def _begin(arguments: argparse.Namespace) -> Literal["now", "earliest"] | float:
    if arguments.since is not None:
        return options.ago(arguments.since)
    return "earliest" if arguments.from_start else "now"


async def _print(alerts: KafkaAlerts, limit: int | None) -> None:
    told = 0
    async with alerts:
        async for event in alerts:
            say(event.model_dump_json())
            told += 1
            if told == limit:
                break
