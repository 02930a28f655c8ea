"""Questions to the auto-retrainer: each is done once, and answered with what came of it or why nothing did."""

from __future__ import annotations

import time
from typing import Any

import pytest

from resonance_auto_retrainer.errors import AlreadyTraining, NothingBefore, NotLoadable, UnknownModel
from resonance_auto_retrainer.requests import Requests
from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import MODELS_REQUESTED
from resonance_modeling.alias import AliasChange
from resonance_modeling.artifact import StoredFile
from resonance_modeling.errors import HashMismatch, PromotionConflict, RegistryError, UnknownVersion
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.records import Outgoing, Record

CHANGE = AliasChange(
    model_name="m",
    alias="champion",
    revision=3,
    model_version="a" * 64,
    previous_version="b" * 64,
    manifest_key="k",
    manifest=StoredFile(name="manifest.json", sha256="c" * 64, size=3),
    catalogue_version="1",
    changed_us=7,
    promoter="p",
    reason="r",
    previous_change="d" * 64,
)


class Done:
    """Operations that only remember what was asked, or fail."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.fault: Exception | None = None

    async def train(self, *call: Any) -> str:
        self._take("train", *call)
        return "t1"

    async def load(self, *call: Any) -> AliasChange:
        self._take("load", *call)
        return CHANGE

    async def roll_back(self, *call: Any) -> AliasChange:
        self._take("roll_back", *call)
        return CHANGE

    def _take(self, *call: Any) -> None:
        self.calls.append(call)
        if self.fault is not None:
            raise self.fault


class Desk:
    """Requests, with all they sent."""

    def __init__(self) -> None:
        self.done = Done()
        self.sent: list[Outgoing] = []
        self.requests = Requests(self.done, self._send_all)

    async def _send_all(self, outgoing: Any) -> None:
        self.sent.extend(outgoing)

    async def ask(self, id_: str = "c1", later_ms: int = 10_000, **asked: Any) -> Any:
        """Asks; the answer, the problem, or None."""
        headers = {
            "correlation-id": id_,
            "reply-partition": "0",
            "deadline-ms": str(round(time.time() * 1000) + later_ms),
        }
        return await self.ask_with({name: value for name, value in headers.items() if value}, **asked)

    async def ask_with(self, headers: dict[str, str], **asked: Any) -> Any:
        question = request_pb2.ModelRequest(model_name="m", asked_by="u_olga", **asked)
        self.sent.clear()
        await self.requests.handle([Record(MODELS_REQUESTED, 0, 0, "c1", 1, None, question, headers)])
        if not self.sent:
            return None
        (reply,) = self.sent
        if reply.value.HasField("problem"):
            return reply.value.problem
        return request_pb2.ModelReply.FromString(reply.value.inline)


ROLLBACK = {"rollback": request_pb2.RollbackModel()}


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_rollback_is_answered_with_the_champion_as_it_was_changed(desk: Desk) -> None:
    answer = await desk.ask(reason="Why not", **ROLLBACK)
    assert desk.done.calls == [("roll_back", "m", "u_olga", "Why not", "c1")]
    assert (answer.promoted.model_version, answer.promoted.revision) == ("a" * 64, 3)
    assert answer.message == f"Version {'a' * 12} is the champion of m, revision 3."


async def test_a_load_names_the_version_and_a_training_has_an_id(desk: Desk) -> None:
    await desk.ask(load=request_pb2.LoadModel(model_version="aaaaaaaa"))
    answer = await desk.ask("c2", train=request_pb2.TrainModel(auto_deploy=True))
    assert desk.done.calls == [
        ("load", "m", "aaaaaaaa", "u_olga", "", "c1"),
        ("train", "m", True, "u_olga", "c2"),
    ]
    assert (answer.training_id, answer.HasField("promoted")) == ("t1", False)


async def test_a_question_that_is_read_again_is_done_once_and_answered_again(desk: Desk) -> None:
    assert await desk.ask(**ROLLBACK) == await desk.ask(**ROLLBACK)
    assert len(desk.done.calls) == 1


async def test_what_failed_because_something_was_away_is_tried_again(desk: Desk) -> None:
    desk.done.fault = Unavailable("The store does not answer.")
    with pytest.raises(Unavailable):
        await desk.ask(**ROLLBACK)
    desk.done.fault = None
    assert (await desk.ask(**ROLLBACK)).promoted.revision == 3
    assert desk.done.calls[0] == desk.done.calls[1]


async def test_nothing_is_done_after_the_deadline_or_without_an_address(desk: Desk) -> None:
    assert await desk.ask(later_ms=-1000, **ROLLBACK) is None
    for headers in ({"deadline-ms": "9" * 15}, {"correlation-id": "c1", "reply-partition": "0"}):
        with pytest.raises(Reject):
            await desk.ask_with(headers, **ROLLBACK)
    assert desk.done.calls == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (UnknownModel("x"), 404),
        (UnknownVersion("x"), 404),
        (NothingBefore("x"), 409),
        (AlreadyTraining("x"), 409),
        (PromotionConflict("x"), 409),
        (NotLoadable("x"), 422),
        (RegistryError("x"), 422),
        (HashMismatch("x"), 422),
    ],
)
async def test_what_cannot_be_done_is_a_problem_that_says_why(desk: Desk, fault: Exception, status: int) -> None:
    desk.done.fault = fault
    problem = await desk.ask(**ROLLBACK)
    assert (problem.status, problem.detail) == (status, "x")


async def test_a_question_for_nothing_is_a_problem(desk: Desk) -> None:
    assert (await desk.ask()).status == 400
