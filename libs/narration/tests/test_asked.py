"""What is said of any model's answer, and of what would change it."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import product

import pytest

from resonance_contracts.features import FEATURE_NAMES
from resonance_narration import (
    ChangeFact,
    FeatureFact,
    Language,
    OutputFacts,
    Reference,
    SuggestionFacts,
    Unit,
    name_column,
    say_value,
    tell_advice,
    tell_differences,
    tell_output,
    tell_suggestions,
    tell_trust,
)
from resonance_narration.en.asked import ASKED as ENGLISH
from resonance_narration.ru.asked import ASKED as RUSSIAN

FACTS = OutputFacts(
    "malignant", Unit.PROBABILITY, 0.98, 0.125,
    (
        FeatureFact("worst_area", 2019.0, 686.5, 0.5),
        FeatureFact("texture", 17.3, 25.4, 0.365),
        FeatureFact("age", 40.0, 50.0, -0.01),
    ),
    Reference.POPULATION, "shapley-enumeration", 1e-16, 1.0, 1e-16,
)  # fmt: skip


def change(name: str, now: float, value: float) -> SuggestionFacts:
    return SuggestionFacts("ordinary", ((ChangeFact(name, now, value),),))


@pytest.mark.parametrize(
    ("name", "now", "value", "english", "russian"),
    [
        ("messages_per_minute", 25, 15, "15 messages a minute instead of 25", "15 сообщений в минуту (а не 25)"),
        ("messages_per_minute", 25, 21, "21 messages a minute instead of 25", "21 сообщение в минуту (а не 25)"),
        ("messages_per_minute", 25, 1, "1 message a minute instead of 25", "1 сообщение в минуту (а не 25)"),
        ("channels_count", 40, 3, "3 channels in ten minutes instead of 40", "3 канала за десять минут (а не 40)"),
        ("jwt_token_reuse", 9, 2, "2 addresses within an hour instead of 9", "2 адреса за час (а не 9)"),
        ("error_rate", 0.4, 0.05, "the share of errors at 5% instead of 40%",
         "доля ошибок — 5\u00a0% (а не 40\u00a0%)"),
        ("avg_message_size", 20500, 900, "the mean message size at 900 B instead of 20 kB",
         "средний размер сообщений — 900 Б (а не 20 кБ)"),
        ("login_intervals", 20, 3600, "an hour or more between logins instead of 20 seconds",
         "час и больше между входами (а не 20 секунд)"),
        ("worst_area", 2019, 770, "worst_area at 770 instead of 2,019", "worst_area — 770 (а не 2019)"),
        ("messages_per_minute", 1001, 1000, "1,000 messages a minute instead of 1,001",
         "1000 сообщений в минуту (а не 1001)"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_the_users_units(name: str, now: float, value: float, english: str, russian: str) -> None:
    assert tell_suggestions(change(name, now, value), "en") == f"The score would be ordinary with {english}."
    assert tell_suggestions(change(name, now, value), "ru").endswith(f": {russian}.")


@pytest.mark.parametrize(
    ("name", "now", "value", "english", "russian"),
    [
        ("messages_per_minute", 25, 15, "Lower the message rate to 15 a minute", "Снизить частоту сообщений до 15/мин"),
        ("requests_per_user", 900, 121, "Lower the number of requests to 121 in ten minutes",
         "Снизить число запросов до 121 за 10 мин"),
        ("error_rate", 0.4, 0.05, "Lower the share of errors to 5%", "Снизить долю ошибок до 5\u00a0%"),
        ("avg_message_size", 900, 20500, "Raise the mean message size to 20 kB",
         "Повысить средний размер сообщений до 20 кБ"),
        ("login_intervals", 20, 240, "Raise the interval between logins to 4 minutes",
         "Повысить интервал между входами до 4 мин"),
        ("login_intervals", 20, 3600, "Raise the interval between logins to an hour or more",
         "Повысить интервал между входами до часа и больше"),
        ("ip_entropy", 3.5, 1, "Lower the spread over addresses to 1 bit", "Снизить разброс адресов до 1 бит"),
        ("messages_per_minute", 15.2, 15.1, "Lower the message rate to 15.1 a minute",
         "Снизить частоту сообщений до 15,1/мин"),
        ("worst_area", 2019, 770, "Lower worst_area to 770", "Снизить worst_area до 770"),
    ],
)  # fmt: skip
def test_a_suggestion_says_what_to_do(name: str, now: float, value: float, english: str, russian: str) -> None:
    assert tell_advice([ChangeFact(name, now, value)], "en") == english
    assert tell_advice([ChangeFact(name, now, value)], "ru") == russian


def test_a_verb_is_said_once_for_all_that_goes_its_way() -> None:
    changes = [ChangeFact("a", 2, 1), ChangeFact("error_rate", 0.4, 0.05), ChangeFact("c", 1, 2)]
    assert tell_advice(changes, "en") == "Lower a to 1, the share of errors to 5% and raise c to 2"
    assert tell_advice(changes, "ru") == "Снизить a до 1, долю ошибок до 5\u00a0% и повысить c до 2"
    with pytest.raises(ValueError, match="at least one"):
        tell_advice([], "en")


def test_there_is_an_aim_for_every_feature_in_both_languages() -> None:
    for name, language in product(FEATURE_NAMES, Language):
        said = tell_advice([ChangeFact(name, 0.9, 0.1)], language)
        assert name not in said


def test_what_the_model_does_not_say_is_pointed_out() -> None:
    assert tell_differences("en") == ""
    assert tell_differences("en", prediction=("Anomaly", "normal"), confidence=(0.85, 0.5)) == (
        "The request takes the prediction to be “anomaly”, but the model says “normal”. The request takes the "
        "confidence to be 85%, but the model's is 50%."
    )
    assert tell_differences("ru", prediction=("fraud \n case", "anomaly"), confidence=(0.852, 0.845)) == (
        "В запросе указано предсказание «fraud case», а модель говорит: «аномалия». В запросе указана уверенность "
        "85\u00a0%, а у модели она 84\u00a0%."
    )


def test_values_that_are_near_are_told_apart() -> None:
    assert "1.52 instead of 1.54" in tell_suggestions(change("x", 1.54, 1.52), "en")


def test_several_suggestions_are_several_ways() -> None:
    facts = SuggestionFacts(
        "class", ((ChangeFact("a", 1.0, 2.0), ChangeFact("b", 3.0, 4.0)), (ChangeFact("c", 5.0, 6.0),))
    )
    assert tell_suggestions(facts, "en") == (
        "The model would decide otherwise with a at 2 instead of 1 and b at 4 instead of 3; or with c at 6 instead of "
        "5."
    )
    assert tell_suggestions(facts, "ru") == (
        "Модель решила бы иначе, если бы было так: a — 2 (а не 1) и b — 4 (а не 3); либо c — 6 (а не 5)."
    )


def test_long_suggestions_are_left_out_where_there_are_short_ones() -> None:
    long = tuple(ChangeFact(f"x{i}", 1.0, 2.0) for i in range(5))
    assert "x4" not in tell_suggestions(SuggestionFacts("class", ((ChangeFact("a", 1.0, 2.0),), long)), "en")
    alone = tell_suggestions(SuggestionFacts("class", (long, long)), "en")
    assert alone.count("x4") == 1


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("goal", ["ordinary", "class"])
def test_no_suggestion_is_an_answer_too(language: str, goal: str) -> None:
    said = {
        tell_suggestions(SuggestionFacts(goal, (), needed=needed, partial=partial, scored=scored), language)
        for needed, partial, scored in (
            (False, False, True),
            (True, False, True),
            (True, True, True),
            (True, False, False),
        )
    }
    assert len(said) == 4
    assert all(sentence.endswith(".") for sentence in said)


def test_an_output_is_told_with_its_causes() -> None:
    assert tell_output(FACTS, "en").natural == (
        "The model gives malignant a probability of 98%, against 12% for a typical row. What raises it most: "
        "worst_area (2,019 against 686, +0.5) and texture (17 against 25, +0.36)."
    )
    assert tell_output(FACTS, "ru").natural == (
        "Вероятность «malignant» по модели — 98\u00a0%; для типичной строки — 12\u00a0%. Сильнее всего повышают: "
        "worst_area (2019, а не 686: +0,5) и texture (17, а не 25: +0,36)."
    )


@pytest.mark.parametrize("language", Language)
def test_written_attributions_add_up(language: str) -> None:
    (line,) = [line for line in tell_output(FACTS, language).technical.splitlines() if " = " in line]
    line = line.replace(",", ".").replace("\u2212", "-")
    total, base = (float(number) for number in re.findall(r"\d+\.\d+", line)[:2])
    parts = re.findall(r"([+-]) \w+ (\d+\.\d+)", line)
    assert len(parts) == 3
    assert base + sum(float(sign + value) for sign, value in parts) == pytest.approx(total)


@pytest.mark.parametrize("language", Language)
def test_doubts_are_said_and_nothing_where_there_are_none(language: str) -> None:
    assert tell_trust(language) == ""
    said = tell_trust(language, differs=(0.25, 0.6), poor_fit=0.31, cut_short=["lime", "plots"])
    for number in ("0.25", "60", "0.31"):
        assert number in said.replace(",", ".")
    assert "LIME" in said


def test_pictures_have_short_names() -> None:
    assert name_column("messages_per_minute", "en") == "Message rate"
    assert name_column("messages_per_minute", "ru") == "Частота сообщений"
    assert name_column("worst_area", "ru") == "worst_area"
    assert say_value("avg_message_size", 20_500.0, "ru") == "20,5 кБ"


def test_both_languages_fill_in_the_same() -> None:
    for field in fields(ENGLISH):
        one, other = getattr(ENGLISH, field.name), getattr(RUSSIAN, field.name)
        if isinstance(one, str):
            one, other = {"": one}, {"": other}
        assert one.keys() == other.keys(), field.name
        for key in one:
            assert set(re.findall(r"\{\w+\}", one[key])) == set(re.findall(r"\{\w+\}", other[key])), (field.name, key)
