"""How Russian tells somebody to change a feature.

The feature stands in the accusative. What follows "до" would be in the genitive: units are abbreviated, so that no
number has to be declined.
"""

from __future__ import annotations

from typing import Final

from resonance_narration.ru.features import FEATURES
from resonance_narration.ru.grammar import number
from resonance_narration.scales import AN_HOUR, scale_time
from resonance_narration.voice import Aim, Say

_TIMES: Final = {"s": "с", "min": "мин", "h": "ч", "d": "сут"}


def _per(rest: str) -> Say:
    return lambda value, extra: f"{number(value, extra)}{rest}"


def _time(seconds: float, extra: int) -> str:
    value, unit = scale_time(seconds)
    return f"{number(value, extra)} {_TIMES[unit]}"


def _login_interval(seconds: float, extra: int) -> str:
    return "часа и больше" if seconds >= AN_HOUR else _time(seconds, extra)


AIMS: Final[dict[str, Aim]] = {
    "messages_per_minute": Aim("частоту сообщений", _per("/мин")),
    "requests_per_user": Aim("число запросов", _per(" за 10 мин")),
    "avg_message_size": Aim("средний размер сообщений", FEATURES["avg_message_size"].short),
    "error_rate": Aim("долю ошибок", FEATURES["error_rate"].short),
    "rate_limit_violations": Aim("число отказов ограничителя", _per(" за 10 мин")),
    "connection_duration": Aim("длительность соединения", _time),
    "channels_count": Aim("число каналов", _per(" за 10 мин")),
    "channel_activity": Aim("число сообщений на канал", _per(" за 10 мин")),
    "burstiness_score": Aim("неравномерность сообщений", number),
    "ip_entropy": Aim("разброс адресов", _per(" бит")),
    "login_intervals": Aim("интервал между входами", _login_interval),
    "jwt_token_reuse": Aim("число адресов у одного токена", _per("/ч")),
    "jwt_token_churn": Aim("число токенов", _per("/ч")),
}
