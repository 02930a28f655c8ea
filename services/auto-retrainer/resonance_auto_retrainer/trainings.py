"""The trainings of all models: what is asked for, what is under way, how each ended.

    asked for ──▶ waiting ──▶ searching ──▶ training ──▶ storing ──▶ ended
At most one of a model waits or is under way. A training runs in a thread of its own and says how far it is; that is
told about once a second, and every change of state at once. That nobody can be told fails no training: what could not
be told is told later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event
from typing import Final
from uuid import uuid4

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.errors import AlreadyTraining, TooLittle, UnknownModel
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.progress import Stage, Training, Trigger
from resonance_auto_retrainer.promoter import Publish
from resonance_auto_retrainer.telling import Abandoned, Tell
from resonance_runtime.errors import Unavailable

log = logging.getLogger(__name__)

KEPT: Final = 100
"""Trainings that are shown: those that are not over, and the newest others."""

EVERY_S: Final = 1.0
"""Seconds between two that are told of the same state."""

Lacks = Callable[[], str]
Work = Callable[[Tell], Made]


class Trainings:
    """All of them, the newest last.

    Args:
        publish: Tells of them.
        clocks: When something was told.
        kept: How many are shown.
    """

    def __init__(self, publish: Publish, clocks: Clocks | None = None, kept: int = KEPT) -> None:
        self._publish = publish
        self._clocks = clocks or Clocks()
        self._kept = kept
        self._lacks: dict[str, Lacks] = {}
        self._trainings: dict[str, Training] = {}
        self._untold: set[str] = set()
        self._abandoned = Event()

    def offer(self, model_name: str, lacks: Lacks) -> None:
        """Lets trainings of a model be asked for; `lacks` says what is missing for one, "" where nothing is."""
        self._lacks[model_name] = lacks

    async def request(self, model_name: str, auto_deploy: bool, by: str, request_id: str = "") -> str:
        """Asks for a training, which waits for its turn.

        Args:
            model_name: Of the model.
            auto_deploy: Whether what comes out goes on trial, or into service where nothing is; else it is stored.
            by: Who asks.
            request_id: The same for a repeat of the request, which asks for no other training; its id, if given.

        Returns:
            The id of the training.

        Raises:
            UnknownModel: There is no such model.
            AlreadyTraining: Another one of the model waits or is under way.
            TooLittle: There is too little to learn from.
        """
        if request_id in self._trainings:
            return request_id
        if (lacks := self._lacks.get(model_name)) is None:
            raise UnknownModel(f"There is no model {model_name[:100]!r}: there is {', '.join(self._lacks)}.")
        if (other := self.under_way(model_name)) is not None:
            raise AlreadyTraining(
                f"A training of {model_name} is under way already, {other.training_id}: ask again when it has ended."
            )
        if missing := lacks():
            raise TooLittle(f"There is too little to learn {model_name} from: {missing}.")
        training = self._add(model_name, Trigger.REQUEST, by, auto_deploy, request_id)
        training.message = "It was asked for and waits for its turn."
        await self._tell(training)
        return training.training_id

    def asked(self, model_name: str) -> Training | None:
        """The one of a model that was asked for and waits; None where there is none."""
        found = self.under_way(model_name)
        return found if found is not None and found.trigger is Trigger.REQUEST else None

    def under_way(self, model_name: str) -> Training | None:
        """The one of a model that is not over."""
        return next((one for one in self._trainings.values() if one.model_name == model_name and not one.over), None)

    def begin(self, model_name: str, trigger: Trigger) -> Training:
        """The one that was asked for, or one by itself."""
        return self.asked(model_name) or self._add(model_name, trigger, "", True, "")

    async def run(self, training: Training, message: str, work: Work) -> Made:
        """Does the work in a thread, and tells how far it is.

        Raises:
            Abandoned: It was given up; the thread ends as soon as it says something.
            Exception: Whatever the work raises.
        """
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def note(stage: Stage, said: str, share: float) -> None:
            if training.state is not stage:
                changed.set()
            self._note(training, stage, said, share)

        def tell(share: float, said: str, *, searching: bool = False) -> None:
            if self._abandoned.is_set():
                raise Abandoned("The service stops.")
            with suppress(RuntimeError):
                stage = Stage.SEARCHING if searching else Stage.TRAINING
                loop.call_soon_threadsafe(note, stage, said, share)

        self._note(training, Stage.TRAINING, message, 0.0)
        doing = asyncio.create_task(asyncio.to_thread(work, tell))
        while not doing.done():
            if training.training_id in self._untold:
                await self._tell(training)
            await _first_of(doing, changed)
        made = doing.result()
        training.note(Stage.STORING, "Storing what came out.", self._clocks.now_us(), training.progress)
        await self._tell(training)
        return made

    async def say(self, training: Training, message: str) -> None:
        """Tells what is done now, in the state that the training is in."""
        training.note(training.state, message, self._clocks.now_us(), training.progress)
        await self._tell(training)

    async def end(
        self,
        training: Training,
        outcome: str,
        message: str,
        version: str = "",
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """It ended, and how: see `Training`."""
        training.end(outcome, message, self._clocks.now_us(), version, metrics)
        await self._tell(training)

    async def tell_again(self) -> None:
        """Tells what could not be told."""
        for training in [self._trainings[one] for one in self._untold if one in self._trainings]:
            await self._tell(training)

    def abandon(self) -> None:
        """Whatever is under way is to end at once."""
        self._abandoned.set()

    def get(self, training_id: str) -> Training | None:
        """The one of that id, if it is still known."""
        return self._trainings.get(training_id)

    def newest(self) -> list[Training]:
        """All that are known, the newest first."""
        return list(reversed(self._trainings.values()))

    def _add(self, model_name: str, trigger: Trigger, by: str, auto_deploy: bool, training_id: str) -> Training:
        now_us = self._clocks.now_us()
        training = Training(training_id or str(uuid4()), model_name, trigger, by, auto_deploy, now_us, now_us)
        self._trainings[training.training_id] = training
        for one in [one for one in self._trainings.values() if one.over][: max(len(self._trainings) - self._kept, 0)]:
            del self._trainings[one.training_id]
            self._untold.discard(one.training_id)
        return training

    def _note(self, training: Training, state: Stage, message: str, progress: float) -> None:
        if not training.over:
            training.note(state, message, self._clocks.now_us(), progress)
            self._untold.add(training.training_id)

    async def _tell(self, training: Training) -> None:
        training.revision += 1
        self._untold.discard(training.training_id)
        try:
            await self._publish(training.record())
        except Unavailable as fault:
            self._untold.add(training.training_id)
            log.warning("a training could not be told of", extra={"id": training.training_id, "reason": str(fault)})


async def _first_of(doing: asyncio.Task[Made], changed: asyncio.Event) -> None:
    """Waits until something ended or changed, EVERY_S at most."""
    change = asyncio.create_task(changed.wait())
    await asyncio.wait([doing, change], timeout=EVERY_S, return_when=asyncio.FIRST_COMPLETED)
    change.cancel()
    changed.clear()
