"""Trainings as jobs: asked for, under way, told of, ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.errors import AlreadyTraining, TooLittle, UnknownModel
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.progress import Stage, Trigger
from resonance_auto_retrainer.telling import Abandoned, Tell
from resonance_auto_retrainer.trainings import Trainings
from resonance_contracts.pb.resonance.v1.model_pb2 import TrainingProgressed
from resonance_contracts.topics import TRAININGS_PROGRESSED
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing

DEADLINE_S = 20.0


class Bench:
    """Trainings of two models, of which the second lacks something, and all that was told."""

    def __init__(self, kept: int = 100) -> None:
        self.told: list[Outgoing] = []
        self.broker_down = False
        self.trainings = Trainings(self._publish, Clocks(lambda: 1_000 + len(self.told), lambda: 0.0), kept)
        self.trainings.offer("anomaly_detection", lambda: "")
        self.trainings.offer("load_prediction", lambda: "minutes of event time: 3 of 360")

    async def _publish(self, outgoing: Outgoing) -> None:
        if self.broker_down:
            raise Unavailable("No broker answers.")
        self.told.append(outgoing)

    @property
    def said(self) -> list[TrainingProgressed]:
        return [outgoing.value for outgoing in self.told]

    async def ask(self, auto_deploy: bool = True, request_id: str = "") -> str:
        return await self.trainings.request("anomaly_detection", auto_deploy, "ann", request_id)


@pytest.fixture
def made() -> Made:
    return object.__new__(Made)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            await asyncio.sleep(0.01)


async def test_what_is_asked_for_waits_and_is_told() -> None:
    bench = Bench()
    training_id = await bench.ask(auto_deploy=False)
    training = bench.trainings.get(training_id)
    assert training is not None and bench.trainings.asked("anomaly_detection") is training
    assert (training.state, training.asked_by, training.auto_deploy) == (Stage.WAITING, "ann", False)
    (told,) = bench.told
    assert (told.topic, told.key, told.id) == (TRAININGS_PROGRESSED, training_id.encode(), f"{training_id}/1")
    assert (told.value.state, told.value.trigger, told.value.revision) == ("waiting", "request", 1)
    assert training.as_json()["training_id"] == training_id


async def test_a_repeat_of_a_request_asks_for_no_other_training_even_when_it_has_ended() -> None:
    bench = Bench()
    assert await bench.ask(request_id="r-1") == await bench.ask(request_id="r-1") == "r-1"
    await bench.trainings.end(
        bench.trainings.begin("anomaly_detection", Trigger.SCHEDULE), "promoted", "It is champion."
    )
    assert await bench.ask(request_id="r-1") == "r-1"
    assert bench.trainings.under_way("anomaly_detection") is None
    assert len(bench.trainings.newest()) == 1


async def test_what_cannot_be_trained_is_refused_with_a_sentence() -> None:
    bench = Bench()
    first = await bench.ask()
    with pytest.raises(AlreadyTraining, match=first):
        await bench.ask()
    with pytest.raises(TooLittle, match="load_prediction from: minutes of event time: 3 of 360"):
        await bench.trainings.request("load_prediction", True, "ann")
    with pytest.raises(UnknownModel, match="there is anomaly_detection, load_prediction"):
        await bench.trainings.request("weather", True, "ann")
    assert len(bench.trainings.newest()) == 1


async def test_one_that_begins_by_itself_takes_the_request_that_waits() -> None:
    bench = Bench()
    training_id = await bench.ask()
    training = bench.trainings.begin("anomaly_detection", Trigger.DRIFT)
    assert (training.training_id, training.trigger) == (training_id, Trigger.REQUEST)
    await bench.trainings.end(training, "stored", "It is stored.")
    assert bench.trainings.begin("anomaly_detection", Trigger.DRIFT).trigger is Trigger.DRIFT


async def test_the_work_runs_beside_the_loop_and_every_state_is_told_in_ascending_revisions(made: Made) -> None:
    bench, go, threads = Bench(), threading.Event(), set()

    def work(tell: Tell) -> Made:
        threads.add(threading.get_ident())
        tell(0.1, "Searching parameters.", searching=True)
        assert go.wait(DEADLINE_S)
        tell(0.7, "Learning.")
        tell(0.5, "Learning something else.")
        return made

    training = bench.trainings.begin("anomaly_detection", Trigger.FIRST)
    running = asyncio.create_task(bench.trainings.run(training, "Training on 5 vectors.", work))
    await until(lambda: any(one.state == "searching" for one in bench.said))
    assert training.progress == 0.1
    go.set()
    assert await running is made
    await bench.trainings.end(training, "promoted", "It is champion.", "f" * 64, {"holdout_vectors": 3.0})
    assert threading.get_ident() not in threads
    states = [one.state for one in bench.said]
    assert states[0] == "training" and states[-2:] == ["storing", "ended"]
    assert [one.revision for one in bench.said] == list(range(1, len(states) + 1))
    shares = [one.progress for one in bench.said]
    assert shares == sorted(shares) and shares[-2:] == [0.7, 1.0]
    last = bench.said[-1]
    assert (last.outcome, last.model_version, dict(last.metrics)) == ("promoted", "f" * 64, {"holdout_vectors": 3.0})


async def test_a_thousand_steps_are_not_told_a_thousand_times(made: Made) -> None:
    bench = Bench()

    def work(tell: Tell) -> Made:
        for step in range(1_000):
            tell(step / 1_000, f"Step {step}.")
        return made

    training = bench.trainings.begin("anomaly_detection", Trigger.FIRST)
    await bench.trainings.run(training, "Training.", work)
    assert training.progress == pytest.approx(0.999)
    assert len(bench.told) < 10


async def test_a_broker_that_is_down_fails_no_training_and_what_was_not_told_is_told_later(made: Made) -> None:
    bench = Bench()
    bench.broker_down = True
    training = bench.trainings.begin("anomaly_detection", Trigger.FIRST)
    assert await bench.trainings.run(training, "Training.", lambda _: made) is made
    await bench.trainings.end(training, "promoted", "It is champion.")
    assert not bench.told
    bench.broker_down = False
    await bench.trainings.tell_again()
    await bench.trainings.tell_again()
    assert [(one.state, one.outcome) for one in bench.said] == [("ended", "promoted")]


async def test_a_failure_of_the_work_reaches_who_waits_for_it() -> None:
    def work(_: Tell) -> Made:
        raise ValueError("no numbers")

    bench = Bench()
    training = bench.trainings.begin("anomaly_detection", Trigger.FIRST)
    with pytest.raises(ValueError, match="no numbers"):
        await bench.trainings.run(training, "Training.", work)


async def test_what_is_given_up_ends_with_the_next_thing_it_says() -> None:
    bench, steps = Bench(), []

    def work(tell: Tell) -> Made:
        while True:
            steps.append(None)
            tell(0.0, "Learning.")

    training = bench.trainings.begin("anomaly_detection", Trigger.FIRST)
    running = asyncio.create_task(bench.trainings.run(training, "Training.", work))
    await until(lambda: len(steps) > 3)
    bench.trainings.abandon()
    with pytest.raises(Abandoned, match="The service stops"):
        await running


async def test_the_newest_are_kept_and_those_that_are_not_over() -> None:
    bench = Bench(kept=3)
    waiting = await bench.ask()
    ended = []
    for _ in range(5):
        training = bench.trainings.begin("user_behavior", Trigger.SCHEDULE)
        await bench.trainings.end(training, "promoted", "It is champion.")
        ended.append(training.training_id)
    assert [one.training_id for one in bench.trainings.newest()] == [ended[4], ended[3], waiting]
    assert bench.trainings.get(ended[0]) is None
