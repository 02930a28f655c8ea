"""A message for an incoming webhook of Slack, in blocks.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, limits of https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import json
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.notifying.labels import severity_name
from resonance_llm_orchestrator.notifying.reasons import Reason
from resonance_llm_orchestrator.sinks.actions import action_lines
from resonance_llm_orchestrator.sinks.message import Message, words

LONGEST_HEADER: Final = 150
LONGEST_SECTION: Final = 3000
LONGEST_TEXT: Final = 3000

_REASONS: Final = {
    "en": {reason: str(reason) for reason in Reason},
    "ru": {
        Reason.FIRST: "первое уведомление",
        Reason.NEW: "новое в группе",
        Reason.SEVERITY: "серьёзность выросла",
        Reason.PAGE: "срочно",
        Reason.SOME_RESOLVED: "часть завершена",
        Reason.RESOLVED: "завершено",
        Reason.REPEAT: "повтор",
    },
}
_WORDS: Final = {
    "en": {"why": "why", "open": "open", "over": "over", "more": "and {} more", "state": "resolved"},
    "ru": {"why": "почему", "open": "открыто", "over": "завершено", "more": "и ещё {}", "state": "завершён"},
}


def body(message: Message, language: str, max_alerts: int) -> bytes:
    """The message as bytes; `text` is what notifications on a phone show."""
    decision, said = message.decision, _WORDS[language]
    told = message.incidents[:max_alerts]
    title = message.titles.get(language, "")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(title, LONGEST_HEADER), "emoji": False}}
    ]
    blocks += [_section(message, incident, language) for incident in told]
    numbers = [
        f"{said['why']}: {_REASONS[language][decision.reason]}",
        f"{said['open']}: {len(decision.firing)}",
        f"{said['over']}: {len(decision.resolved)}",
    ]
    left = len(decision.firing) + len(decision.resolved) - len(told)
    if left:
        numbers.append(said["more"].format(left))
    line = cut(escaped(" · ".join(numbers)), LONGEST_TEXT)
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": line}]})
    return json.dumps({"text": cut(escaped(title), LONGEST_TEXT), "blocks": blocks}, ensure_ascii=False).encode()


def _section(message: Message, incident: incident_pb2.Incident, language: str) -> dict[str, Any]:
    text = words(incident, language)
    over = incident.state != incident_pb2.INCIDENT_STATE_OPEN
    state = _WORDS[language]["state"] if over else severity_name(incident.severity)
    title, link = escaped(text.title), message.link(incident)
    head = f"<{link}|{title}>" if link else title
    lines = [f"*[{escaped(state)}]* {head}", escaped(text.summary)]
    if not over:
        lines += [f"• {escaped(step)}" for step in text.recommendations]
    lines += [f"→ {escaped(line)}" for line in action_lines(incident, language)]
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut("\n".join(filter(None, lines)), LONGEST_SECTION)}}


def escaped(text: str) -> str:
    """A text without control characters of Slack: nobody is mentioned, and nothing is a link, by a text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, longest: int) -> str:
    """At most so many characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
