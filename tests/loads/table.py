"""What is told of a sweep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.loads.sweep import RECOVER_S, Step, Swept
from tests.support.markdown import table

MIB: Final = 2**20
CONTAINERS: Final = ("gateway", "feature-extractor", "predictor", "xai", "llm-orchestrator", "kafka")


def rates_table(swept: Swept) -> Iterator[str]:
    """A line for each rate: what came of its messages."""
    lines: list[tuple[str, ...]] = [
        ("people", "messages/s", "written", "stored", "held back", "refused", "frame to score, s: p50", "p99",
         "incidents", "frame to incident, s: p99", "records waiting, most"),
    ]  # fmt: skip
    knee = swept.knee()
    for step in _all(swept):
        incidents = swept.onlooker.alerts.between(step.began_s, step.ended_s)
        rate = f"{step.rate:,.0f}"
        lines.append((
            f"{step.after['online']:,}", f"**{rate}**" if step is knee else rate,
            f"{step.a_second('sent'):,.0f}", f"{step.a_second('acked'):,.0f}",
            f"{step.a_second('held_back'):,.0f}",
            ", ".join(f"{n:,} {code}" for code, n in sorted(step.refused().items())) or "0",
            *_of(swept.onlooker.scores.between(step.began_s, step.ended_s), 50, 99),
            f"{len(incidents):,}", *_of(incidents, 99), f"{step.lag:,.0f}",
        ))  # fmt: skip
    yield from table(lines)


def cost_table(swept: Swept) -> Iterator[str]:
    """A line for each rate: cores and memory of containers, and what was left out."""
    lines: list[tuple[str, ...]] = [
        ("messages/s", *(f"{name}: cores, MiB" for name in CONTAINERS), "crowd: cores"),
    ]  # fmt: skip
    for step in _all(swept):
        lines.append((
            f"{step.rate:,.0f}",
            *(f"{step.cores[n]:.2f}, {step.resident_bytes[n] / MIB:.0f}" for n in CONTAINERS),
            f"{step.cores['crowd']:.2f}",
        ))  # fmt: skip
    yield from table(lines)


def shed_table(swept: Swept) -> Iterator[str]:
    """A line for each rate: what of the work on anomalies was left out or done later, by how grave they are."""
    lines: list[tuple[str, ...]] = [
        ("messages/s", "incidents opened", "high and critical anomalies explained", "frame to explanation, s: p50",
         "p99", "low and medium ones", "p50", "p99", "in brief", "words by a provider", "by our own writer"),
    ]  # fmt: skip
    for step in _all(swept):
        span, seen = (step.began_s, step.ended_s), swept.onlooker
        grave, rest = seen.grave.between(*span), seen.rest.between(*span)
        offline = step.total("resonance_llm_wordings_total", "writer=offline")
        lines.append((
            f"{step.rate:,.0f}", f"{len(seen.alerts.between(*span)):,}", f"{len(grave):,}", *_of(grave, 50, 99),
            f"{len(rest):,}", *_of(rest, 50, 99), f"{step.most('xai_skipped_total'):,.0f}",
            f"{step.total('resonance_llm_wordings_total') - offline:,.0f}", f"{offline:,.0f}",
        ))  # fmt: skip
    yield from table(lines)


def sentences(swept: Swept) -> Iterator[str]:
    """What the tables do not say."""
    knee, recovered = swept.knee(), swept.recovered_s()
    if knee is None:
        yield "No rate holds the service level."
    elif knee is swept.steps[-1]:
        yield f"All rates hold: the knee is beyond {knee.rate:,.0f} messages a second."
    else:
        after = swept.steps[swept.steps.index(knee) + 1]
        yield f"The knee is between {knee.rate:,.0f} (in bold) and {after.rate:,.0f} messages a second."
    late = max(step.after["late_s"] for step in swept.steps)
    yield f"The crowd was behind its own clock by {late:.2f} s at most; it shares the cores with everything else."
    if swept.back is not None:
        yield (
            f"When the load fell to {swept.back.rate:,.0f} messages a second, "
            + (f"it took {recovered:.0f} s" if recovered is not None else f"{RECOVER_S:.0f} s were not enough")
            + " until 99 of 100 frames were told of within 0.5 s again."
        )


def _all(swept: Swept) -> list[Step]:
    return [*swept.steps, *([swept.back] if swept.back else [])]


def _of(took: NDArray[np.float64], *shares: int) -> list[str]:
    return [f"{value:.3f}" for value in np.percentile(took, shares)] if len(took) else [""] * len(shares)
