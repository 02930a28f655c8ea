"""Alert rules on how fast the budget of a service level burns: several windows, several rates.

The windows and rates are those of "Alerting on SLOs" in Google's Site Reliability Workbook, chapter 5, for 30 days. The
longer window says that it matters, the shorter one that it goes on. Where all requests breaking a promise burn its
budget more slowly than a rate, as with 90 % and 14.4, that rate cannot be reached and has no rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy.prometheus.levels import LEVELS, Level


@dataclass(frozen=True, slots=True)
class Burn:
    """A rate, as a multiple of what would use up the budget in just 30 days, and the windows it is looked for in."""

    long: str
    short: str
    rate: float


FAST: Final = (Burn("1h", "5m", 14.4), Burn("6h", "30m", 6))
SLOW: Final = (Burn("1d", "2h", 3), Burn("3d", "6h", 1))
SHORT_WINDOWS: Final = ("5m", "30m", "1h", "2h")
LONG_WINDOWS: Final = ("6h", "1d", "3d")

RUNBOOKS: Final = "{{ $externalURL }}/consoles/runbooks"
HEADER: Final = "# Made by `python -m deploy.prometheus.generate` from levels.py: do not edit.\n"


def share(level: Level, burn: Burn) -> float:
    """Share of the requests that break the promise at this rate."""
    return round(level.budget * burn.rate, 6)


def reachable(level: Level, burns: tuple[Burn, ...]) -> tuple[Burn, ...]:
    """The rates that can be reached."""
    return tuple(burn for burn in burns if share(level, burn) < 1)


def of_requests(level: Level, window: str) -> str:
    """PromQL of how many requests there were."""
    return _sum(level.total, window)


def of_errors(level: Level, window: str) -> str:
    """PromQL of how many requests broke the promise."""
    if level.bad:
        return _sum(level.bad, window)
    return f"{of_requests(level, window)} - {_sum((level.good,), window)}"


def condition(level: Level, burns: tuple[Burn, ...]) -> str:
    """PromQL that has a value while one of the rates is reached."""
    return " or ".join(f"({_reached(level, burn)})" for burn in reachable(level, burns))


def recording_rules() -> str:
    """The file of rules that count."""
    return HEADER + "\n".join(_recorded()) + "\n"


def alert_rules() -> str:
    """The file of rules that tell."""
    return HEADER + "\n".join(_alerts()) + "\n"


def percent(value: float) -> str:
    """As people write it."""
    return f"{100 * value:.6g} %"


def _sum(selectors: tuple[str, ...], window: str) -> str:
    sums = [f"sum(increase({one}[{window}]))" for one in selectors]
    # A counter that never counted is not there.
    return sums[0] if len(sums) == 1 and "_bucket" in sums[0] else " + ".join(f"({one} or vector(0))" for one in sums)


def _reached(level: Level, burn: Burn) -> str:
    of, parts = f'{{slo="{level.name}"}}', []
    for window in (burn.long, burn.short):
        errors, requests = f"resonance:slo_errors:increase{window}", f"resonance:slo_requests:increase{window}"
        parts.append(f"{errors}{of} > {share(level, burn):g} * {requests}{of}")
    return " and ".join([*parts, f"resonance:slo_errors:increase{burn.long}{of} >= {level.least}"])


def _recorded() -> Iterator[str]:
    yield "groups:"
    for group, interval, windows in (("levels", "30s", SHORT_WINDOWS), ("levels over days", "2m", LONG_WINDOWS)):
        yield from (f"  - name: {group}", f"    interval: {interval}", "    rules:")
        for level in LEVELS:
            for window in windows:
                yield from _counted(level, window)


def _counted(level: Level, window: str) -> Iterator[str]:
    for name, expression in (("errors", of_errors(level, window)), ("requests", of_requests(level, window))):
        yield f"      - record: resonance:slo_{name}:increase{window}"
        yield f"        expr: {json.dumps(expression)}"
        yield f"        labels: {{slo: {level.name}}}"


def _alerts() -> Iterator[str]:
    yield from ("groups:", "  - name: budgets of levels", "    interval: 30s", "    rules:")
    for level in LEVELS:
        yield from _alert(
            level, "BurnsFast", FAST, "page" if level.pages else "ticket", "at this rate it is gone in days"
        )
        yield from _alert(level, "BurnsSlowly", SLOW, "ticket", "at this rate it is gone before the 30 days are over")


def _alert(level: Level, suffix: str, burns: tuple[Burn, ...], severity: str, means: str) -> Iterator[str]:
    told = ", or ".join(
        f"more than {percent(share(level, burn))} in {burn.long} and in the last {burn.short} (rate {burn.rate:g})"
        for burn in reachable(level, burns)
    )
    summary = f"Too few {level.promise}."
    description = (
        f"Promised are {percent(level.objective)} in 30 days. Of late it was broken by {told}: of what may break it, "
        f"{means}."
    )
    yield f"      - alert: {level.alert}{suffix}"
    yield f"        expr: {json.dumps(condition(level, burns))}"
    yield f"        labels: {{severity: {severity}}}"
    yield "        annotations:"
    yield f"          summary: {json.dumps(summary)}"
    yield f"          description: {json.dumps(description)}"
    yield f'          runbook_url: "{RUNBOOKS}/{level.name}.html"'
