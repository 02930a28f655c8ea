"""Logs are without personal data."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from resonance_runtime.logs import JsonFormatter


def formatted(message: str, *args: object, error: Exception | None = None, **extra: object) -> dict[str, Any]:
    exc_info = None
    if error is not None:
        try:
            raise error
        except Exception:
            exc_info = sys.exc_info()
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, args, exc_info)
    vars(record).update(extra)
    found: dict[str, Any] = json.loads(JsonFormatter("gateway", "1").format(record))
    return found


def test_messages_extras_and_exceptions_are_without_personal_data() -> None:
    entry = formatted("Refused %s.", "ivan@mail.ru", error=ValueError("password=hunter22"), who="8 916 123-45-67")

    assert entry["message"] == "Refused [email]."
    assert entry["who"] == "[phone]"
    assert "hunter22" not in entry["exception"] and "ValueError" in entry["exception"]


def test_extras_of_any_form_are_without_personal_data() -> None:
    many = ["ivan@mail.ru", {"who": "8 916 123-45-67", "tries": 3}]
    entry = formatted("Refused.", many=many, error_said=ValueError("ivan@mail.ru"))
    assert entry["many"] == ["[email]", {"who": "[phone]", "tries": 3}]
    assert entry["error_said"] == "[email]"


def test_machines_of_ones_own_keep_their_addresses() -> None:
    entry = formatted("Lost 10.0.0.7:9092 and 127.0.0.1, refused 8.8.8.8.")

    assert entry["message"] == "Lost 10.0.0.7:9092 and 127.0.0.1, refused [address]."


def test_numbers_and_ids_stay() -> None:
    message = "Offset 1795269905000000 of u_abcdefghijklmnopqrstuvwx23 at 2026-11-30 04:24:11.123, 12 records"
    assert formatted(message)["message"] == message
