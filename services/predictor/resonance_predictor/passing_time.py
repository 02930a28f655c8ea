"""What the passing of event time does: incidents end, users and streams are forgotten."""

from __future__ import annotations

from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_predictor import findings, messages
from resonance_predictor.peaks import DAY_US, NOTHING
from resonance_predictor.terms import Terms
from resonance_predictor.users import NEVER, Stream, Users

LIVE: Final = "live"
SWEEP_US: Final = 3600 * 1_000_000
"""Event time between two searches for idle users."""


def advance(users: Users, name: str, watermark_us: int, terms: Terms) -> list[pb.Alert]:
    """Move a stream to a watermark; the incidents that ended by then, oldest end first.

    A stream that is not live says nothing of when it is over. It is forgotten once the live stream went on for
    `terms.idle_us` without it, and its open incidents end.
    """
    stream = users.stream(name)
    stream.watermark_us = max(stream.watermark_us, watermark_us)
    if name != LIVE:
        stream.live_us = users.stream(LIVE).watermark_us
    ended = _end_incidents(users, name, stream, stream.watermark_us, terms.quiet_us)
    if stream.watermark_us - stream.swept_us >= SWEEP_US:
        _learn_peaks(users, stream, terms)
        stream.swept_us = stream.watermark_us
        _forget_idle(users, stream, terms)
        users.forget_away(name, stream.watermark_us - terms.weeks_us)
        if name == LIVE:
            ended += _forget_streams(users, stream.watermark_us, terms)
    return ended


def _end_incidents(users: Users, name: str, stream: Stream, now_us: int, quiet_us: int) -> list[pb.Alert]:
    if now_us < stream.due_us:
        return []
    ended: list[pb.Alert] = []
    stream.due_us = NEVER
    for slot in sorted(stream.cases):
        case = users.cases[slot]
        limit = case.limit
        over = case.expire(now_us, now_us, quiet_us)
        if any(incident.kind == findings.UNUSUAL_CLIMB for incident, _ in over):
            users.climb[slot] = 0.0
        ended += (
            messages.resolved(incident, users.keys[slot], name, when)
            for incident, when in over
            if not incident.held_back
        )
        stream.due_us = min((stream.due_us, *case.due_us(quiet_us)))
        if over or case.limit is not limit:
            users.keep(stream, slot, case)
            users.changed.add(slot)
    return sorted(ended, key=lambda alert: (alert.resolved_us, alert.alert_id))


def _learn_peaks(users: Users, stream: Stream, terms: Terms) -> None:
    """Let thresholds follow the peaks of the time since idle users were last looked for.

    Without a model there is no evidence of a rise or of surprise, and the time says nothing of how often there is.
    """
    if stream.swept_us and terms.scorer is not None:
        here = sum(stream.watermark_us - users.ends_us[slot] <= DAY_US for slot in stream.slots.values())
        stream.learned = stream.learned.after(stream.watermark_us - stream.swept_us, here, stream.lately)
    stream.lately = NOTHING


def _forget_idle(users: Users, stream: Stream, terms: Terms) -> None:
    for slot in list(stream.slots.values()):
        if (idle_us := stream.watermark_us - users.ends_us[slot]) > terms.idle_us:
            users.remove(stream, slot, stays_away=idle_us <= terms.weeks_us)


def _forget_streams(users: Users, live_us: int, terms: Terms) -> list[pb.Alert]:
    ended: list[pb.Alert] = []
    for name, stream in list(users.streams.items()):
        # A stream from before the first live record ages from now on.
        stream.live_us = stream.live_us or live_us
        if name != LIVE and live_us - stream.live_us > terms.idle_us:
            ended += _end_incidents(users, name, stream, NEVER, terms.quiet_us)
            for slot in list(stream.slots.values()):
                users.remove(stream, slot)
            users.forget_away(name, NEVER)
            del users.streams[name]
    return ended
