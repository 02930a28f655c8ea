"""An action about an incident in words: what is done, why, and whom it touches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from resonance_narration.alerts import describe_alert
from resonance_narration.facts import AlertFacts, Language, Role, Severity
from resonance_narration.telling import decapitalized


@dataclass(frozen=True, slots=True)
class ActionWords:
    """What is done, why it is proposed, and what follows from it."""

    title: str
    reason: str
    consequences: str


@dataclass(frozen=True, slots=True)
class _Phrases:
    titles: Mapping[str, str]
    consequences: Mapping[str, str]
    reason: str
    severities: Mapping[Severity, str]
    minutes: str
    seconds: str


_PHRASES: Final[Mapping[str, _Phrases]] = {
    Language.ENGLISH: _Phrases(
        {
            "create_incident_ticket": "Create a ticket of priority {priority}",
            "page_on_call_engineer": "Page the engineer on call",
            "trigger_auto_scaling": "Add replicas: {replicas}",
            "notify_devops_team": "Notify the devops team",
            "limit_user": "Limit the user for {lasts}: {rate} a second, {burst} at once",
            "block_user": "Block the user for {lasts}",
        },
        {
            "create_incident_ticket": "No user notices it. Close the ticket by hand if it is not needed.",
            "page_on_call_engineer": "No user notices it. It cannot be taken back.",
            "trigger_auto_scaling": "It serves all users. It stays until somebody takes it back.",
            "notify_devops_team": "No user notices it. It cannot be taken back.",
            "limit_user": "It touches this one user. It ends by itself and can be taken back before.",
            "block_user": "It touches this one user, who can send nothing meanwhile. It ends by itself and can be "
            "taken back before.",
        },
        "Because of the incident “{title}”, severity {severity}.",
        {
            Severity.LOW: "low",
            Severity.MEDIUM: "medium",
            Severity.HIGH: "high",
            Severity.CRITICAL: "critical",
        },
        "{n} min",
        "{n} s",
    ),
    Language.RUSSIAN: _Phrases(
        {
            "create_incident_ticket": "Завести заявку с приоритетом {priority}",
            "page_on_call_engineer": "Вызвать дежурного инженера",
            "trigger_auto_scaling": "Добавить реплики: {replicas}",
            "notify_devops_team": "Известить команду эксплуатации",
            "limit_user": "Ограничить пользователя на {lasts}: {rate} в секунду, {burst} сразу",
            "block_user": "Заблокировать пользователя на {lasts}",
        },
        {
            "create_incident_ticket": "Пользователи этого не заметят. Если заявка не нужна, закройте её вручную.",
            "page_on_call_engineer": "Пользователи этого не заметят. Отменить вызов нельзя.",
            "trigger_auto_scaling": "Касается всех пользователей. Действует, пока кто-нибудь не отменит.",
            "notify_devops_team": "Пользователи этого не заметят. Отменить извещение нельзя.",
            "limit_user": "Касается одного этого пользователя. Закончится само, и его можно отменить раньше.",
            "block_user": "Касается одного этого пользователя: пока оно действует, он ничего не может отправить. "
            "Закончится само, и его можно отменить раньше.",
        },
        "Причина — инцидент «{title}», серьёзность {severity}.",
        {
            Severity.LOW: "низкая",
            Severity.MEDIUM: "средняя",
            Severity.HIGH: "высокая",
            Severity.CRITICAL: "критическая",
        },
        "{n} мин",
        "{n} с",
    ),
}


def tell_action(
    kind: str, parameters: Mapping[str, float], facts: AlertFacts, language: str, *, role: str = Role.DEVOPS
) -> ActionWords:
    """An action in "en" or "ru"; the same facts always give the same words.

    Args:
        kind: Name in the catalogue of actions.
        parameters: Its numbers, by name; `lasts_s` in seconds.
        facts: The incident.
        language: "en" or "ru".
        role: Who leads the incident.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    title = describe_alert(facts, language, role).title
    phrases = _PHRASES[language]
    numbers = {name: f"{value:g}" for name, value in parameters.items()}
    return ActionWords(
        phrases.titles[kind].format(lasts=_time(phrases, parameters.get("lasts_s", 0.0)), **numbers),
        phrases.reason.format(title=decapitalized(title), severity=phrases.severities[facts.finding.severity]),
        phrases.consequences[kind],
    )


def _time(phrases: _Phrases, seconds: float) -> str:
    minutes = seconds / 60
    return (
        phrases.minutes.format(n=f"{minutes:g}") if minutes.is_integer() else phrases.seconds.format(n=f"{seconds:g}")
    )
