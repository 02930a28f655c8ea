"""How Russian speaks of each feature.

Values stand in the nominative or in an accusative that equals it, so that no number has to be declined.
"""

from __future__ import annotations

from typing import Final

from resonance_narration.ru.grammar import Forms, counted, duration, noun, number, percent
from resonance_narration.scales import AN_HOUR, scale_bytes
from resonance_narration.voice import FeatureWords, Say

_BYTES: Final = {"B": "Б", "kB": "кБ", "MB": "МБ", "GB": "ГБ"}
_BITS: Final = counted(Forms("бит", "бита", "бит", "бита"))
_POINTS: Final = Forms("процентный пункт", "процентных пункта", "процентных пунктов", "процентного пункта")


def _size(value: float, extra: int) -> str:
    scaled, unit = scale_bytes(value)
    return f"{number(scaled, extra)} {_BYTES[unit]}"


def _login_interval(value: float, extra: int) -> str:
    return "час и больше" if value >= AN_HOUR else duration(value, extra)


def _between_logins(value: float, extra: int) -> str:
    return f"{_login_interval(value, extra)} между входами"


def _evenness(value: float, extra: int) -> str:
    return f"{_manner(value)} (показатель неравномерности {number(value, extra)})"


def _manner(burstiness: float) -> str:
    if burstiness <= -0.6:
        return "почти равномерно, как по часам"
    if burstiness < -0.2:
        return "ровнее, чем при случайном ритме"
    return "без особого ритма" if burstiness <= 0.3 else "всплесками"


def _words(
    label: str,
    high: str,
    low: str,
    much: str,
    little: str,
    statement: str,
    value: Say,
    *,
    told: Say | None = None,
    short: Say = number,
    spread: Say | None = None,
) -> FeatureWords:
    return FeatureWords(label, high, low, much, little, statement, value, told or value, short, short, spread or short)


FEATURES: Final[dict[str, FeatureWords]] = {
    "messages_per_minute": _words(
        "частота сообщений",
        "необычно много сообщений",
        "необычно мало сообщений",
        "много сообщений",
        "мало сообщений",
        "Учётная запись отправляла {value}{versus}",
        counted(noun("сообщение", "сообщения", "сообщений", " в минуту")),
    ),
    "requests_per_user": _words(
        "число запросов",
        "необычно много запросов",
        "необычно мало запросов",
        "много запросов",
        "мало запросов",
        "Учётная запись сделала {value}{versus}",
        counted(noun("запрос", "запроса", "запросов", " за десять минут")),
    ),
    "avg_message_size": _words(
        "средний размер сообщений",
        "необычно большие сообщения",
        "необычно маленькие сообщения",
        "большие сообщения",
        "маленькие сообщения",
        "Средний размер сообщений учётной записи — {value}{versus}",
        _size,
        short=_size,
    ),
    "error_rate": _words(
        "доля ошибок",
        "необычно высокая доля ошибок",
        "необычно низкая доля ошибок",
        "много ошибок",
        "мало ошибок",
        "Доля сообщений с ошибкой у учётной записи — {value}{versus}",
        percent,
        short=percent,
        spread=lambda share, extra: counted(_POINTS)(100 * share, extra),
    ),
    "rate_limit_violations": _words(
        "число отказов ограничителя",
        "необычно много отказов ограничителя",
        "необычно мало отказов ограничителя",
        "много отказов ограничителя",
        "мало отказов ограничителя",
        "Ограничитель частоты выдал учётной записи {value}{versus}",
        counted(noun("отказ", "отказа", "отказов", " за десять минут")),
    ),
    "connection_duration": _words(
        "длительность соединения",
        "необычно долгое соединение",
        "необычно короткое соединение",
        "долгие соединения",
        "короткие соединения",
        "Возраст самого давнего открытого соединения учётной записи — {value}{versus}",
        duration,
        short=duration,
    ),
    "channels_count": _words(
        "число каналов",
        "необычно много каналов",
        "необычно мало каналов",
        "много каналов",
        "мало каналов",
        "Учётная запись использовала {value}{versus}",
        counted(noun("канал", "канала", "каналов", " за десять минут")),
    ),
    "channel_activity": _words(
        "число сообщений на канал",
        "необычно много сообщений на канал",
        "необычно мало сообщений на канал",
        "много сообщений на канал",
        "мало сообщений на канал",
        "Учётная запись отправила {value}{versus}",
        counted(noun("сообщение", "сообщения", "сообщений", " на канал за десять минут")),
    ),
    "burstiness_score": _words(
        "ритм сообщений",
        "необычные всплески сообщений",
        "необычно ровные интервалы между сообщениями",
        "сообщения всплесками",
        "ровные интервалы между сообщениями",
        "Сообщения учётной записи приходили {value}{versus}",
        lambda value, extra: f"показатель неравномерности {number(value, extra)}",
        told=_evenness,
    ),
    "ip_entropy": _words(
        "разброс адресов",
        "необычно много разных адресов",
        "необычно мало разных адресов",
        "много адресов",
        "мало адресов",
        "Энтропия адресов учётной записи — {value}{versus}",
        lambda value, extra: f"энтропия адресов {_BITS(value, extra)}",
        told=_BITS,
    ),
    "login_intervals": _words(
        "интервал между входами",
        "необычно редкие входы",
        "необычно частые входы",
        "редкие входы",
        "частые входы",
        "Время между входами учётной записи — {value}{versus}",
        _between_logins,
        told=_login_interval,
        short=_login_interval,
        spread=duration,
    ),
    "jwt_token_reuse": _words(
        "число адресов у одного токена",
        "один токен с необычно многих адресов",
        "один токен с необычно малого числа адресов",
        "один токен со многих адресов",
        "один токен с немногих адресов",
        "Наибольшее число адресов у одного токена учётной записи за час — {value}{versus}",
        counted(noun("адрес", "адреса", "адресов", " за час")),
        told=number,
    ),
    "jwt_token_churn": _words(
        "число токенов",
        "необычно много токенов",
        "необычно мало токенов",
        "много токенов",
        "мало токенов",
        "Учётная запись предъявила {value}{versus}",
        counted(noun("токен", "токена", "токенов", " за час")),
    ),
}
