"""The policy file (TOML): which actions are proposed for which incidents, which run by themselves, who does them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from resonance_llm_orchestrator.actions.errors import PolicyError
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_llm_orchestrator.actions.quotas import Quota
from resonance_narration import Role, Severity

DEFAULT: Final = Path(__file__).with_name("policy.toml")

Grade = Literal["low", "medium", "high", "critical"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Model):
    """An action that a rule proposes.

    Attributes:
        action: Name in the catalogue.
        automatic: Whether it runs without a person, within its quota.
        parameters: What it takes; defaults for the rest.
    """

    action: str
    automatic: bool = False
    parameters: dict[str, float] = {}

    @model_validator(mode="after")
    def _in_the_catalogue(self) -> Step:
        if self.action not in KINDS:
            raise ValueError(f"there is no action {self.action!r}; expected one of {', '.join(KINDS)}")
        KINDS[self.action].checked(self.parameters)
        return self


class Rule(_Model):
    """What is proposed for some incidents, in this order.

    Attributes:
        name: For people.
        kinds: Kinds of incident; of any where none is named.
        min_severity: They are at least so severe.
        roles: They are led by one of these; by anybody where none is named.
        propose: The steps.
    """

    name: str = Field(min_length=1, max_length=64)
    kinds: list[str] = []
    min_severity: Grade = "low"
    roles: list[Role] = []
    propose: list[Step] = Field(min_length=1, max_length=16)

    def covers(self, kind: str, severity: int, role: Role) -> bool:
        """Whether it is for such an incident."""
        return (
            (not self.kinds or kind in self.kinds)
            and severity >= Severity[self.min_severity.upper()]
            and (not self.roles or role in self.roles)
        )


class Terms(_Model):
    """Of one kind of action.

    Attributes:
        executor: Name of one of the executors; where there is none, it is a dry run.
        dry_run: Whether it is only said what would be done.
        automatic_per_hour: How often it may run without a person.
        automatic_share: Share of the active users that may be touched at once without a person.
    """

    executor: Name | None = None
    dry_run: bool = False
    automatic_per_hour: int = Field(0, ge=0, le=100_000)
    automatic_share: float = Field(0.0, ge=0, le=1)


NO_TERMS: Final = Terms.model_validate({})


class ExecutorTerms(BaseModel):
    """An executor: which kind it is, and what that kind takes.

    Attributes:
        kind: `webhook`, `kubernetes`, `gateway_limits`, or the name of a plug-in.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Name

    def options(self) -> dict[str, Any]:
        """What the kind takes."""
        return dict(self.model_extra or {})


class Policy(_Model):
    """The whole file.

    Attributes:
        expires_s: A decision is awaited for so long, seconds.
        most_waiting: Proposals that may wait at once; more are not made, and counted.
        rules: All that cover an incident propose, the first of each action counts.
        actions: Terms by name of the action.
        executors: By name.
    """

    expires_s: int = Field(3600, ge=60, le=7 * 24 * 3600)
    most_waiting: int = Field(1000, ge=1, le=5000)
    rules: list[Rule] = []
    actions: dict[str, Terms] = {}
    executors: dict[Name, ExecutorTerms] = {}

    @field_validator("actions")
    @classmethod
    def _known_actions(cls, actions: dict[str, Terms]) -> dict[str, Terms]:
        unknown = sorted(set(actions) - set(KINDS))
        if unknown:
            raise ValueError(f"there is no action {unknown[0]!r}; expected one of {', '.join(KINDS)}")
        return actions

    @model_validator(mode="after")
    def _known_executors(self) -> Policy:
        for name, terms in self.actions.items():
            if terms.executor is not None and terms.executor not in self.executors:
                known = ", ".join(self.executors) or "none is defined"
                raise ValueError(f"{name} names the executor {terms.executor!r}; expected one of: {known}")
        return self

    def terms(self, action: str) -> Terms:
        """Of one kind of action."""
        return self.actions.get(action, NO_TERMS)

    def quota(self, action: str) -> Quota:
        """Of one kind of action."""
        terms = self.terms(action)
        return Quota(terms.automatic_per_hour, terms.automatic_share)

    def steps(self, kind: str, severity: int, role: Role) -> list[Step]:
        """What is proposed for an incident, in order; each action once."""
        found: dict[str, Step] = {}
        for rule in self.rules:
            if rule.covers(kind, severity, role):
                for step in rule.propose:
                    found.setdefault(step.action, step)
        return list(found.values())


def read_policy(path: Path | None) -> Policy:
    """The policy of a file, or that of the package where there is none.

    Raises:
        PolicyError: The file cannot be read or is wrong.
    """
    path = DEFAULT if path is None else path
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path} is not TOML: {error}.") from error
    try:
        return Policy.model_validate(found)
    except ValidationError as error:
        raise PolicyError(" ".join(_sentence(path, fault) for fault in error.errors(include_input=False))) from None


def _sentence(path: Path, fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    said = fault["msg"].removeprefix("Value error, ")
    return f"{path}: {place + ': ' if place else ''}{said[0].lower()}{said[1:]}."
