"""Adds partitions to the pipeline's topics and moves the state along: `python -m resonance_runtime.partitions --to 8`.

Works while the services are stopped, and refuses while one of those that write or keep state per user runs, or has
records still to do. Interrupted anywhere, it is run again and goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

from resonance_contracts.shards import SHARDS
from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED, TOPICS, Service
from resonance_runtime.cluster import Cluster
from resonance_runtime.command import Settings, ended
from resonance_runtime.moves import Move, Tell, remove_seals
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.places import counts
from resonance_runtime.settings import load
from resonance_runtime.standstill import SILENCE_S, Refused, Standstill

SHARDED: Final = tuple(topic.name for topic in TOPICS if topic.sharded)

KEYED: Final = {(Service.FEATURE_EXTRACTOR, ACTIVITY_OBSERVED.name), (Service.PREDICTOR, FEATURES_COMPUTED.name)}
"""Groups that keep state per user, and what they read. Others are found by the state they keep."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        old, new: Partitions before and after.
        topics: Partitions that each of the pipeline's topics has now: `old`, or `new` where that is done.
        moves: One for each group with state for `old`.
        stateless: Groups that should have state of a topic that has not grown, and have none.
    """

    old: int
    new: int
    topics: Mapping[str, int]
    moves: tuple[Move, ...]
    stateless: frozenset[tuple[str, str]]

    @property
    def grown(self) -> bool:
        """Whether a topic has its new partitions."""
        return self.new in self.topics.values()

    @classmethod
    async def make(cls, cluster: Cluster, objects: ObjectStore, new: int) -> Self | None:
        """What is to be done to have `new` partitions; None for nothing.

        Raises:
            Refused: It cannot be done from what there is.
            Unavailable: Broker or store do not answer.
        """
        topics = await cluster.partitions(SHARDED)
        if missing := [name for name, partitions in topics.items() if not partitions]:
            raise Refused(f"Topics are missing: {', '.join(missing)}. `python -m resonance_runtime.topics` makes them.")
        kept = counts(await objects.list(STATE_BUCKET, ""))
        kept = {(group, topic): numbers for (group, topic), numbers in kept.items() if topic in topics}
        old = _old({*topics.values()}.union(*kept.values()), new)
        if old is None:
            return None
        if foreign := [key for key, numbers in kept.items() if old not in numbers and topics[key[1]] == old]:
            raise Refused(
                f"There is state of {foreign[0][0]} for {new} partitions of {foreign[0][1]}, which has {old} and had "
                "more before. Remove that state: it is not that of this topic."
            )
        return cls(
            old,
            new,
            topics,
            tuple(Move(objects, *key, old, new) for key, numbers in sorted(kept.items()) if old in numbers),
            frozenset((group, topic) for group, topic in KEYED - kept.keys() if topics[topic] == old),
        )


def _old(numbers: set[int], new: int) -> int | None:
    """The number of partitions to begin from; None where everything has `new` already."""
    old = sorted(numbers - {new})
    if not old:
        return None
    if len(old) > 1:
        raise Refused(
            f"Topics and state have {' and '.join(map(str, old))} partitions; expected one number, and {new} where an "
            f"addition was interrupted. End that one first, with the larger number as --to."
        )
    if not old[0] < new <= SHARDS or new % old[0]:
        raise Refused(
            f"There are {old[0]} partitions, so there can be a multiple of that, at most {SHARDS}; not {new}. "
            "None can be taken away."
        )
    return old[0]


@dataclass(frozen=True, slots=True)
class Addition:
    """One run of the command.

    Attributes:
        tell: Called with a sentence for people at each step.
        silence_s: How long to listen for services that run, seconds.
    """

    cluster: Cluster
    objects: ObjectStore
    tell: Tell
    silence_s: float = SILENCE_S

    async def run(self, new: int, dry_run: bool = False) -> None:
        """Brings everything to `new` partitions.

        Raises:
            Refused: It cannot be done, or not now; then the services can go on with what was before.
            RuntimeFault: Broker or store failed; the same call goes on where this one ended.
        """
        started = time.monotonic()
        plan = await Plan.make(self.cluster, self.objects, new)
        if plan is None:
            await remove_seals(self.objects)
            return self.tell(f"There are {new} partitions already, and all state is in its place.")
        self.tell(f"From {plan.old} to {new} partitions: {len(plan.topics)} topics, state of {len(plan.moves)} groups.")
        try:
            await self._copy(plan, dry_run)
        except Refused:
            if not dry_run and not plan.grown and any([await move.take_back() for move in plan.moves]):
                self.tell("What was copied is removed again, so that the services can go on as they were.")
            raise
        if dry_run:
            return self.tell("All of this can be done now. Nothing was changed.")
        await self._grow(plan)
        for move in plan.moves:
            await move.clear()
        await remove_seals(self.objects)
        self.tell(
            f"There are {new} partitions now; it took {time.monotonic() - started:.0f} s. Start all services again, "
            f"with RESONANCE_PARTITIONS={new} where that is set."
        )

    async def _copy(self, plan: Plan, dry_run: bool) -> None:
        """Sees that everything stands still, copies the state, and sees that everything still does."""
        moves = [move for move in plan.moves if not (plan.grown and await move.sealed())]
        groups = {(move.group, move.topic) for move in plan.moves} | KEYED
        standstill = Standstill(self.cluster, sorted(groups), plan.old, plan.grown)
        await standstill.nobody_works()
        versions = [await move.version() for move in moves]
        kept = {(move.group, move.topic): await move.next_offsets() for move in moves}
        kept |= {key: {} for key in plan.stateless}
        await standstill.nothing_is_left(kept)
        self.tell(f"Listening for {self.silence_s:.0f} s whether a service runs.")
        await standstill.nobody_reports(self.silence_s)
        if dry_run:
            return
        for move in moves:
            await move.copy(self.tell)
        await standstill.nobody_works()
        await standstill.nothing_is_left(kept)
        if versions != [await move.version() for move in moves]:
            raise Refused("State was written meanwhile: a service was started. Stop it, and run this again.")
        for move in moves:
            await move.seal()

    async def _grow(self, plan: Plan) -> None:
        """Gives topics their new partitions, what comes first in the pipeline first."""
        for topic in SHARDED:
            if plan.topics[topic] < plan.new:
                await self.cluster.grow(topic, plan.new)
                self.tell(f"{topic} has {plan.new} partitions.")


async def _run(settings: Settings, new: int, dry_run: bool) -> None:
    objects = ObjectStore(settings)
    try:
        await objects.start()
        async with Cluster(settings) as cluster:
            await Addition(cluster, objects, partial(print, flush=True)).run(new, dry_run)
    finally:
        await objects.stop()


def main() -> int:
    """Adds partitions; exit status as of `ended`, 2 when an argument is wrong, too."""
    parser = argparse.ArgumentParser(prog="python -m resonance_runtime.partitions", description=__doc__)
    parser.add_argument("--to", type=int, required=True, metavar="N", help="partitions that each topic should have")
    parser.add_argument("--dry-run", action="store_true", help="say whether it can be done; change nothing")
    arguments = parser.parse_args()
    return ended(lambda: asyncio.run(_run(load(Settings), arguments.to, arguments.dry_run)))


if __name__ == "__main__":
    sys.exit(main())
