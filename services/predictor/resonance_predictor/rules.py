"""Rules: comparisons of features with thresholds, read from YAML and matched against many vectors at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from resonance_contracts.features import BY_NAME, FEATURE_NAMES, INDEX, Group
from resonance_predictor.errors import RulesError
from resonance_predictor.rule_tests import RuleTest
from resonance_predictor.severity import Severity, SeverityName

_COMPARISON: Final = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*")

_ENTRIES: Final = {"rules": ("rule", "kind"), "tests": ("test", "name")}
LONGEST_SHOWN: Final = 200


def _split_comparison(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = _COMPARISON.fullmatch(value)
    if parts is None:
        raise ValueError(f"{value!r} is not a comparison; write it as 'messages_per_minute >= 100'")
    return {"feature": parts[1], "operator": parts[2], "threshold": parts[3]}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Comparison(_Strict):
    """One feature compared with one threshold."""

    feature: str
    operator: Literal[">=", ">", "<=", "<"]
    threshold: FiniteFloat

    @field_validator("feature")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in BY_NAME:
            raise ValueError(f"there is no feature {name!r}; write one of {', '.join(FEATURE_NAMES)}")
        return name


class Rule(_Strict):
    """One rule; fires on a vector where all comparisons hold.

    Attributes:
        kind: Kind of incident. Several rules may share it; the most severe that fires counts.
        severity: Severity of its findings.
        when: Comparisons that must all hold. The first is the headline: findings show its value and threshold.
        persist: Vectors in a row that must fire before an incident opens.
        covers: Groups whose deviations an open incident of this kind accounts for; those of `when` if left out.
    """

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{2,47}$")
    severity: SeverityName
    when: tuple[Annotated[Comparison, BeforeValidator(_split_comparison)], ...]
    persist: int = Field(default=1, ge=1, le=1000)
    covers: tuple[Group, ...] | None = None

    @field_validator("kind")
    @classmethod
    def _not_reserved(cls, kind: str) -> str:
        if kind.startswith("unusual_"):
            raise ValueError("kinds that begin with 'unusual_' belong to baselines and models; choose another name")
        return kind

    @field_validator("when")
    @classmethod
    def _something(cls, when: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
        if not when:
            raise ValueError("a rule needs at least one comparison; write one as 'messages_per_minute >= 100'")
        return when

    @property
    def grade(self) -> Severity:
        """Severity as a number."""
        return Severity[self.severity.upper()]

    @property
    def covered(self) -> frozenset[Group]:
        """Groups that an incident of this rule accounts for."""
        own = (BY_NAME[c.feature].group for c in self.when)
        return frozenset(own if self.covers is None else self.covers)


class _Document(_Strict):
    rules: tuple[Rule, ...]
    tests: tuple[RuleTest, ...] = ()

    @field_validator("tests")
    @classmethod
    def _of_these_rules(cls, tests: tuple[RuleTest, ...], info: ValidationInfo) -> tuple[RuleTest, ...]:
        # Where a rule is wrong, there are none to compare with, and that fault is told.
        kinds = {rule.kind for rule in info.data.get("rules", ())}
        for test in tests if kinds else ():
            if unknown := sorted(test.opens.keys() - kinds):
                raise ValueError(f"{test.name!r} opens {', '.join(unknown)}, but there is no rule of that kind")
        return tests


class _Matcher:
    """Every comparison of some rules as arrays, so that it costs few calls whatever their number.

    Where a comparison asks for less, both sides are negated: all ask for more then.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        comparisons = [comparison for rule in rules for comparison in rule.when]
        asks_more = _column([comparison.operator in (">", ">=") for comparison in comparisons])
        self._features = np.array([INDEX[comparison.feature] for comparison in comparisons], dtype=np.intp)
        self._signs = np.where(asks_more, 1.0, -1.0)
        self._bounds = self._signs * _column([comparison.threshold for comparison in comparisons])
        self._strict = _column([comparison.operator in (">", "<") for comparison in comparisons])
        self._firsts = np.cumsum([0, *(len(rule.when) for rule in rules)])[:-1]

    def match(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """As `RuleBook.match`."""
        if not len(self._firsts):
            return np.empty((len(values), 0), dtype=np.bool_)
        compared = values.T[self._features] * self._signs
        holds = np.where(self._strict, compared > self._bounds, compared >= self._bounds)
        return np.logical_and.reduceat(holds, self._firsts, axis=0).T


def _column(elements: Sequence[float]) -> NDArray[Any]:
    return np.array(elements)[:, np.newaxis]


class RuleBook:
    """Rules in force, in order of falling severity.

    Attributes:
        rules: The rules; where two are equally severe, in the order of the file.
        tests: Tests that stand beside them; they are no part of `version` and `document`.
        version: SHA-256 of what they say, hexadecimal. Comments, spaces and the order of keys do not change it.
    """

    def __init__(self, rules: tuple[Rule, ...], tests: tuple[RuleTest, ...] = ()) -> None:
        self.tests = tests
        self.rules = tuple(sorted(rules, key=lambda rule: -rule.grade))
        self._matcher = _Matcher(self.rules)
        self._document = json.dumps(
            {"rules": [rule.model_dump(mode="json") for rule in rules]}, sort_keys=True, separators=(",", ":")
        )
        self.version = sha256(self._document.encode()).hexdigest()

    @classmethod
    def parse(cls, text: str, origin: str) -> Self:
        """Read rules, and tests beside them, from YAML (JSON is YAML too). The tests are not run: see `rule_trial`.

        Args:
            text: The document.
            origin: What to call it in errors: the file's path.

        Raises:
            RulesError: It is not YAML, or a rule or test is wrong; the message lists every fault.
        """
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise RulesError(f"{origin} is not YAML: {error}") from error
        try:
            found = _Document.model_validate(document)
        except ValidationError as error:
            faults = "; ".join(_fault(document, fault) for fault in error.errors())
            raise RulesError(f"{origin}: {faults}.") from error
        return cls(found.rules, found.tests)

    @classmethod
    def default(cls) -> Self:
        """The rules that come with the package."""
        source = files(__package__).joinpath("rules.yaml")
        return cls.parse(source.read_text(encoding="utf-8"), "the default rules")

    def document(self) -> str:
        """The rules as canonical JSON; `parse` reads it back to a book of the same version."""
        return self._document

    def match(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rules fire on which vectors.

        Args:
            values: Vectors, (n, WIDTH), in the catalogue's order.

        Returns:
            (n, rules), in the order of `rules`.
        """
        return self._matcher.match(values)


def _fault(document: object, fault: Mapping[str, Any]) -> str:
    """One fault in words: which rule or test, which field, what is wrong, what came."""
    where = list(fault["loc"])
    what = f"{fault['msg'].removeprefix('Value error, ')} (got {_shortened(fault['input'])})"
    if len(where) < 2 or where[0] not in _ENTRIES or not isinstance(where[1], int):
        field = ".".join(map(str, where)) or "the document"
        return f"{field}: {what}; write a mapping of 'rules', a list of rules, and perhaps 'tests', a list of tests"
    entry, title = _ENTRIES[where[0]]
    field = ".".join(map(str, where[2:])) or f"the {entry}"
    return f"{entry} {where[1] + 1}{_named(document, where[0], where[1], title)}, {field}: {what}"


def _named(document: object, entries: str, position: int, title: str) -> str:
    listed = document.get(entries) if isinstance(document, dict) else None
    entry = listed[position] if isinstance(listed, list) and position < len(listed) else None
    name = entry.get(title) if isinstance(entry, dict) else None
    return f" ({name})" if isinstance(name, str) else ""


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
