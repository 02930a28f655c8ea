"""The notebooks, as they are, against the six services at work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from resonance_client import TokenSigner
from resonance_contracts.topics import Service
from tests.support.demonstration import Demonstrated

pytestmark = [pytest.mark.long]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATIENCE_S = 300


@pytest.fixture
def environment(demonstrated: Demonstrated, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page of the notebooks has people export."""
    stack = demonstrated.stack
    monkeypatch.setenv("RESONANCE_GATEWAY", stack.url(Service.GATEWAY))
    monkeypatch.setenv("RESONANCE_KAFKA_BOOTSTRAP", stack.environment["RESONANCE_KAFKA_BOOTSTRAP"])
    monkeypatch.setenv("RESONANCE_TOKEN", TokenSigner(stack.jwt_secret).sign("olga", roles=["operator"]))


@pytest.fixture
def run(environment: None) -> Any:
    """Executes a notebook, and gives the outputs of its cells by their ids."""

    def execute(name: str) -> dict[str, list[Any]]:
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        assert all(not cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
        client = nbclient.NotebookClient(
            notebook, timeout=PATIENCE_S, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOKS)}}
        )
        client.execute()
        return {cell.id: cell.get("outputs", []) for cell in notebook.cells}

    return execute


def text(outputs: list[Any]) -> str:
    """What a cell printed; of records that tests of bad input wrote, it says on standard error that they are none."""
    return "".join(one.text for one in outputs if one.output_type == "stream" and one.name == "stdout")


def test_vectors_are_read_and_drawn(run: Any) -> None:
    cells = run("explore_vectors.ipynb")
    found = re.fullmatch(r"(\d+) vectors of (\d+) users, (\d+) of them flagged\n", text(cells["read"]))
    assert found is not None
    vectors, users, flagged = map(int, found.groups())
    assert vectors > 100 and users > 5 and 0 < flagged < vectors / 2
    assert "image/png" in cells["person"][-1].data


def test_two_versions_are_trained_and_compared(run: Any) -> None:
    cells = run("train_and_compare.ipynb")
    assert re.fullmatch(r"usual +[0-9a-f]{12} +\d+ KiB\nsmaller +[0-9a-f]{12} +\d+ KiB\n", text(cells["train"]))
    assert re.search(r"scores differ by 0\.\d+ on average", text(cells["say"]))
    assert "reasons_agreement" in cells["reasons"][-1].data["text/plain"]


def test_an_explanation_adds_up(run: Any) -> None:
    cells = run("read_an_explanation.ipynb")
    assert text(cells["why"]).strip()
    total, score = map(float, re.findall(r"-?\d+\.\d{6}", text(cells["add"])))
    assert abs(total - score) < 1e-4
    assert text(cells["other"]).strip() and "not time enough" not in text(cells["other"])
