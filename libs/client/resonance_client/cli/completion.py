"""What TAB offers for words that only the running system, or the person's own files, know.

A completer never says anything and never takes long: where it cannot know, it offers nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any, Final

MODELS: Final = ("anomaly_detection", "load_prediction", "user_behavior")
PATIENCE_S: Final = 1.5
OFFERED: Final = 50

Offer = Callable[[argparse.Namespace], Iterable[str] | dict[str, str]]


def complete(action: argparse.Action, offer: Offer) -> None:
    """Let argcomplete ask `offer` for the words of an argument."""

    def completer(parsed_args: argparse.Namespace, **_: Any) -> Iterable[str] | dict[str, str]:
        try:
            return offer(parsed_args)
        except Exception:
            return ()

    action.completer = completer  # type: ignore[attr-defined]


def profile_names(_: argparse.Namespace) -> Iterable[str]:
    """The profiles there are."""
    from resonance_client.profiles import Profiles

    return Profiles().names()


def model_names(_: argparse.Namespace) -> Iterable[str]:
    """The models there are."""
    return MODELS


def topic_names(_: argparse.Namespace) -> Iterable[str]:
    """The topics of the catalogue."""
    from resonance_contracts.topics import TOPICS

    return [topic.name for topic in TOPICS]


def alert_ids(arguments: argparse.Namespace) -> dict[str, str]:
    """The newest incidents, with what they are."""
    from resonance_client.cli.target import target

    answer = target(arguments).ask("GET", f"/ml/incidents?limit={OFFERED}", role="operator", timeout_s=PATIENCE_S)
    return {one["alert_id"]: f"{one['severity']} {one['kind']}" for one in answer["incidents"]}


def model_versions(arguments: argparse.Namespace) -> Iterable[str]:
    """The versions of a model that the gateway heard of."""
    from resonance_client.cli.target import target

    answer = target(arguments).ask("GET", "/ml/models", role="operator", timeout_s=PATIENCE_S)
    versions = (one["versions"] for one in answer["models"] if one["model_name"] == arguments.name)
    return [version[:12] for version in next(versions, [])]
