"""A notification in one line, for those who see nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SHOWN: Final = ("kind", "severity", "recipient_role", "stream", "user")


def heading(labels: Mapping[str, str], firing: int, resolved: int) -> dict[str, str]:
    """How many incidents are open and over, and what they have in common; by language."""
    common = ", ".join(labels[name] for name in _SHOWN if labels.get(name))
    about = f": {common}" if common else ""
    open_en = f"{firing} incident{'' if firing == 1 else 's'} open"
    english = ", ".join([*([open_en] if firing else []), *([f"{resolved} over"] if resolved else [])])
    russian = ", ".join(
        [*([f"открыто {firing}"] if firing else []), *([f"завершено {resolved}"] if resolved else [])]
    )  # fmt: skip
    return {"en": f"{english}{about}", "ru": f"Инциденты: {russian}{about}"}
