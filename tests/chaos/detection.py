"""Whether the predictors said and kept what they would have, had nothing happened. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert
from resonance_contracts.topics import ALERTS_ESCALATED, ALERTS_RAISED
from tests.chaos.kept import Kept, differences
from tests.chaos.outcome import Outcome
from tests.chaos.said import SAID, Said, different_field, in_words


@dataclass(frozen=True, slots=True)
class Detection:
    """What a run left behind of detection.

    Attributes:
        said: What lies on the topics.
        undisturbed: What follows from the vectors as they lie there.
        later: How much of the latter, by topic, follows from frames that came after the first fault of a predictor.
        models: By partition, the models that its predictions name, one after the other; "" for none.
        promoted: The model that was promoted.
        kept: State in the store at the end, by partition.
        undisturbed_kept: State of the undisturbed run at the end.
    """

    said: Said
    undisturbed: Said
    later: Counter[str]
    models: Mapping[int, Sequence[str]]
    promoted: str
    kept: Mapping[int, Kept]
    undisturbed_kept: Mapping[int, Kept]


def check_detection(detection: Detection) -> list[Outcome]:
    """All checks of what the predictors did."""
    return [
        model_is_taken_over_once(detection),
        said_as_undisturbed(detection),
        said_again_the_same(detection),
        kept_as_undisturbed(detection),
        incidents_before_and_after(detection),
    ]


def model_is_taken_over_once(detection: Detection) -> Outcome:
    """Every partition goes by no model first, and by the promoted one from some record to the end."""
    want = ["", detection.promoted]
    faults = [
        f"partition {partition} went by {' then '.join(version[:12] or 'no model' for version in versions)}"
        for partition, versions in sorted(detection.models.items())
        if list(versions) != want
    ]
    faults += [] if detection.models else ["there are no predictions"]
    return Outcome("the promoted model is taken over once and kept", f"{len(detection.models)} partitions", faults)


def said_as_undisturbed(detection: Detection) -> Outcome:
    """The same records as where nothing is disturbed: no other, none missing, none different."""
    got, want = detection.said.first, detection.undisturbed.first
    faults = [f"{place} is missing" for place in want.keys() - got.keys()]
    faults += [f"{place} should not be" for place in got.keys() - want.keys()]
    faults += [
        f"{place}: {different_field(place.topic, got[place], want[place])}"
        for place in got.keys() & want.keys()
        if got[place] != want[place]
    ]
    found = in_words(detection.undisturbed.counts())
    found += f" of the undisturbed run, every field of each equal; {in_words(detection.later)} of them after a fault"
    what = "predictions, anomalies and alerts are those of an undisturbed run"
    return Outcome(what, found if not faults else in_words(detection.said.counts()), sorted(faults))


def said_again_the_same(detection: Detection) -> Outcome:
    """What was said again is the same each time."""
    faults = [f"{place} came again with another content" for place in detection.said.different]
    found = f"{in_words(detection.said.repeats)} came again, each with the same content"
    return Outcome("what a predictor says again is the same", found if not faults else "", faults)


def kept_as_undisturbed(detection: Detection) -> Outcome:
    """The state in the store is the undisturbed run's, to the last bit."""
    got, want = detection.kept, detection.undisturbed_kept
    faults = [f"of partition {partition} nothing is kept" for partition in sorted(want.keys() - got.keys())]
    faults += [f"something is kept of partition {partition}" for partition in sorted(got.keys() - want.keys())]
    for partition in sorted(got.keys() & want.keys()):
        faults += [f"partition {partition}: {said}" for said in differences(got[partition], want[partition])]
    users, incidents = sum(kept.users for kept in want.values()), sum(kept.incidents for kept in want.values())
    found = f"{users:,} users and {incidents:,} open incidents in {len(want)} partitions"
    return Outcome("the state kept of users is that of an undisturbed run, to the last bit", found, faults)


def incidents_before_and_after(detection: Detection) -> Outcome:
    """There was something to lose: of all but rises there was some, before the first fault of a predictor and after."""
    total, later = detection.undisturbed.counts(), detection.later
    wanted = [topic.name for topic in SAID if topic is not ALERTS_ESCALATED]
    faults = [f"no {name} before the first fault" for name in wanted if total[name] <= later[name]]
    faults += [f"no {name} after the first fault" for name in wanted if not later[name]]
    kinds = Counter(
        Alert.FromString(value).kind
        for place, value in detection.undisturbed.first.items()
        if place.topic == ALERTS_RAISED.name
    )
    found = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
    return Outcome("incidents open and end before a predictor's first fault and after", found or "none", faults)
