"""Sentences that commands print about alerts, in English and Russian."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from resonance_client.alerts.events import Alert

STYLES: Final = {"low": "cyan", "medium": "yellow", "high": "bold red", "critical": "bold white on red"}

_RU: Final = {
    "low": "низкая", "medium": "средняя", "high": "высокая", "critical": "критическая", "unspecified": "без оценки",
}  # fmt: skip


def clock(time_us: int) -> str:
    """Event time as people read it, UTC."""
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).strftime("%H:%M:%S")


def raised(alert: Alert, language: str) -> str:
    """Who does what, and how bad it is."""
    if language == "ru":
        return f"{clock(alert.opened_us)}  {alert.who} — {alert.kind}, серьёзность {_RU[alert.severity]}"
    return f"{clock(alert.opened_us)}  {alert.who} — {alert.kind}, severity {alert.severity}"


def graver(alert: Alert, language: str) -> str:
    """What it was and what it is."""
    rise = alert.rises[-1]
    if language == "ru":
        return f"{clock(rise.end_us)}  {alert.who} — {alert.kind}: была {_RU[rise.before]}, теперь {_RU[rise.severity]}"
    return f"{clock(rise.end_us)}  {alert.who} — {alert.kind}: was {rise.before}, now {rise.severity}"


def why(who: str, text: str) -> str:
    """Why it was flagged."""
    return f"          {who}: {' '.join(text.split())}"


def resolved(alert: Alert, language: str) -> str:
    """That it is over."""
    minutes = max(0.0, (alert.last_seen_us - alert.opened_us) / 60_000_000)
    if language == "ru":
        return f"{clock(alert.resolved_us)}  {alert.who} — {alert.kind}: закончилось, длилось {minutes:.0f} мин"
    return f"{clock(alert.resolved_us)}  {alert.who} — {alert.kind}: resolved, it lasted {minutes:.0f} min"
