"""The request of a notification on a way out, with the secrets of that way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from resonance_llm_orchestrator.notifying.ways import PagerDutyWay, SlackWay, WebhookWay
from resonance_llm_orchestrator.sinks import pagerduty, slack, webhook
from resonance_llm_orchestrator.sinks.message import Message

HttpWay = WebhookWay | SlackWay | PagerDutyWay


class NotSet(Exception):
    """Something that a way needs is not set, or its file cannot be read: a sentence."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a way has that names none of its own; empty where it is not set."""

    webhook_url: str = ""
    slack_url: str = ""
    pagerduty_key: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `Idempotency-Key` is the notification's id, the same whenever it is sent again."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


def request_of(message: Message, way: HttpWay, secrets: Secrets) -> Request:
    """The request.

    Raises:
        NotSet: There is no address or key.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Resonance",
        "Idempotency-Key": message.decision.id,
    }
    if isinstance(way, WebhookWay):
        wanted = "webhook: url, url_file or RESONANCE_NOTIFY_WEBHOOK_URL"
        url = _first(way.url, way.url_file, secrets.webhook_url, wanted)
        if way.bearer_token_file is not None:
            headers["Authorization"] = f"Bearer {_read(way.bearer_token_file)}"
        return Request(url, webhook.body(message, way.max_alerts), headers)
    if isinstance(way, SlackWay):
        url = _first(way.url, way.url_file, secrets.slack_url, "slack: url, url_file or RESONANCE_NOTIFY_SLACK_URL")
        return Request(url, slack.body(message, way.language, way.max_alerts), headers)
    wanted = "pagerduty: routing_key_file or RESONANCE_NOTIFY_PAGERDUTY_KEY"
    key = _first(None, way.routing_key_file, secrets.pagerduty_key, wanted)
    return Request(way.url, pagerduty.body(message, key, way.language), headers)


def _first(given: str | None, file: str | None, setting: str, wanted: str) -> str:
    found = given or (_read(file) if file is not None else setting)
    if not found:
        raise NotSet(f"Nobody said where to send it: set {wanted}.")
    return found


def _read(path: str) -> str:
    """A secret, read anew each time: it may have been replaced."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotSet(f"The file {path} cannot be read: {type(error).__name__}.") from error
