"""How Russian names rules, themes, severities and detectors."""

from __future__ import annotations

from typing import Final

from resonance_narration.facts import Detector, Severity
from resonance_narration.themes import Theme
from resonance_narration.voice import ThemeWords

RULES: Final[dict[str, str]] = {
    "message_flood": "Поток сообщений",
    "error_spike": "Всплеск ошибок",
    "rate_limit_abuse": "Настойчивое превышение лимита",
    "token_sharing": "Один токен с нескольких адресов",
    "address_rotation": "Смена адресов",
    "clockwork_timing": "Сообщения как по часам",
}

THEMES: Final[dict[Theme, ThemeWords]] = {
    Theme.VOLUME: ThemeWords(
        "Необычный объём трафика",
        "Посмотрите, не замедлилась ли работа у других пользователей; если да, снизьте лимит этой учётной записи.",
    ),
    Theme.ERRORS: ThemeWords(
        "Необычные ошибки",
        "Прочтите отклонённые кадры этой учётной записи: сломанный клиент и сбой сервиса отсюда выглядят одинаково.",
    ),
    Theme.LIMITS: ThemeWords(
        "Необычное число отказов ограничителя",
        "Оставьте лимит в силе и выясните, почему клиент повторяет попытки.",
    ),
    Theme.SESSION: ThemeWords(
        "Необычные сеансы",
        "Сравните подключения и входы этой учётной записи с другими, чтобы исключить неполадки сети.",
    ),
    Theme.CHANNELS: ThemeWords(
        "Необычное использование каналов",
        "Проверьте, какие каналы использовались и нужны ли они этой учётной записи.",
    ),
    Theme.TIMING: ThemeWords(
        "Необычный ритм сообщений",
        "Прежде чем вводить ограничения, выясните, разрешена ли этой учётной записи автоматизация.",
    ),
    Theme.ADDRESSES: ThemeWords(
        "Необычные адреса",
        "Прежде чем ограничивать учётную запись, проверьте, не принадлежат ли адреса одной сети или известному прокси.",
    ),
    Theme.TOKENS: ThemeWords(
        "Необычное использование токенов",
        "Спросите владельца учётной записи, знакомы ли ему эти места; если нет, отзовите токен.",
    ),
    Theme.DROP: ThemeWords(
        "Активность ниже обычной",
        "Проверьте клиент и сеть: учётная запись часто затихает потому, что не может пробиться к серверу.",
    ),
    Theme.GENERAL: ThemeWords(
        "Необычное поведение",
        "Прежде чем действовать, сравните самые весомые значения с недавней историей учётной записи.",
    ),
}

SEVERITIES: Final[dict[Severity, str]] = {
    Severity.LOW: "низкой",
    Severity.MEDIUM: "средней",
    Severity.HIGH: "высокой",
    Severity.CRITICAL: "критической",
}

DETECTORS: Final[dict[Detector, str]] = {
    Detector.RULE: "правило",
    Detector.BASELINE: "личная норма",
    Detector.MODEL: "модель",
}
