"""Inhibition: who knows of one incident need not be told of another that is the same with less to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resonance_llm_orchestrator.notifying.labels import Labels
from resonance_llm_orchestrator.notifying.matchers import Matchers, all_hold


@dataclass(frozen=True, slots=True)
class InhibitionRule:
    """While an incident that matches `source` is open, those that match `target` are held back.

    Attributes:
        equal: Labels that both must have the same.
    """

    source: Matchers
    target: Matchers
    equal: tuple[str, ...]

    def common(self, labels: Labels) -> tuple[str, ...]:
        """Values of the labels that must be the same; one that is missing is empty."""
        return tuple(labels.get(name, "") for name in self.equal)


class Inhibition:
    """Open incidents that hold others back, found by what they must have in common."""

    def __init__(self, rules: Sequence[InhibitionRule]) -> None:
        self._rules = rules
        # Per rule: the incidents of each combination of values, with whether they match the target too.
        self._sources: list[dict[tuple[str, ...], dict[str, bool]]] = [{} for _ in rules]

    def opened(self, alert_id: str, labels: Labels) -> None:
        """An incident is open with these labels; of one whose labels change, `closed` is called first."""
        for rule, sources in zip(self._rules, self._sources, strict=True):
            if all_hold(rule.source, labels):
                sources.setdefault(rule.common(labels), {})[alert_id] = all_hold(rule.target, labels)

    def closed(self, alert_id: str, labels: Labels) -> None:
        """An incident is not open with these labels any more."""
        for rule, sources in zip(self._rules, self._sources, strict=True):
            common = rule.common(labels)
            if (held := sources.get(common)) is not None:
                held.pop(alert_id, None)
                if not held:
                    del sources[common]

    def inhibiting(self, alert_id: str, labels: Labels) -> str | None:
        """The incident that holds this one back, if any.

        As in Alertmanager, one that matches both sides of a rule is not held back by others that do: they would
        hold each other.
        """
        for rule, sources in zip(self._rules, self._sources, strict=True):
            if not all_hold(rule.target, labels):
                continue
            both = all_hold(rule.source, labels)
            for source, also_target in sources.get(rule.common(labels), {}).items():
                if source != alert_id and not (both and also_target):
                    return source
        return None
