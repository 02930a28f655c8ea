"""The notebooks, as they are, against the six services at work."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resonance_client import TokenSigner
from resonance_contracts.topics import Service
from tests.support.demonstration import Demonstrated
from tests.support.notebooks import executed, printed

pytestmark = [pytest.mark.long]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATIENCE_S = 300


@pytest.fixture
def run(demonstrated: Demonstrated, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, list[Any]]]:
    """Executes one with what their page has people export."""
    stack = demonstrated.stack
    monkeypatch.setenv("RESONANCE_GATEWAY", stack.url(Service.GATEWAY))
    monkeypatch.setenv("RESONANCE_KAFKA_BOOTSTRAP", stack.environment["RESONANCE_KAFKA_BOOTSTRAP"])
    monkeypatch.setenv("RESONANCE_TOKEN", TokenSigner(stack.jwt_secret).sign("olga", roles=["operator"]))
    return lambda name: executed(NOTEBOOKS / name, PATIENCE_S)


def test_vectors_are_read_and_drawn(run: Any) -> None:
    cells = run("explore_vectors.ipynb")
    found = re.fullmatch(r"(\d+) vectors of (\d+) users, (\d+) of them flagged\n", printed(cells["read"]))
    assert found is not None
    vectors, users, flagged = map(int, found.groups())
    assert vectors > 100 and users > 5 and 0 < flagged < vectors / 2
    assert "image/png" in cells["person"][-1].data


def test_two_versions_are_trained_and_compared(run: Any) -> None:
    cells = run("train_and_compare.ipynb")
    assert re.fullmatch(r"usual +[0-9a-f]{12} +\d+ KiB\nsmaller +[0-9a-f]{12} +\d+ KiB\n", printed(cells["train"]))
    assert re.search(r"scores differ by 0\.\d+ on average", printed(cells["say"]))
    assert "reasons_agreement" in cells["reasons"][-1].data["text/plain"]


def test_an_explanation_adds_up(run: Any) -> None:
    cells = run("read_an_explanation.ipynb")
    assert printed(cells["why"]).strip()
    total, score = map(float, re.findall(r"-?\d+\.\d{6}", printed(cells["add"])))
    assert abs(total - score) < 1e-4
    assert printed(cells["other"]).strip() and "not time enough" not in printed(cells["other"])
