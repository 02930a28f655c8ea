"""Writes docs/operations/alerts.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from deploy.prometheus.burning import FAST, SLOW, percent, reachable, share
from deploy.prometheus.levels import LEVELS
from tests.alarms import compressed, files, plan
from tests.alarms.course import Row
from tests.alarms.rules import alerts
from tests.alarms.table import lines
from tests.bench.machine import machine
from tests.support.markdown import table

DOCUMENT: Final = files.ROOT / "docs/operations/alerts.md"
HEAD: Final = """# Alerts about Resonance itself

Written by `make alerts-check`. Prometheus watches the services and tells Alertmanager, which tells people: `page`
is worth waking somebody, `ticket` waits for the morning. Every alert has `runbook_url`, a page that Prometheus
serves itself (`/consoles/runbooks/…`), so it opens at midnight without the internet; it also says what fires now.
The source of the pages is [runbooks](runbooks). Rules are in `deploy/prometheus/rules`, their tests in
`deploy/prometheus/tests`.

## Who is told

Without any setting alerts are shown on Alertmanager's port alone. In `.env` (or, as `…_FILE`, in a file of a
container):

| variable | what |
|---|---|
| `ALERTS_PAGE_URL` | webhook that gets what is worth waking somebody |
| `ALERTS_TICKET_URL` | webhook that gets the rest |
| `ALERTS_PAGERDUTY_KEY` | integration key (Events API v2) of PagerDuty, for pages |
| `ALERTS_SLACK_URL` | address of an incoming webhook of Slack, for both |
| `PROMETHEUS_URL`, `ALERTMANAGER_URL` | where people find both; links in alerts begin so |

A secret as a file, and whatever else Alertmanager can do, is an override:

```yaml
services:
  alertmanager:
    environment: {ALERTS_PAGE_URL_FILE: /run/secrets/page}
    volumes: ["./page-address:/run/secrets/page:ro"]
```

One fault is one message: alerts are grouped by name and service, a service that is down keeps back what follows
from it, a broker or store that is down the more so, and a budget that burns fast its slow burning
([`alertmanager.yml`](../../deploy/alertmanager/alertmanager.yml)).
"""
LEVELS_HEAD: Final = """## Service levels

For each level the budget, what may break the promise within 30 days, is watched for burning too fast: in a long
window, so that it matters, and in a short one, so that it goes on ([the
method](https://sre.google/workbook/alerting-on-slos/), multiwindow, multi-burn-rate). Of the table's shares the
first two are `…BurnsFast`, the others `…BurnsSlowly`. A rate that cannot be reached, since all requests breaking
the promise burn more slowly, has no rule. Fewer than ten broken promises in the longer window are not told,
whatever their share: a quiet night is no incident.

Levels are a catalogue, [`levels.py`](../../deploy/prometheus/levels.py); `python -m deploy.prometheus.generate`
makes rules and tests of it.
"""
FIRED: Final = """## Every alert fired

By real faults of the Compose stack with its own Prometheus and Alertmanager, and came to the receiver of its
severity. Rules were taken as they are, with every duration divided by {factor}, no window under {window:g} s and no
waiting under {wait:g} s; thresholds were left alone. "Over" counts from the repair. Where an alert is named in two
of its rates, the slow one is kept back while the fast one fires. "Steps" are the commands of its runbook, run as
they are written there, with the output that it says; those of a runbook of several alerts stand at the first.
"""


def write(rows: Sequence[Row]) -> None:
    """The whole page."""
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text("\n".join(_lines(rows)) + "\n", encoding="utf-8")


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    yield from (HEAD, LEVELS_HEAD, *_levels(), "")
    if rows:
        yield from _fired(rows)
    yield "## All alerts\n"
    yield from table([("alert", "severity", "runbook"), *_alerts()])


def _fired(rows: Sequence[Row]) -> Iterator[str]:
    factor, window, wait = compressed.FACTOR, compressed.LEAST_WINDOW_S, compressed.LEAST_WAIT_S
    yield from (FIRED.format(factor=factor, window=window, wait=wait), *lines(rows), "")
    yield "Those that no fault here provokes are held by the tests of their rules alone:\n"
    yield from (f"- `{name}`: {why}." for name, why in plan.NOT_HERE.items())
    where = machine()
    yield f"\n{where['processor']}, {where['cores']} cores, {where['system']}.\n"


def _levels() -> Iterator[str]:
    windows = tuple(f"{burn.rate:g}: {burn.long} and {burn.short}" for burn in (*FAST, *SLOW))
    rows = [("what", "promised", "label `slo`", *windows)]
    for level in LEVELS:
        shares = (percent(share(level, b)) if b in reachable(level, (b,)) else "" for b in (*FAST, *SLOW))
        rows.append((level.promise, percent(level.objective), f"`{level.name}`", *shares))
    return table(rows)


def _alerts() -> Iterator[tuple[str, ...]]:
    for name, rule in sorted(alerts(files.ROOT).items()):
        book = rule["annotations"]["runbook_url"].rpartition("/")[2].removesuffix(".html")
        yield f"`{name}`", rule["labels"]["severity"], f"[{book}](runbooks/{book}.md)"
