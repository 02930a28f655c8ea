"""How Russian tells alerts of other systems."""

from __future__ import annotations

from typing import Final

from resonance_narration.reported_phrases import ReportedPhrases, Subject
from resonance_narration.ru.grammar import count, form, noun, number
from resonance_narration.ru.kinds import SEVERITIES

_USERS: Final = noun("пользователь", "пользователя", "пользователей")
_AFFECTED: Final = noun("Затронут", "Затронуты", "Затронуто")


def _affected(users: int, total: int | None) -> str:
    if users == 0:
        return "Пользователи не затронуты."
    said = f"{form(number(users), _AFFECTED)} {count(users, _USERS)}"
    return f"{said}." if total is None else f"{said} из {number(total)}."


PHRASES: Final = ReportedPhrases(
    measured="{label} — {value}.",
    above="{label} — {value}, выше порога ({threshold}).",
    at="{label} — {value}, ровно на пороге.",
    below="{label} — {value}, ниже порога ({threshold}).",
    unmeasured="Сигнал касается показателя «{label}»; значение не указано.",
    nothing_measured="Сигнал не содержит измерений.",
    raw="{name}: {value}",
    raw_threshold=", порог — {threshold}",
    where="Где: {parts}.",
    service="сервис {name}",
    environment="среда {name}",
    affected=_affected,
    lasts="Длительность — {duration}.",
    severity="Сигнал {severity} важности: {title}.",
    said="Сообщение источника: {message}",
    titles={
        Subject.ERRORS: "Ошибки",
        Subject.LATENCY: "Медленные ответы",
        Subject.TRAFFIC: "Необычный трафик",
        Subject.CAPACITY: "Нехватка ресурса",
        Subject.ACCESS: "Необычные входы или доступ",
        Subject.SILENCE: "Данных меньше ожидаемого",
        Subject.GENERAL: "Значение требует внимания",
    },
    causes={
        Subject.ERRORS: (
            "Выпуск или изменение настроек незадолго до роста.",
            "Зависимость, которая отказывает или отвечает слишком поздно.",
            "Клиенты, которые присылают то, чего сервис не принимает.",
        ),
        Subject.LATENCY: (
            "Зависимость или база данных, которая медленно отвечает.",
            "Слишком мало ресурсов для нынешней нагрузки.",
            "Медленный участок сети или долгая пауза процесса.",
        ),
        Subject.TRAFFIC: (
            "Клиент, который повторяет отправку в цикле или без паузы между попытками.",
            "Кампания или событие, которое привело много пользователей сразу.",
            "Попытка исчерпать сервис.",
        ),
        Subject.CAPACITY: (
            "Нагрузка, которая переросла запланированную.",
            "Утечка или очередь, которую не успевают разобрать.",
            "Сосед на той же машине, который берёт больше своей доли.",
        ),
        Subject.ACCESS: (
            "Изменённые права, истёкший ключ или клиент со старыми учётными данными.",
            "Автоматический подбор учётных данных.",
            "Токен или учётная запись, которыми пользуются из нескольких мест.",
        ),
        Subject.SILENCE: (
            "Процесс или соединение, которые остановились без ошибки.",
            "Сбой сети между источником и сервисом.",
            "Измерение, которое больше не собирается.",
        ),
        Subject.GENERAL: (
            "Изменение незадолго до этого: выпуск, настройки, расписание.",
            "Сбой в том, от чего зависит сервис.",
        ),
    },
    grades=SEVERITIES,
)
