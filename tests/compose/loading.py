"""Reads Compose files."""

from __future__ import annotations

from typing import Any

import yaml


class ComposeLoader(yaml.SafeLoader):
    """YAML with Compose's tag for a list that replaces another, which changes nothing of the list itself."""


def _sequence(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node)


ComposeLoader.add_constructor("!override", _sequence)
