"""What an alert of another system is about, by the name of what was measured."""

from __future__ import annotations

import re
from typing import Final

from resonance_contracts.features import BY_NAME, Group
from resonance_narration import Subject

_OF_GROUPS: Final[dict[Group, Subject]] = {
    Group.VOLUME: Subject.TRAFFIC,
    Group.ERRORS: Subject.ERRORS,
    Group.LIMITS: Subject.TRAFFIC,
    Group.SESSION: Subject.ACCESS,
    Group.CHANNELS: Subject.TRAFFIC,
    Group.TIMING: Subject.TRAFFIC,
    Group.ADDRESSES: Subject.ACCESS,
    Group.TOKENS: Subject.ACCESS,
}
# The first that a name has a word of decides: "login_failures" is about access, "request_errors" about errors.
_WRITTEN: Final[dict[Subject, str]] = {
    Subject.ACCESS: "auth authentication login logins signin token tokens jwt denied forbidden 401 403",
    Subject.ERRORS: "error errors failure failures failed fail exceptions exception crash 5xx 4xx 500 503 retries",
    Subject.LATENCY: "latency duration rtt ping jitter delay lag slow p50 p90 p95 p99 ms milliseconds seconds response "
    "timeout timeouts",
    Subject.CAPACITY: "cpu memory mem ram heap disk queue backlog pool saturation utilization usage load fd gc",
    Subject.SILENCE: "up uptime availability available health heartbeat liveness silence",
    Subject.TRAFFIC: "traffic messages message requests request rps qps connections connection bytes throughput rate "
    "bandwidth",
}
_WORDS: Final = {subject: frozenset(words.split()) for subject, words in _WRITTEN.items()}


def subject_of(metric: str, *, above: bool) -> Subject:
    """The subject; less traffic than expected is silence.

    Args:
        metric: Name of what was measured, or of the kind of anomaly.
        above: Whether it is too much that is bad, not too little.
    """
    subject = _named(metric)
    return Subject.SILENCE if subject is Subject.TRAFFIC and not above else subject


def _named(metric: str) -> Subject:
    feature = BY_NAME.get(metric)
    if feature is not None:
        return _OF_GROUPS[Group(feature.group)]
    words = {word for word in re.split(r"[\W_]+", metric.lower()) if word}
    return next((subject for subject, known in _WORDS.items() if words & known), Subject.GENERAL)
