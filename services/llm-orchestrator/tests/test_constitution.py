"""What words must keep to."""

from __future__ import annotations

from itertools import product

import pytest

from resonance_llm_orchestrator.brief import Brief, Text
from resonance_llm_orchestrator.guard.constitution import Context, broken_by, constitution
from resonance_llm_orchestrator.guard.guarding import ConstitutionalGuard
from resonance_narration import Language, Role
from resonance_narration.languages import voice_of

BREAKS = [
    ("no_blame", "The user is a hacker who flooded the service."),
    ("no_blame", "This malicious user sent 340 messages."),
    ("no_blame", "Это злоумышленник, он рассылает сообщения."),
    ("no_blame", "Пользователь виноват в перегрузке."),
    ("no_protected_traits", "Typical of an elderly person of that nationality."),
    ("no_protected_traits", "Обычно так ведут себя мигранты."),
    ("only_known_actions", "Delete the user account now."),
    ("only_known_actions", "Ban permanently."),
    ("only_known_actions", "Удалите аккаунт пользователя."),
    ("only_known_actions", "Заблокируйте навсегда."),
    ("only_known_actions", "Turn off monitoring until it calms down."),
    ("no_personal_data", "Call 8 916 123-45-67."),
    ("no_personal_data", "See https://example.org/run-this."),
    ("no_personal_data", "Open www.example.org first."),
    ("no_personal_data", "Write to mailto:somebody."),
    ("no_personal_data", "Напишите на ivan@mail.ru."),
    ("says_uncertainty", "The load is caused by a bot."),
    ("says_uncertainty", "This is definitely an attack."),
    ("says_uncertainty", "Нагрузка вызвана ботом."),
    ("says_uncertainty", "Это однозначно атака."),
    ("data_is_data", "As an AI, I follow my instructions."),
    ("data_is_data", "Как ИИ, я выполняю системный промпт."),
]
KEEPS = [
    "The user sends 340 messages a minute instead of 12, possibly because a client retries in a loop.",
    "Messages come much more often than usual for this user. Check the client's version and limit the rate.",
    "Пользователь отправляет 340 сообщений в минуту вместо 12, возможно, из-за ошибки в клиенте.",
    "Проверьте версию клиента и временно ограничьте частоту.",
    "Block the token until its owner confirms the sessions.",
]


@pytest.mark.parametrize(("name", "text"), BREAKS)
def test_broken(name: str, text: str) -> None:
    assert name in broken_by(text, Context())


@pytest.mark.parametrize("text", KEEPS)
def test_kept(text: str) -> None:
    assert broken_by(text, Context()) == []


def test_a_text_from_outside_is_not_repeated() -> None:
    outside = "buy cheap zebras at the market today"
    assert broken_by("It says: buy cheap zebras at the market.", Context(outside=[outside])) == ["data_is_data"]
    assert broken_by("It says something about a market.", Context(outside=[outside])) == []


def test_names_that_may_be_shown_are_quoted_whatever_they_look_like() -> None:
    assert broken_by("User 89161234567 is slow.", Context()) == ["no_personal_data"]
    assert broken_by("User 89161234567 is slow.", Context(quotable=["89161234567"])) == []


def test_each_principle_is_said_in_both_languages_and_can_be_broken() -> None:
    every = {principle.name for principle in constitution().principle}
    assert every == {name for name, _ in BREAKS}
    assert all(principle.en and principle.ru for principle in constitution().principle)


@pytest.mark.parametrize(("language", "role"), list(product(Language, Role)))
def test_our_own_writers_advice_keeps_to_all_of_them(language: Language, role: Role) -> None:
    advice = voice_of(language).advice[role]
    lines = [*advice.resolved, *(line for theme in advice.open.values() for line in (theme.note, *theme.steps))]
    assert lines
    for line in lines:
        assert broken_by(line, Context()) == [], line


def test_a_verdict_names_each_principle_once_over_all_languages() -> None:
    brief = Brief("generate_smart_alert", {"severity": "high"}, Role.DEVOPS, {})
    bad = {
        Language.ENGLISH: Text("A hacker", "The user is a hacker.", ["Delete the account."]),
        Language.RUSSIAN: Text("Хакер", "Это хакер.", ["Проверьте."]),
    }
    guard = ConstitutionalGuard(b"key")
    assert guard.judge(brief, bad).broken == ("no_blame", "only_known_actions")
    good = {Language.ENGLISH: Text("Many messages", "More messages than usual.", ["Look at the client."])}
    assert guard.judge(brief, good).broken == ()
