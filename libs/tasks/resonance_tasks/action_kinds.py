"""Which actions there are, and what each takes: the gateway checks by it, the orchestrator does no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class ActionKind(StrEnum):
    """What can be done about an incident."""

    CREATE_INCIDENT_TICKET = "create_incident_ticket"
    PAGE_ON_CALL_ENGINEER = "page_on_call_engineer"
    TRIGGER_AUTO_SCALING = "trigger_auto_scaling"
    NOTIFY_DEVOPS_TEAM = "notify_devops_team"
    LIMIT_USER = "limit_user"
    BLOCK_USER = "block_user"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that an action takes, and its range.

    Attributes:
        name: As policies and requests write it.
        low, high: Its range, both included.
        default: Where it is not given.
        whole: Whether it is a whole number.
    """

    name: str
    low: float
    high: float
    default: float
    whole: bool = False

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a value."""
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.low, "maximum": self.high, "default": self.default}


_LASTS: Final = Parameter("lasts_s", 60, 7 * 24 * 3600, 900, whole=True)

PARAMETERS: Final[Mapping[ActionKind, tuple[Parameter, ...]]] = {
    ActionKind.CREATE_INCIDENT_TICKET: (Parameter("priority", 1, 4, 3, whole=True),),
    ActionKind.PAGE_ON_CALL_ENGINEER: (),
    ActionKind.TRIGGER_AUTO_SCALING: (Parameter("replicas", 1, 10, 1, whole=True),),
    ActionKind.NOTIFY_DEVOPS_TEAM: (),
    ActionKind.LIMIT_USER: (Parameter("rate", 0.01, 1000, 1), Parameter("burst", 1, 10_000, 5), _LASTS),
    ActionKind.BLOCK_USER: (_LASTS,),
}


def checked_parameters(kind: ActionKind, given: Mapping[str, float]) -> dict[str, float]:
    """The parameters, with defaults for those that are not given; raises ValueError, a sentence."""
    known = {parameter.name: parameter for parameter in PARAMETERS[kind]}
    unknown = sorted(set(given) - set(known))
    if unknown:
        expected = ", ".join(known) or "none"
        raise ValueError(f"{kind} takes no parameter {', '.join(unknown)[:64]}; expected {expected}")
    values = {name: float(given.get(name, parameter.default)) for name, parameter in known.items()}
    for name, value in values.items():
        parameter = known[name]
        number = "a whole number" if parameter.whole else "a number"
        if not parameter.low <= value <= parameter.high or (parameter.whole and value != int(value)):
            raise ValueError(
                f"{name} of {kind} is {value:g}; expected {number} from {parameter.low:g} to {parameter.high:g}"
            )
    return values


def action_schema() -> dict[str, Any]:
    """The part of a JSON Schema that says which parameters go with which kind."""
    return {
        "oneOf": [
            {
                "properties": {
                    "kind": {"const": str(kind)},
                    "parameters": {
                        "type": "object",
                        "properties": {parameter.name: parameter.schema() for parameter in parameters},
                        "additionalProperties": False,
                    },
                }
            }
            for kind, parameters in PARAMETERS.items()
        ]
    }
