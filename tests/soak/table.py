"""What is told of a soak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tests.soak.bounds import DAY_S, MIB, OURS, growth, kept
from tests.soak.run import Soaked
from tests.support.markdown import table


def usage_table(soaked: Soaked) -> Iterator[str]:
    """A line for each container: ours first."""
    lines: list[tuple[str, ...]] = [
        ("container", "MiB, first third", "last third", "most", "limit", "growth, MiB an hour", "95 % interval",
         "a day, of the limit", "descriptors", "threads"),
    ]  # fmt: skip
    for service in sorted(soaked.usage, key=lambda name: (name not in OURS, name)):
        samples, found = soaked.usage[service][kept(soaked)], growth(soaked, service)
        resident = [u.resident_bytes / MIB for u in samples]
        lines.append((
            service, *(f"{value:.1f}" for value in (*_thirds(resident), max(resident))),
            f"{soaked.limits[service] / MIB:.0f}",
            f"{found.estimate * 3600 / MIB:+.2f}", f"{found.low * 3600 / MIB:+.2f} to {found.high * 3600 / MIB:+.2f}",
            f"{found.estimate * DAY_S / soaked.limits[service] * 100:+.1f} %",
            _from_to([u.descriptors for u in samples]), _from_to([u.threads for u in samples]),
        ))  # fmt: skip
    yield from table(lines)


def asked_table(soaked: Soaked) -> Iterator[str]:
    """A line for each address that was asked."""
    lines: list[tuple[str, ...]] = [("asked", "answers", "of them 5xx or none", "p50, ms", "p99, ms")]
    asked = soaked.asked
    for path, seconds in sorted(asked.seconds.items()):
        failed = sum(n for (name, status), n in asked.answers.items() if name == path and (status >= 500 or not status))
        p50, p99 = np.percentile(np.array(seconds) * 1e3, [50, 99])
        lines.append((f"`{path}`", str(len(seconds)), str(failed), f"{p50:.0f}", f"{p99:.0f}"))
    yield from table(lines)


def sentences(soaked: Soaked) -> Iterator[str]:
    """What the tables do not say."""
    crowd, lag = soaked.crowd, soaked.lag
    refused = ", ".join(f"{n:,} {code}" for code, n in sorted(crowd["refused"].items())) or "none"
    yield (
        f"{crowd['sent']:,} frames on {crowd['opened']:,} connections, {crowd['misdeeds']} misdeeds; "
        f"refused: {refused}; held back by clients: {crowd['held_back']:,}."
    )
    yield (
        f"Another model was put into service {soaked.model_turns} times, and {soaked.turns_refused} times not in time. "
        "The watcher of alerts connected "
        f"{soaked.asked.watches} times and was told {soaked.asked.watched:,} things."
    )
    yield (
        f"Records of the slowest consumer group that waited, once in {soaked.sample_s:.0f} s: half of the time at most "
        f"{np.median(lag):.0f}, at most {max(lag):.0f}; at the end {lag[-1]:.0f}."
    )
    redis, disk = soaked.redis_bytes, soaked.disk_bytes[kept(soaked)]
    seconds = soaked.times_s[-1] - soaked.times_s[kept(soaked)][0]
    yield (
        f"Redis says {redis[0] / MIB:.1f} MiB at the beginning and {redis[-1] / MIB:.1f} at the end "
        f"({soaked.redis_keys}); what it has lives for a while only, and `maxmemory` bounds it."
    )
    yield (
        f"Topics took {disk[-1] / MIB:.0f} MiB on the disk at the end, "
        f"{(disk[-1] - disk[0]) / seconds * 3600 / MIB:+.0f} MiB an hour: that is what retention keeps."
    )


def outcome_list(soaked: Soaked) -> Iterator[str]:
    """A line for each thing that must be so."""
    for one in soaked.outcomes:
        yield f"- {'yes' if one.passed else '**no**'}: {one.what} ({one.found})"
        yield from (f"  - {fault}" for fault in one.shown)


def _thirds(values: Sequence[float]) -> tuple[float, float]:
    third = max(1, len(values) // 3)
    return float(np.median(values[:third])), float(np.median(values[-third:]))


def _from_to(values: Sequence[int]) -> str:
    first, last = _thirds(values)
    return f"{first:.0f}" if first == last else f"{first:.0f} to {last:.0f}"
