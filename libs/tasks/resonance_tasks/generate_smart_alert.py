"""An alert that some other system raised, told to one reader with what to do."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from resonance_narration import Role
from resonance_tasks.recipient import ForSomebody
from resonance_tasks.task import Analysis, Grade, KeyOf, Task
from resonance_tasks.values import LARGEST, LONGEST_TEXT, checked_fields, fields_schema, without_people

LARGEST_COUNT: Final = 1_000_000_000
DIRECTIONS: Final = ("above", "below")

_NUMBER: Final = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
_COUNT: Final = {"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT}
_SECONDS: Final = {"type": "number", "minimum": 0, "maximum": LARGEST_COUNT}
_TEXT: Final = {"type": "string", "maxLength": LONGEST_TEXT}
ALERT_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "message": {**_TEXT, "description": "What the other system said."},
    "metric": {**_TEXT, "description": "What was measured."},
    "value": {**_NUMBER, "description": "The value measured."},
    "threshold": {**_NUMBER, "description": "What it was compared with."},
    "direction": {"enum": list(DIRECTIONS), "description": "Which side of the threshold is bad; above by default."},
    "severity": {"enum": [str(grade) for grade in Grade], "description": "What the other system set."},
    "anomaly_type": {**_TEXT, "description": "What kind it was called."},
    "duration_seconds": {**_SECONDS, "description": "How long it has lasted."},
}
CONTEXT_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "service": {**_TEXT, "description": "Where it was measured."},
    "environment": {**_TEXT, "description": "As production, staging, test."},
    "affected_users": {**_COUNT, "description": "How many users feel it."},
    "total_users": {**_COUNT, "description": "Of how many."},
}


def _alert(fields: dict[str, Any]) -> dict[str, Any]:
    checked_fields(fields)
    _known(fields, ALERT_FIELDS)
    return fields


def _context(fields: dict[str, Any]) -> dict[str, Any]:
    checked_fields(fields)
    _known(fields, CONTEXT_FIELDS)
    return fields


def _known(fields: dict[str, Any], known: dict[str, dict[str, Any]]) -> None:
    """Raises ValueError for a field that we read and that is not of its type."""
    for name in sorted(known.keys() & fields.keys()):
        if fault := _fault(fields[name], known[name]):
            raise ValueError(f"{name}: {fault}")


def _fault(value: Any, schema: dict[str, Any]) -> str:
    """What would be right; "" where it is."""
    if "enum" in schema:
        return "" if value in schema["enum"] else f"expected one of {', '.join(schema['enum'])}"
    if schema["type"] == "string":
        return "" if isinstance(value, str) else "expected a text"
    least, most, whole = schema["minimum"], schema["maximum"], schema["type"] == "integer"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and least <= value <= most and (not whole or float(value).is_integer()):
        return ""
    return f"expected a {'whole ' if whole else ''}number from {least:g} to {most:g}"


AlertData = Annotated[
    dict[str, Any], Field(min_length=1), AfterValidator(_alert), WithJsonSchema(
        {**fields_schema(**ALERT_FIELDS), "minProperties": 1}
    ),
]  # fmt: skip
Context = Annotated[dict[str, Any], AfterValidator(_context), WithJsonSchema(fields_schema(**CONTEXT_FIELDS))]


class GenerateSmartAlert(ForSomebody):
    """An alert, where it comes from, and whom it is for.

    Attributes:
        alert_data: What is wrong: `message`, `metric`, `value`, `threshold`, `direction`, `severity`, `anomaly_type`,
            `duration_seconds`, and whatever else the other system says.
        context: What is known around it: `service`, `environment`, `affected_users`, `total_users`, and whatever else.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "alert_data": {
                        "message": "High error rate detected",
                        "metric": "error_rate",
                        "value": 0.25,
                        "threshold": 0.1,
                    },
                    "context": {"service": "websocket", "environment": "production", "affected_users": 150},
                    "recipient_role": "devops",
                }
            ]
        }
    )

    alert_data: AlertData
    context: Context = Field(default_factory=dict)

    def with_pseudonyms(self, key_of: KeyOf) -> Self:
        """See `Question.with_pseudonyms`."""
        hidden = {name: without_people(getattr(self, name), key_of) for name in ("alert_data", "context")}
        return self.model_copy(update=hidden)


class SmartAlert(Analysis):
    """An alert for one reader.

    Attributes:
        recipient_role: Whom it is for.
        message: All of it as one text, to be sent as it is: title, what the other system said, summary and steps.
    """

    recipient_role: Role
    message: str


GENERATE_SMART_ALERT: Final = Task(
    "generate_smart_alert",
    GenerateSmartAlert,
    SmartAlert,
    "Tells an alert of any system to one reader: what happened, how grave it is, what to do.",
    "/ml/alerts/smart",
)
