"""The catalogue of actions. What is not in it is never done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resonance_narration import Severity


class Touches(StrEnum):
    """Blast radius: who notices it."""

    NOBODY = "nobody"
    USER = "user"
    EVERYBODY = "everybody"


class Undo(StrEnum):
    """How it is taken back."""

    NEVER = "never"
    BY_HAND = "by_hand"
    BY_ITSELF = "by_itself"


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


@dataclass(frozen=True, slots=True)
class Needs:
    """What must hold of the incident.

    Attributes:
        severity: It is at least so severe.
        open: It is not over.
        evidence: A model's evidence is at least so many times what makes an incident; a rule is sure of itself.
    """

    severity: Severity = Severity.LOW
    open: bool = False
    evidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of action.

    Attributes:
        name: As policies and requests write it.
        parameters: What it takes.
        needs: Preconditions.
        touches: Its blast radius.
        undo: How it is taken back.
    """

    name: str
    parameters: tuple[Parameter, ...]
    needs: Needs
    touches: Touches
    undo: Undo

    def checked(self, given: Mapping[str, float]) -> dict[str, float]:
        """The parameters, with defaults for those that are not given; raises ValueError, a sentence."""
        known = {parameter.name: parameter for parameter in self.parameters}
        unknown = sorted(set(given) - set(known))
        if unknown:
            expected = ", ".join(known) or "none"
            raise ValueError(f"{self.name} takes no parameter {', '.join(unknown)}; expected {expected}")
        values = {name: float(given.get(name, parameter.default)) for name, parameter in known.items()}
        for name, value in values.items():
            parameter = known[name]
            kind = "a whole number" if parameter.whole else "a number"
            if not parameter.low <= value <= parameter.high or (parameter.whole and value != int(value)):
                raise ValueError(
                    f"{name} of {self.name} is {value:g}; expected {kind} from {parameter.low:g} to {parameter.high:g}"
                )
        return values


LASTS: Final = Parameter("lasts_s", 60, 7 * 24 * 3600, 900, whole=True)

TICKET: Final = Kind(
    "create_incident_ticket",
    (Parameter("priority", 1, 4, 3, whole=True),),
    Needs(Severity.MEDIUM),
    Touches.NOBODY,
    Undo.NEVER,
)
PAGE: Final = Kind("page_on_call_engineer", (), Needs(Severity.HIGH, open=True), Touches.NOBODY, Undo.NEVER)
SCALE: Final = Kind(
    "trigger_auto_scaling",
    (Parameter("replicas", 1, 10, 1, whole=True),),
    Needs(Severity.HIGH, open=True),
    Touches.EVERYBODY,
    Undo.BY_HAND,
)
NOTIFY: Final = Kind("notify_devops_team", (), Needs(), Touches.NOBODY, Undo.NEVER)
LIMIT: Final = Kind(
    "limit_user",
    (Parameter("rate", 0.01, 1000, 1), Parameter("burst", 1, 10_000, 5), LASTS),
    Needs(Severity.MEDIUM, open=True),
    Touches.USER,
    Undo.BY_ITSELF,
)
BLOCK: Final = Kind("block_user", (LASTS,), Needs(Severity.HIGH, open=True, evidence=1.5), Touches.USER, Undo.BY_ITSELF)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (TICKET, PAGE, SCALE, NOTIFY, LIMIT, BLOCK)}
