"""Tests of the rules that tell of burning budgets: what is told of, and its harmless neighbours which are not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from deploy.prometheus.burning import FAST, HEADER, LONG_WINDOWS, SHORT_WINDOWS, SLOW, Burn, reachable, share
from deploy.prometheus.levels import LEVELS, Level

REQUESTS: Final = 100_000
"""Requests of each window in the tests of what is told of."""
_ONE: Final = "[{labels: '{}', value: 1}]"


def tests() -> str:
    """Tests of the rules that tell, for promtool."""
    return HEADER + "\n".join(_telling()) + "\n"


def _telling() -> Iterator[str]:
    yield from ("rule_files: [../rules/budgets.yml]", "evaluation_interval: 1m", "", "tests:")
    for level in LEVELS:
        fast, slow, name = reachable(level, FAST), reachable(level, SLOW), level.name
        for burn in (*fast, *slow):
            over = {burn.long: 1.1, burn.short: 1.1}
            yield from _test(level, f"{name}, burning at {burn.rate:g} times the rate, is told of", burn, over, True)
            past = {burn.long: 1.1, burn.short: 0.9}
            yield from _test(
                level, f"{name}, burnt at {burn.rate:g} times the rate and not any more, is not", burn, past, False
            )
            blip = {burn.long: 0.9, burn.short: 1.1}
            yield from _test(level, f"{name}, burning so for a moment, is not", burn, blip, False)
        yield from _test(level, f"{name}, broken by few in a night without any others, is not", fast[0], {}, False)


def _test(level: Level, name: str, burn: Burn, times: Mapping[str, float], fires: bool) -> Iterator[str]:
    """One test.

    Args:
        times: By window, the share that breaks the promise, as a multiple of what the rate means; in all other windows
            nothing does. Where it is empty, there are too few requests to speak of, and all break it.
    """
    yield from (f"  - name: {json.dumps(name)}", "    interval: 1m", "    input_series:")
    for window in (*SHORT_WINDOWS, *LONG_WINDOWS):
        requests = float(REQUESTS if times else level.least - 1)
        errors = requests * min(share(level, burn) * times.get(window, 0.0), 1.0) if times else requests
        for what, value in (("errors", errors), ("requests", requests)):
            series = f'resonance:slo_{what}:increase{window}{{slo="{level.name}"}}'
            yield f"      - {{series: {json.dumps(series)}, values: {value:g}x3}}"
    yield "    promql_expr_test:"
    for suffix, burns in (("BurnsFast", FAST), ("BurnsSlowly", SLOW)):
        alert = f'alertname="{level.alert}{suffix}", alertstate="firing"'
        yield f"      - expr: 'count(ALERTS{{{alert}}})'"
        yield "        eval_time: 3m"
        yield f"        exp_samples: {_ONE if fires and burn in burns else '[]'}"
