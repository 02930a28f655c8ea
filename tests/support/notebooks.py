"""Notebooks, executed as they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat


def executed(path: Path, patience_s: float) -> dict[str, list[Any]]:
    """Executes a notebook in its folder, and gives the outputs of its cells by their ids.

    Args:
        path: Of the notebook, which is kept without outputs.
        patience_s: Longest time for a cell.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    assert all(not cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    folder = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(notebook, timeout=patience_s, kernel_name="python3", resources=folder).execute()
    return {cell.id: cell.get("outputs", []) for cell in notebook.cells}


def printed(outputs: list[Any]) -> str:
    """What a cell printed; of records that tests of bad input wrote, it says on standard error that they are none."""
    return "".join(one.text for one in outputs if one.output_type == "stream" and one.name == "stdout")
