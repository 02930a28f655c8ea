"""Round trips to Redis, one after the other, each with everything that waits: publications, then questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from resonance_gateway.channels.publication import Position
from resonance_gateway.channels.remote import Reading
from resonance_gateway.channels.store import Question, Standing, Store
from resonance_gateway.channels.waiting import Doubtful, Entry, Outgoing
from resonance_runtime import metrics

_EVERYWHERE: Final = metrics.GATEWAY_PUBLICATIONS.labels(reach="everywhere")
_HERE: Final = metrics.GATEWAY_PUBLICATIONS.labels(reach="here")

Here = Callable[[str, bytes], None]
Refused = Callable[[str], None]


class Rounds:
    """What waits for Redis.

    Args:
        store: Publishes and reads.
        here: Takes the channel and the value of a publication that Redis does not take.
        refused: Told, as a sentence, when Redis answers and refuses.

    Attributes:
        outgoing: Publications that wait.
        doubtful: Those that Redis may have taken although it did not say so.
    """

    def __init__(self, store: Store, here: Here, refused: Refused) -> None:
        self.outgoing = Outgoing()
        self.doubtful = Doubtful()
        self._store = store
        self._here = here
        self._refused = refused
        self._questions: list[Question] = []
        self._work = asyncio.Event()

    def publish(self, entry: Entry) -> bool:
        """Takes a publication; False where too many wait."""
        self._work.set()
        return self.outgoing.add(entry)

    def ask(self, questions: Iterable[Question]) -> None:
        """Takes questions."""
        self._questions += questions
        self._work.set()

    async def run(self) -> None:
        """Goes on without end; raises RedisError or OSError when Redis does not answer, with everything settled."""
        while True:
            await self._work.wait()
            publications = list(self.outgoing.take().items())
            questions, self._questions = self._questions, []
            if not len(self.outgoing):
                self._work.clear()
            try:
                positions, standings = await self._store.round_trip(publications, questions)
            except BaseException:
                self._doubt(publications)
                for question in questions:
                    question.read(None)
                raise
            for (_, entries), position in zip(publications, positions, strict=True):
                self._published(entries, position)
            for question, standing in zip(questions, standings, strict=True):
                question.read(self._reading(standing))

    def settle(self) -> None:
        """Redis is away: publications are passed on here, and questions have no answer."""
        for entries in self.outgoing.take(everything=True).values():
            for entry in entries:
                self.pass_on_here(entry)
        questions, self._questions = self._questions, []
        for question in questions:
            question.read(None)

    def pass_on_here(self, entry: Entry) -> None:
        """A publication reaches the clients of this gateway."""
        self._here(entry.channel, entry.data)
        _HERE.inc()
        if entry.told is not None:
            entry.told(None)

    def _published(self, entries: list[Entry], last: Position | Exception) -> None:
        if isinstance(last, Exception):
            self._refused(f"Redis refuses publications ({last}): they reach the clients of this gateway alone.")
            for entry in entries:
                self.pass_on_here(entry)
            return
        _EVERYWHERE.inc(len(entries))
        for i, entry in enumerate(reversed(entries)):
            if entry.told is not None:
                entry.told(Position(last.offset - i, last.epoch))

    def _reading(self, standing: Standing | Exception) -> Reading | None:
        if isinstance(standing, Exception):
            self._refused(f"Redis refuses to tell where channels stand ({standing}): nothing can be recovered.")
            return None
        contents = standing.contents
        return Reading(standing.position, None if contents is None else [self.doubtful.value(one) for one in contents])

    def _doubt(self, publications: list[tuple[str, list[Entry]]]) -> None:
        """Nobody knows whether Redis took them: they are passed on here, and not again should they come."""
        for _, entries in publications:
            for entry in entries:
                self.doubtful.add(entry)
                self.pass_on_here(entry)
