"""How English tells alerts of other systems."""

from __future__ import annotations

from typing import Final

from resonance_narration.en.grammar import count, number
from resonance_narration.en.kinds import SEVERITIES
from resonance_narration.reported_phrases import ReportedPhrases, Subject


def _affected(users: int, total: int | None) -> str:
    if users == 0:
        return "No user is affected."
    verb = "is" if users == 1 else "are"
    if total is None:
        return f"{count(users, 'user', 'users')} {verb} affected."
    return f"{number(users)} of {count(total, 'user', 'users')} {verb} affected."


PHRASES: Final = ReportedPhrases(
    measured="{label} is {value}.",
    above="{label} is {value}, above the threshold of {threshold}.",
    at="{label} is {value}, at the threshold.",
    below="{label} is {value}, below the threshold of {threshold}.",
    unmeasured="The alert is about {label} and gives no value.",
    nothing_measured="The alert gives no measurement.",
    raw="{name}: {value}",
    raw_threshold=", threshold {threshold}",
    where="Where: {parts}.",
    service="service {name}",
    environment="environment {name}",
    affected=_affected,
    lasts="It has lasted {duration}.",
    severity="An alert of {severity} severity: {title}.",
    said="Reported as: {message}",
    titles={
        Subject.ERRORS: "Errors",
        Subject.LATENCY: "Slow responses",
        Subject.TRAFFIC: "Unusual traffic",
        Subject.CAPACITY: "A resource runs short",
        Subject.ACCESS: "Unusual sign-ins or access",
        Subject.SILENCE: "Less arrives than expected",
        Subject.GENERAL: "A value that needs attention",
    },
    causes={
        Subject.ERRORS: (
            "A release or a changed configuration shortly before the rise.",
            "A dependency that fails or answers too late.",
            "Clients that send what the service does not accept.",
        ),
        Subject.LATENCY: (
            "A dependency or a database that answers slowly.",
            "Too little capacity for the present load.",
            "A slow network path or a long pause of a process.",
        ),
        Subject.TRAFFIC: (
            "A client that resends in a loop or retries without a pause.",
            "A campaign or an event that brings many users at once.",
            "An attempt to exhaust the service.",
        ),
        Subject.CAPACITY: (
            "Load that grew beyond what was planned.",
            "A leak or a backlog that is not worked off.",
            "A neighbour on the same machine that takes more than its share.",
        ),
        Subject.ACCESS: (
            "A changed permission, an expired key or a client with old credentials.",
            "Automated attempts to guess credentials.",
            "A token or an account that several places share.",
        ),
        Subject.SILENCE: (
            "A process or a connection that stopped without an error.",
            "A network fault between the source and the service.",
            "A measurement that is no longer collected.",
        ),
        Subject.GENERAL: (
            "A change shortly before it: a release, a configuration, a schedule.",
            "A fault in something the service depends on.",
        ),
    },
    grades=SEVERITIES,
)
