"""JSON logs: one object a line on standard error, with the trace it belongs to and without personal data."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final

from opentelemetry import trace

from resonance_privacy import Kind
from resonance_privacy.redacting import replaced
from resonance_runtime.repeats import Repeats

NOISY: Final = ("aiokafka", "faust", "mode", "urllib3")
"""Loggers of libraries, of which errors alone are logged, each once in a while: our own loops tell of rebalances and of
lost connections."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; what was passed as `extra` becomes fields."""

    def __init__(self, service: str, instance: str) -> None:
        super().__init__()
        self._fixed = {"service": service, "instance": instance}

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": impersonal(record.getMessage()),
            **self._fixed,
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            entry["trace_id"] = f"{span.trace_id:032x}"
            entry["span_id"] = f"{span.span_id:016x}"
        entry |= {name: _impersonal(value) for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            entry["exception"] = impersonal(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def _impersonal(value: Any) -> Any:
    """The same of whatever a record has, as JSON."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {impersonal(str(name)): _impersonal(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_impersonal(inner) for inner in value]
    return impersonal(str(value))


def impersonal(text: str) -> str:
    """The text without personal data and secrets; addresses of networks of one's own stay: those are machines."""
    return replaced(text, _instead)


def _instead(value: str, kind: Kind) -> str:
    return value if kind is Kind.ADDRESS and not _is_public(value) else f"[{kind}]"


def _is_public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return True


def configure(service: str, instance: str, level: str) -> None:
    """Sends every logger of the process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service, instance))
    handler.addFilter(Repeats(NOISY))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.ERROR if level != "DEBUG" else logging.DEBUG)
