"""What is judged of an alert: where it came to, that it was over, its link and its runbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from tests.alarms.course import Row
from tests.alarms.faults import Fault, nothing
from tests.alarms.following import Block, Followed
from tests.alarms.scene import Arrived, Scene
from tests.alarms.table import lines, wrong
from tests.compose.stack import Stack

FAULT = Fault("redis is stopped", ("OnlineStoreDown",), nothing, nothing)


def arrived(
    at: float, status: str = "firing", receiver: str = "ticket", key: str = "1", summary: str = "S."
) -> Arrived:
    labels = {"severity": "ticket"}
    return Arrived(at, receiver, "OnlineStoreDown", status, labels, {"summary": summary}, key)


def row(told: Arrived | None = None, resolved_s: float | None = 3.0, page: int = 200) -> Row:
    return Row(FAULT, "OnlineStoreDown", None if told is None else 2.0, resolved_s, told, page)


def test_an_alert_that_came_and_went_is_right() -> None:
    assert row(arrived(1)).faults == []
    assert list(lines([row(arrived(1))]))[-1] == "| redis is stopped | OnlineStoreDown | 2 | ticket | 3 |  |"


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (row(), "it never came"),
        (replace(row(arrived(1), resolved_s=None), left=["{'job': 'xai'}"]), "it was not over: {'job': 'xai'}"),
        (row(arrived(1, receiver="page")), "severity ticket came to page"),
        (row(arrived(1), page=404), "its link answers 404"),
        (row(arrived(1, summary="{{ $labels.job }} is down.")), "its words are a template"),
    ],
)
def test_what_is_wrong_is_said(judged: Row, said: str) -> None:
    assert list(wrong([judged])) == [f"OnlineStoreDown, redis is stopped: {said}."]


def test_a_step_that_printed_something_else_is_shown_with_what_it_printed() -> None:
    judged = row(arrived(1))
    judged.followed = [Followed(Block("Confirm", "docker compose ps\n", ("redis …",)), "nothing", False)]
    first, second = wrong([judged])
    assert "Confirm: docker compose ps" in first and "'nothing'" in second


async def test_an_alert_fires_until_each_of_its_instances_is_over() -> None:
    async with aiohttp.ClientSession() as http:
        scene = Scene(Stack(Path()), Path(), http, 0)
    scene.arrived = [arrived(1, key="a"), arrived(2, key="b"), arrived(3, "resolved", key="a")]
    assert [one.fingerprint for one in scene.firing("OnlineStoreDown")] == ["b"]
    scene.arrived.append(arrived(4, "resolved", key="b"))
    assert scene.firing("OnlineStoreDown") == []
    early = scene.came("OnlineStoreDown", since=2)
    assert early is not None and early.at == 2
    assert scene.came("OnlineStoreDown", since=5) is None
