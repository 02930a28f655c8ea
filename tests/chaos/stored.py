"""Whether the log holds what was sent: all of it, and nothing else. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.chaos.evidence import Evidence
from tests.chaos.expected import sockets_of
from tests.chaos.outcome import Outcome
from tests.chaos.plan import User


def acknowledged_is_stored(evidence: Evidence) -> Outcome:
    """Every acknowledged frame is on the log, and every frame of the plan was acknowledged."""
    faults, acknowledged, resent = [], 0, 0
    for user in evidence.users():
        visits = user.visits()
        accounts = evidence.accounts.get(user.number, [])
        said = sum(account["acknowledged"] for account in accounts)
        acknowledged += said
        planned = sum(len(visit.acts) for visit in visits)
        if said != planned:
            faults.append(f"{user.name} had {said} of {planned} frames acknowledged")
        refused = [code for account in accounts for code in account["refused"]]
        if refused:
            faults.append(f"{user.name} had {len(refused)} frames refused: {refused[0]}")
        for source, least in _acknowledged_by_source(evidence, user):
            stored = evidence.activity.first.get(source, {})
            missing = [n for n in range(1, least + 1) if n not in stored]
            if missing:
                faults.append(
                    f"{user.name}: {len(missing)} acknowledged frames of {source} are not stored, first {missing[0]}"
                )
        resent += sum(socket["written"] for socket in sockets_of(evidence.accounts, user)) - planned
    found = f"{acknowledged:,} frames acknowledged, all of them stored; {resent:,} were sent again after a cut"
    return Outcome(
        "every acknowledged event is stored", found if not faults else f"{acknowledged:,} acknowledged", faults
    )


def _acknowledged_by_source(evidence: Evidence, user: User) -> list[tuple[str, int]]:
    """How far each source of a user was acknowledged."""
    if user.live:
        return [(s["connection"], s["acknowledged"]) for s in sockets_of(evidence.accounts, user)]
    visits = {visit.source: evidence.expectation.source(user, visit) for visit in user.visits()}
    return [(visits[a["source"]], a["acknowledged"]) for a in evidence.accounts.get(user.number, [])]


@dataclass(slots=True)
class Audit:
    """Goes through the log, user by user.

    Attributes:
        evidence: What lies there, and what was sent.
        sources: Sources that somebody sent from.
        events: Events that were found as they were sent.
    """

    evidence: Evidence
    sources: set[str] = field(default_factory=set)
    events: int = 0

    def live(self, user: User) -> Iterator[str]:
        """Faults of a live user: each socket holds the first of the frames that were written to it."""
        for socket in sockets_of(self.evidence.accounts, user):
            source = socket["connection"]
            self.sources |= {source, f"{source}#session", f"{source}#channels"}
            stored = self.evidence.activity.first.get(source, {})
            if stored and (max(stored) > socket["written"] or len(stored) != max(stored)):
                yield f"{user.name} wrote {socket['written']} frames to {source}; {len(stored)} are stored"

    def replay(self, user: User) -> Iterator[str]:
        """Faults of a replaying user: each event of the plan is there, as it was sent."""
        known = self.evidence.activity.first
        sent: Counter[str] = Counter()
        for event in self.evidence.expectation.events(user):
            sent[event.source] += 1
            stored = known.get(event.source, {}).get(event.sequence)
            if stored is None:
                yield f"{user.name}: event {event.sequence} of {event.source} is not stored"
            elif not event.same_as(stored):
                yield f"{user.name}: {event} was sent, {stored} is stored"
        self.events += sent.total()
        self.sources |= sent.keys()
        for source, count in sent.items():
            if len(known.get(source, {})) > count:
                yield f"{source} holds {len(known[source])} events; {count} were sent"

    def others(self) -> Iterator[str]:
        """Sources that nobody sent from."""
        closing = {key for _, key in self.evidence.closing()}
        for source, events in self.evidence.activity.first.items():
            # A socket that was lost before the writer heard that it was let in has session events alone.
            if source in self.sources or source.endswith("#session"):
                continue
            if next(iter(events.values())).user not in closing:
                yield f"{source} is a source that nobody sent from"


def nothing_else_is_stored(evidence: Evidence) -> Outcome:
    """The log holds the events of the plan as they were sent, and no others."""
    audit, faults = Audit(evidence), list[str]()
    for user in evidence.users():
        faults += audit.live(user) if user.live else audit.replay(user)
    faults += audit.others()
    found = f"{audit.events:,} events of replays are stored as planned, with the content that was sent"
    return Outcome("the log holds what was sent and nothing else", found, faults)


def repeats_are_the_same(evidence: Evidence) -> Outcome:
    """Whatever lies on a topic more than once is the same each time."""
    activity, vectors = evidence.activity, evidence.vectors
    faults = [f"event {name} came again with another content" for name in activity.different]
    faults += [f"record {name} came again with another content" for name in evidence.different_records]
    faults += [f"vector {name} came again with another content" for name in vectors.different]
    found = f"{activity.repeats:,} events and {vectors.repeats:,} vectors came again, each with the same content"
    return Outcome("repeats carry the same content", found if not faults else "", faults)


def no_dead_letters(evidence: Evidence) -> Outcome:
    """Nothing was found that could not be handled."""
    return Outcome("there are no dead letters", f"{len(evidence.dead_letters)}", evidence.dead_letters)
