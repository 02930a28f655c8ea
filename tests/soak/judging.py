"""Whether anything was lost or doubled on the way from the sockets of a crowd to enriched alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resonance_contracts.pb.resonance.v1.alert_pb2 import ENRICHMENT_STAGE_ESCALATED
from resonance_contracts.tellings import order_of_words
from resonance_contracts.topics import (
    ACTIVITY_OBSERVED,
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    PREDICTIONS_SCORED,
    TOPICS,
)
from tests.chaos.emission import lives
from tests.chaos.ledger import Activity, Vectors, dead_letters
from tests.chaos.outcome import Outcome
from tests.crowd.process import Account
from tests.support.topic_scan import Seen, different_repeats, scan

READ = (
    ACTIVITY_OBSERVED, FEATURES_COMPUTED, PREDICTIONS_SCORED, ANOMALIES_DETECTED, ALERTS_RAISED, ALERTS_ESCALATED,
    ALERTS_RESOLVED, EXPLANATIONS_PRODUCED, ALERTS_ENRICHED,
)  # fmt: skip
_FAREWELL = "closed 1000"


@dataclass(frozen=True, slots=True)
class Left:
    """What lies on the topics.

    Attributes:
        records: By topic.
        letters: Why records could not be handled.
    """

    records: Mapping[str, Sequence[Seen]]
    letters: Sequence[str]


async def read(bootstrap: str) -> Left:
    """Everything that is there now."""
    return Left(await scan(bootstrap, READ), await dead_letters([t.dead_letters for t in TOPICS], bootstrap))


def judge(accounts: Sequence[Account], left: Left) -> list[Outcome]:
    """All that must be so. Pure."""
    activity = Activity.of(left.records[ACTIVITY_OBSERVED.name])
    vectors = Vectors.of(record.value for record in left.records[FEATURES_COMPUTED.name])
    return [
        _stored(accounts, activity),
        _nothing_else(accounts, activity),
        _counted_once(activity, vectors),
        _scored_once(vectors, left),
        _explained_once(left),
        _told(left),
        _alike(activity, vectors, left),
        Outcome("nothing is on the topics of dead letters", "0 records", left.letters),
    ]


def _stored(accounts: Sequence[Account], activity: Activity) -> Outcome:
    faults, acked = [], 0
    for account in accounts:
        acked += account.acked
        stored = activity.first.get(account.source, {}) if account.source else {}
        least = account.sent if account.ended == _FAREWELL else account.acked
        if account.ended not in (_FAREWELL, "left without a farewell"):
            faults.append(f"A connection of {account.user} ended so: {account.ended}.")
        if sorted(stored) != list(range(1, len(stored) + 1)) or not least <= len(stored) <= account.sent:
            faults.append(
                f"{account.user} wrote {account.sent} frames to {account.source}, {least} of them for sure; "
                f"{len(stored)} are stored"
            )
    return Outcome(
        "every frame that was acknowledged is on the topic, once",
        f"{acked:,} frames acknowledged on {len(accounts):,} connections",
        faults,
    )


def _nothing_else(accounts: Sequence[Account], activity: Activity) -> Outcome:
    known = {a.source + suffix for a in accounts for suffix in ("", "#session", "#channels")}
    return Outcome(
        "nothing is on the topic that nobody sent",
        f"{activity.unique:,} events",
        [f"{source} sent nothing" for source in activity.first if source not in known and not _replayed(source)],
    )


def _replayed(source: str) -> bool:
    """Whether it is of the demonstration, which was there before the crowd."""
    return source.startswith("replay:")


def _counted_once(activity: Activity, vectors: Vectors) -> Outcome:
    faults, users = [], 0
    for batches in activity.batches.values():
        for key, life in lives(batches).items():
            users += 1
            ordinals = [vector.ordinal for vector in vectors.by_user.get(key, [])]
            if ordinals != list(range(1, len(life.due) + 1)):
                faults.append(f"{key} is due {len(life.due)} vectors, and has {len(ordinals)}")
    return Outcome(
        "the vectors of every user are those that the events make due, 1, 2, 3 … without a gap",
        f"{len(vectors.first):,} vectors of {users:,} users",
        faults,
    )


def _scored_once(vectors: Vectors, left: Left) -> Outcome:
    scored = Counter(
        id_ for record in left.records[PREDICTIONS_SCORED.name] for id_ in record.message.vector_id
    )  # fmt: skip
    faults = [f"{id_} was not scored" for id_ in vectors.first if id_ not in scored]
    faults += [f"{id_} was scored {n} times" for id_, n in scored.items() if n > 1]
    faults += [f"{id_} was scored, and is no vector" for id_ in scored if id_ not in vectors.first]
    return Outcome("every vector was scored once", f"{len(scored):,} scores", faults)


def _explained_once(left: Left) -> Outcome:
    anomalies = Counter(record.id for record in left.records[ANOMALIES_DETECTED.name])
    explained = Counter(record.id for record in left.records[EXPLANATIONS_PRODUCED.name])
    faults = [f"{id_} was found {n} times" for id_, n in anomalies.items() if n > 1]
    faults += [f"{id_} was explained {explained[id_]} times" for id_ in anomalies if explained[id_] != 1]
    faults += [f"{id_} was explained, and is no anomaly" for id_ in explained if id_ not in anomalies]
    return Outcome("every anomaly was found once and explained once", f"{len(anomalies):,} anomalies", faults)


def _told(left: Left) -> Outcome:
    raised = Counter(record.message.alert_id for record in left.records[ALERTS_RAISED.name])
    resolved = Counter(record.message.alert_id for record in left.records[ALERTS_RESOLVED.name])
    rises = Counter(
        (record.message.alert_id, record.message.revision) for record in left.records[ALERTS_ESCALATED.name]
    )
    enriched: dict[str, list[tuple[int, int, int]]] = {}
    worded = Counter[tuple[str, int]]()
    for record in left.records[ALERTS_ENRICHED.name]:
        alert = record.message
        enriched.setdefault(alert.alert_id, []).append(order_of_words(alert))
        if alert.stage == ENRICHMENT_STAGE_ESCALATED:
            worded[alert.alert_id, alert.alert.revision] += 1
    faults = [f"{id_} was raised {n} times" for id_, n in raised.items() if n > 1]
    faults += [f"{id_} was resolved {n} times" for id_, n in resolved.items() if n > 1]
    faults += [f"{id_} was resolved, and never raised" for id_ in resolved if id_ not in raised]
    faults += [f"{id_} rose {n} times to revision {of}" for (id_, of), n in rises.items() if n > 1]
    faults += [f"{id_} rose, and was never raised" for id_, _ in rises if id_ not in raised]
    faults += [f"{id_} rose to revision {of} without words" for id_, of in rises if not worded[id_, of]]
    faults += [
        f"{id_} was told to have risen to revision {of}, and did not" for id_, of in worded if not rises[id_, of]
    ]
    for id_ in raised:
        orders = enriched.get(id_, [])
        if len(orders) != len(set(orders)) or len(orders) < 2 + (id_ in resolved):
            faults.append(f"{id_} was told in the revisions {sorted(orders)}")
    faults += [f"{id_} was told, and never raised" for id_ in enriched if id_ not in raised]
    return Outcome(
        "every incident was raised once, and told as facts, explained, as graver where it rose and, where it is over, "
        "as over; each once",
        f"{len(raised):,} incidents, {len(rises):,} rises, {len(resolved):,} over, "
        f"{sum(map(len, enriched.values())):,} tellings",
        faults,
    )


def _alike(activity: Activity, vectors: Vectors, left: Left) -> Outcome:
    records = [r for topic in READ[3:] for r in left.records[topic.name]]
    return Outcome(
        "what came again came with the same content",
        f"{activity.repeats + vectors.repeats:,} events and vectors came again",
        [*activity.different, *vectors.different, *different_repeats(records)],
    )
