"""Words about the facts that a provider is told, in other words than our own, and lies about the same facts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

Words = dict[str, dict[str, Any]]

NOUNS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "messages_per_minute": "the message rate",
        "requests_per_user": "the number of requests",
        "avg_message_size": "the average message size",
        "error_rate": "the error rate",
        "rate_limit_violations": "the number of refused frames",
        "connection_duration": "the connection duration",
        "channels_count": "the number of channels",
        "channel_activity": "the number of messages per channel",
        "burstiness_score": "the burstiness",
        "ip_entropy": "the entropy of addresses",
        "login_intervals": "the interval between logins",
        "jwt_token_reuse": "the number of addresses per token",
        "jwt_token_churn": "the number of tokens",
    },
    "ru": {
        "messages_per_minute": "частота сообщений",
        "requests_per_user": "количество запросов",
        "avg_message_size": "средний размер сообщений",
        "error_rate": "доля ошибок",
        "rate_limit_violations": "число отказов ограничителя",
        "connection_duration": "длительность соединения",
        "channels_count": "число каналов",
        "channel_activity": "число сообщений на канал",
        "burstiness_score": "неравномерность сообщений",
        "ip_entropy": "энтропия адресов",
        "login_intervals": "время между входами",
        "jwt_token_reuse": "число адресов на один токен",
        "jwt_token_churn": "количество токенов",
    },
}


class Lie(StrEnum):
    """What is wrong with an answer."""

    NUMBER = "a number is another"
    FEATURE = "a feature is not among the facts"
    DIRECTION = "more and less are exchanged"
    NAME = "a name of code is made up"


@dataclass(frozen=True, slots=True)
class Told:
    """A feature as it is told: its name, its value, and what is usual."""

    name: str
    value: float
    usual: float

    @property
    def more(self) -> bool:
        """Whether the value is above the usual one."""
        return self.value > self.usual


Write = Callable[[str, str, str, bool], str]
"""Takes the noun, the value, the usual value, and whether it is more."""

STATEMENTS: Final[Mapping[str, Sequence[Write]]] = {
    "en": (
        lambda n, v, u, m: f"{n} is {'higher' if m else 'lower'} than usual: {v} instead of {u}.",
        lambda n, v, u, m: f"{n} stands at {v}, {'above' if m else 'below'} the usual {u}.",
        lambda n, v, u, m: f"{n} {'rose' if m else 'fell'} from {u} to {v}.",
        lambda n, v, u, m: f"at {v}, {n} is {'unusually high' if m else 'unusually low'}; {u} would be ordinary.",
        lambda n, v, u, m: f"{n} has {'increased' if m else 'decreased'}: now {v}, usually {u}.",
        lambda n, v, u, m: f"{v} was measured for {n}, which is {'more' if m else 'less'} than the usual {u}.",
    ),
    "ru": (
        lambda n, v, u, m: f"{n} {'выше' if m else 'ниже'} обычного: {v} вместо {u}.",
        lambda n, v, u, m: f"{n} составляет {v}, это {'больше' if m else 'меньше'}, чем обычно ({u}).",
        lambda n, v, u, m: f"показатель «{n}» {'вырос' if m else 'снизился'} с {u} до {v}.",
        lambda n, v, u, m: f"необычно {'высокое' if m else 'низкое'} значение: {n} — {v}, обычно {u}.",
        lambda n, v, u, m: f"{n}: {v}, обычно {'меньше' if m else 'больше'}: {u}.",
        lambda n, v, u, m: f"сейчас {n} — {v}, что {'выше' if m else 'ниже'} нормы, равной {u}.",
    ),
}
TITLES: Final[Mapping[str, Write]] = {
    "en": lambda n, v, u, m: f"{n} is unusually {'high' if m else 'low'}",
    "ru": lambda n, v, u, m: f"{n} {'выше' if m else 'ниже'} обычного",
}
WEIGHS: Final = {
    "en": "What raises the score most is {noun}.",
    "ru": "Больше всего оценку повышает {noun}.",
}
CLOSING: Final = {
    "en": "A client that retries in a loop may be behind it, or ordinary automation.",
    "ru": "За этим может стоять клиент, который повторяет попытки, или обычная автоматизация.",
}
ADVICE: Final = {
    "en": ["Check which client this user runs.", "Compare the errors and the logins of the last hour."],
    "ru": ["Проверьте, каким клиентом пользуется этот пользователь.", "Сравните ошибки и входы за последний час."],
}
ABSENT: Final = {
    "en": "{noun} is also unusually high.",
    "ru": "Кроме того, {noun} необычно велико.",
}
CODE: Final = {"en": "It was noticed by queue_depth first.", "ru": "Первым это заметил queue_depth."}


def told_features(facts: Mapping[str, Any]) -> list[Told]:
    """Features that are off, with both numbers, in the order in which they are told."""
    found = []
    for entry in facts.get("features", []):
        usual = entry.get("usual_of_this_user", entry.get("compared_value"))
        compared = entry.get("compared_value", usual)
        # Of a value between two that it is compared with, neither word is wrong.
        if usual is not None and (entry["value"] > usual) == (entry["value"] > compared) and entry["value"] != usual:
            found.append(Told(entry["name"], entry["value"], usual))
    return found


def written(value: float, language: str) -> str:
    """A number as people write it, to three significant digits."""
    digits = f"{value:.3g}"
    plain = f"{float(digits):.12f}".rstrip("0").rstrip(".") if "e" in digits else digits
    return plain if language == "en" else plain.replace(".", ",")


def paraphrased(facts: Mapping[str, Any], seed: int, lie: Lie | None = None, of: str = "") -> Words | None:
    """Words in both languages; in the language `of`, with a lie. None where the facts have nothing to lie about."""
    chance = random.Random(seed)
    features = [one for one in told_features(facts) if _apart(one)]
    if not features:
        return None
    return {language: _in(language, features, facts, chance, lie if language == of else None) for language in NOUNS}


def _apart(one: Told) -> bool:
    return written(one.value, "en") != written(one.usual, "en")


def _in(
    language: str, features: Sequence[Told], facts: Mapping[str, Any], chance: random.Random, lie: Lie | None
) -> dict[str, Any]:
    nouns = NOUNS[language]
    chosen = chance.sample(features, min(len(features), 2))
    sentences = []
    for place, one in enumerate(chosen):
        said = chance.choice(STATEMENTS[language])
        told = replace(one, value=_no_fact(facts, one.value)) if lie is Lie.NUMBER and place == 0 else one
        more = one.more != (lie is Lie.DIRECTION and place == 0)
        sentences.append(said(nouns[one.name], written(told.value, language), written(one.usual, language), more))
    raising = [entry["name"] for entry in facts["features"] if entry.get("attribution", 0) > 0]
    if raising:
        sentences.append(WEIGHS[language].format(noun=nouns[raising[0]]))
    if lie is Lie.FEATURE:
        absent = sorted(set(nouns) - names_in(facts))
        sentences.append(ABSENT[language].format(noun=nouns[chance.choice(absent)]))
    if lie is Lie.NAME:
        sentences.append(CODE[language])
    summary = " ".join(sentence[:1].upper() + sentence[1:] for sentence in [*sentences, CLOSING[language]])
    first = chosen[0]
    title = TITLES[language](nouns[first.name], "", "", first.more)
    return {"title": title[:1].upper() + title[1:], "summary": summary, "recommendations": ADVICE[language]}


def _no_fact(facts: Mapping[str, Any], value: float) -> float:
    """A number near a value that is near none of the facts."""
    numbers = [abs(float(number)) for number in re.findall(r"-?\d+(?:\.\d+)?", json.dumps(facts))]
    made = abs(value) * 1.37 + 3.3
    while any(abs(made * scale - number) <= 0.06 * made * scale for number in numbers for scale in (1, 0.01)):
        made = made * 1.13 + 1
    return made


def names_in(facts: Mapping[str, Any]) -> set[str]:
    """Features that are among the facts."""
    noticed = facts.get("noticed", {}).get("features", [])
    return {entry["name"] for entry in facts.get("features", [])} | set(noticed)
