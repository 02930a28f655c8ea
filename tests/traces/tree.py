"""One trace as people look at it: what followed from what, when it began, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.support.collector import Seen


def orphans(spans: Sequence[Seen]) -> list[Seen]:
    """Spans of a trace whose parent did not come."""
    known = {span.span_id for span in spans}
    return [span for span in spans if span.parent_id and span.parent_id not in known]


def roots(spans: Sequence[Seen]) -> list[Seen]:
    """Spans that begin a trace."""
    return [span for span in spans if not span.parent_id]


def lines(spans: Sequence[Seen]) -> Iterator[str]:
    """The tree of one trace, a span a line: milliseconds from its beginning, and how long it took."""
    children: dict[str, list[Seen]] = {}
    for span in sorted(spans, key=lambda one: (one.start_ns, one.end_ns)):
        children.setdefault(span.parent_id, []).append(span)
    first_ns = min(span.start_ns for span in spans)

    def below(parent: str, depth: int) -> Iterator[str]:
        for span in children.get(parent, []):
            at, took = (span.start_ns - first_ns) / 1e6, (span.end_ns - span.start_ns) / 1e6
            yield f"{at:8.1f} ms {took:8.1f} ms  {'  ' * depth}{span.service}: {span.name}{_by(span)}"
            yield from below(span.span_id, depth + 1)

    yield f"{'from':>8}    {'for':>8}"
    yield from below("", 0)


def _by(span: Seen) -> str:
    """The consumer group, where a service has several."""
    group = span.attributes.get("messaging.consumer.group.name", span.service)
    return "" if group == span.service else f" ({group.removeprefix(span.service).lstrip('.-')})"


def path_to(spans: Sequence[Seen], last: Seen) -> list[Seen]:
    """The spans from the root to one."""
    by_id = {span.span_id: span for span in spans}
    path = [last]
    while path[-1].parent_id:
        path.append(by_id[path[-1].parent_id])
    return path[::-1]
