from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from resonance_client.cli.commands import demo as command
from resonance_client.cli.main import build_parser
from resonance_client.simulation.kinds import ACCEPTED
from resonance_client.simulation.plan import Scenario, make_plan

if TYPE_CHECKING:
    from conftest import FakeGateway

Until = Callable[[Callable[[], bool]], Awaitable[None]]

SMALL = ["--seed", "4", "--users", "5", "--learning-hours", "0.5", "--incident-hours", "0.6", "--speed-up", "100000"]
SCENARIO = Scenario(seed=4, ordinary_users=5, learning_hours=0.5, incident_hours=0.6)
CHAMPION = {"model_name": "anomaly_detection", "alias": "champion", "model_version": "abc"}
UP: dict[str, Any] = {"state": "up", "summary": "All six services are up.", "services": [], "models": []}


class Detector:
    """Stands in for the services: raises and explains an alert for each planted user's first frame."""

    def __init__(self, gateway: FakeGateway, blind: frozenset[str] = frozenset()) -> None:
        self._gateway = gateway
        self._kinds = {
            planted.user: min(ACCEPTED[planted.kind])
            for planted in make_plan(SCENARIO).incidents.planted
            if planted.kind not in blind
        }
        self.tasks: list[asyncio.Task[None]] = []
        self.flagged: set[str] = set()

    def see(self, source: str, frame: dict[str, Any]) -> None:
        user, _, label = source.rsplit("-", 2)[0], None, source.rsplit("-", 2)[1]
        if label == "i" and user in self._kinds and user not in self.flagged:
            self.flagged.add(user)
            self.tasks.append(asyncio.create_task(self._raise(user, frame)))

    async def _raise(self, user: str, frame: dict[str, Any]) -> None:
        stream = f"replay:{self._gateway.authentications[0]['stream']}"
        common = {"user_key": f"u_{user}", "user_id": user, "stream": stream}
        alert = {"state": "open", "alert_id": f"i-{user}", "kind": self._kinds[user], "severity": "high"}
        times = {"opened_us": round(frame["time"] * 1e6), "last_received_us": 1}
        await self._gateway.tell({"type": "alert"} | common | alert | times)
        texts = [{"language": "en", "natural": f"Because {user} did."}]
        await self._gateway.tell(
            {"type": "explanation", "vector_id": f"v-{user}", "alert_ids": [f"i-{user}"], "texts": texts} | common
        )


class Slow(Detector):
    """Begins when it has seen all of them, and takes a while for each."""

    _turn = asyncio.Lock()

    async def _raise(self, user: str, frame: dict[str, Any]) -> None:
        while len(self.flagged) < len(self._kinds):
            await asyncio.sleep(0.01)
        async with self._turn:
            await asyncio.sleep(0.8)
            await super()._raise(user, frame)


async def run(gateway: FakeGateway, secret: str, *more: str, once: bool = True) -> int:
    argv = ["demo", "--gateway", gateway.url, "--secret", secret, "--language", "en", *SMALL, *more]
    argv += ["--once"] * once
    return await command.run(build_parser(argv[0]).parse_args(argv))


@pytest.fixture
def ready(gateway: FakeGateway) -> FakeGateway:
    gateway.answers["/readyz"] = 200, {"unready": {}}
    gateway.answers["/ml/status"] = 200, UP | {"models": [CHAMPION]}
    return gateway


async def test_one_round_ends_well_and_says_so_in_its_last_line(
    ready: FakeGateway, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    detector = Detector(ready)
    ready.on_frame = detector.see
    assert await run(ready, secret) == 0
    lines = capsys.readouterr().out.splitlines()
    summary = json.loads(lines[-1])
    assert (summary["incidents"], summary["detected"], summary["explained"], summary["false_alerts"]) == (7, 7, 7, 0)
    assert summary["events"] == ready.count()
    assert (summary["ordinary_users"], summary["duplicates"], summary["missing"]) == (5, 0, [])
    for user in detector.flagged:
        assert any(f"{user} — " in line and "planted: " in line for line in lines)
        assert any(f"Because {user} did." in line for line in lines)


async def test_what_was_not_found_is_named_and_the_exit_code_is_1(
    ready: FakeGateway, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.on_frame = Detector(ready, blind=frozenset({"slow_burn"})).see
    assert await run(ready, secret, "--verdict-timeout", "0.3") == 1
    output = capsys.readouterr()
    assert json.loads(output.out.splitlines()[-1])["detected"] == 6
    assert "The slow_burn of" in output.err
    assert "was not detected." in output.err


async def test_what_comes_late_is_waited_for_while_something_comes(
    ready: FakeGateway, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.on_frame = Slow(ready).see
    assert await run(ready, secret, "--verdict-timeout", "2.5") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["explained"] == 7


async def test_incidents_wait_for_the_model(
    ready: FakeGateway, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.answers["/ml/status"] = 200, UP
    planted = {planted.user for planted in make_plan(SCENARIO).incidents.planted}
    detector = Detector(ready)
    before_promotion: list[str] = []

    def see(source: str, frame: dict[str, Any]) -> None:
        if ready.answers["/ml/status"][1] is UP and source.rsplit("-", 2)[0] in planted and "-i-" in source:
            before_promotion.append(source)
        detector.see(source, frame)

    ready.on_frame = see
    learned = sum(action.is_frame for action in make_plan(SCENARIO).learning.actions)

    async def promote() -> None:
        while ready.count() < learned:
            await asyncio.sleep(0.01)
        assert ready.count() == learned
        ready.answers["/ml/status"] = 200, UP | {"models": [CHAMPION]}

    promotion = asyncio.create_task(promote())
    assert await run(ready, secret) == 0
    await promotion
    assert before_promotion == []
    assert "A model was promoted; incidents begin." in capsys.readouterr().out


async def test_without_once_it_goes_on_until_it_is_interrupted(
    ready: FakeGateway, secret: str, until: Until, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.on_frame = Detector(ready).see
    going_on = asyncio.create_task(run(ready, secret, once=False))
    await until(lambda: any("-x1-" in source for source, _ in ready.arrivals))
    going_on.cancel()
    assert await going_on == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Further traffic with a new incident now and then; Ctrl-C ends it." in lines
    assert json.loads(lines[-1])["detected"] == 7


async def test_services_that_do_not_come_up_are_named(
    ready: FakeGateway, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    down = {"service": "xai", "state": "down", "reasons": ["The xai has not reported yet."]}
    ready.answers["/ml/status"] = 200, UP | {"services": [down]}
    assert await run(ready, secret, "--ready-timeout", "0.3") == 1
    output = capsys.readouterr()
    assert "The xai has not reported yet." in output.err
    assert json.loads(output.out.splitlines()[-1])["incidents"] == 7
    assert ready.count() == 0
