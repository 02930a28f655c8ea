"""What operators ask for is bounded, and a repeat of a record changes nothing."""

from __future__ import annotations

import random

import pytest

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, features_pb2, model_pb2
from resonance_gateway.news.newest import Newest
from resonance_gateway.news.recent import Recent


def vectors(*ids: str) -> features_pb2.VectorBatch:
    batch = features_pb2.VectorBatch(stream="live", width=WIDTH)
    for i, vector_id in enumerate(ids):
        batch.vector_id.append(vector_id)
        batch.user_key.append(f"u_{vector_id}")
        batch.start_us.append(i)
        batch.end_us.append(i + 1)
        batch.values.extend(float(i * WIDTH + j) for j in range(WIDTH))
    return batch


def test_the_oldest_goes_first_and_an_id_is_there_once():
    newest = Newest[int](capacity=2)

    assert [newest.put(key, i) for i, key in enumerate("abac")] == [True, True, False, True]
    assert list(newest.newest_first()) == [3, 1]


def test_vectors_are_taken_apart_row_by_row():
    recent = Recent()
    recent.take_vectors(vectors("v1", "v2"))

    second, first = recent.vectors.newest_first()
    assert (first.vector_id, first.values) == ("v1", tuple(float(j) for j in range(WIDTH)))
    assert (second.user_key, second.end_us, second.values[0]) == ("u_v2", 2, float(WIDTH))


def test_a_batch_larger_than_the_buffer_keeps_its_last():
    recent = Recent()
    recent.take_vectors(vectors(*(f"v{i}" for i in range(1500))))

    assert len(recent.vectors) == 1000
    assert next(iter(recent.vectors.newest_first())).vector_id == "v1499"


def test_a_score_finds_its_vector_whichever_comes_first():
    recent = Recent()
    recent.take_scores(
        detection_pb2.PredictionBatch(
            stream="live",
            vector_id=["v1"],
            user_key=["u"],
            end_us=[1],
            score=[0.7],
            tail_probability=[0.01],
            severity=[detection_pb2.SEVERITY_HIGH],
        )
    )
    recent.take_vectors(vectors("v1", "v2"))

    assert recent.score("v1").score == 0.7
    assert recent.score("v2") is None


def alert(state=detection_pb2.ALERT_STATE_OPEN, revision=1):
    return detection_pb2.Alert(alert_id="i1", state=state, revision=revision)


def test_an_opening_that_comes_after_the_end_is_news_once_and_changes_nothing():
    recent = Recent()
    resolved = alert(detection_pb2.ALERT_STATE_RESOLVED, 2)

    news = [recent.take_alert(a) for a in (resolved, alert(), alert(), resolved)]

    assert news == [True, True, False, False]
    assert recent.alerts.get("i1") == resolved
    assert recent.answerable.get("i1") == resolved


def test_an_incident_goes_from_open_to_resolved_and_not_back():
    recent = Recent()
    resolved = alert(detection_pb2.ALERT_STATE_RESOLVED, 2)

    news = [recent.take_alert(a) for a in (alert(), alert(), resolved, alert(revision=3), resolved)]

    assert news == [True, False, True, False, False]
    assert recent.alerts.get("i1") == resolved


def test_later_words_replace_earlier_ones_and_not_the_other_way():
    recent = Recent()

    news = [recent.take_enriched(alert_pb2.EnrichedAlert(alert_id="i1", revision=r)) for r in (2, 1, 2, 3)]

    assert news == [True, False, False, True]


def words(revision, state=detection_pb2.ALERT_STATE_OPEN, of=1):
    return alert_pb2.EnrichedAlert(alert_id="i1", revision=revision, alert=alert(state, of))


@pytest.mark.parametrize("end", [4, 3], ids=["as it is", "as it was before there were judgements"])
def test_words_that_were_judged_come_between_those_of_the_explanation_and_those_of_the_end(end):
    over = words(end, detection_pb2.ALERT_STATE_RESOLVED, of=2)
    early, late = Recent(), Recent()

    assert [early.take_enriched(one) for one in (words(2), words(3), words(2), over)] == [True, True, False, True]
    assert [late.take_enriched(one) for one in (words(2), over, words(3))] == [True, True, False]
    assert early.enriched.get("i1") == late.enriched.get("i1") == over


def graver(rises, state=detection_pb2.ALERT_STATE_OPEN):
    """The incident after some rises; when it is over, one telling more."""
    is_over = state == detection_pb2.ALERT_STATE_RESOLVED
    found = alert(state, 1 + rises + is_over)
    found.rises.extend([detection_pb2.Rise()] * rises)
    return found


def told(stage, revision, of):
    return alert_pb2.EnrichedAlert(alert_id="i1", revision=revision, stage=stage, alert=of)


IN_ORDER = [
    told(alert_pb2.ENRICHMENT_STAGE_FACTS, 1, graver(0)),
    told(alert_pb2.ENRICHMENT_STAGE_EXPLAINED, 2, graver(0)),
    told(alert_pb2.ENRICHMENT_STAGE_JUDGED, 3, graver(0)),
    told(alert_pb2.ENRICHMENT_STAGE_ESCALATED, 3, graver(1)),
    told(alert_pb2.ENRICHMENT_STAGE_EXPLAINED, 3, graver(1)),
    told(alert_pb2.ENRICHMENT_STAGE_JUDGED, 3, graver(1)),
    told(alert_pb2.ENRICHMENT_STAGE_ESCALATED, 3, graver(2)),
    told(alert_pb2.ENRICHMENT_STAGE_EXPLAINED, 3, graver(2)),
    told(alert_pb2.ENRICHMENT_STAGE_RESOLVED, 4, graver(2, detection_pb2.ALERT_STATE_RESOLVED)),
]
"""Everything that can be said of an incident that became graver twice."""


@pytest.mark.parametrize("seed", range(20))
def test_of_an_incident_that_becomes_graver_the_last_words_stay_in_whatever_order_they_come(seed):
    recent, came = Recent(), random.Random(seed).sample(IN_ORDER, len(IN_ORDER))
    highest = -1
    for words_ in came:
        place = IN_ORDER.index(words_)
        assert recent.take_enriched(words_) is (place > highest)
        highest = max(highest, place)
    assert recent.enriched.get("i1") == IN_ORDER[-1]


def test_a_rise_is_news_until_a_later_telling_came_and_hides_no_opening():
    recent = Recent()
    resolved = graver(2, detection_pb2.ALERT_STATE_RESOLVED)

    news = [recent.take_alert(a) for a in (graver(1), graver(0), graver(1), graver(2), graver(1), resolved, graver(2))]

    assert news == [True, True, False, True, False, True, False]
    assert recent.alerts.get("i1") == resolved


def test_the_end_that_an_older_predictor_tells_ends_what_rose_before():
    recent = Recent()
    over = alert(detection_pb2.ALERT_STATE_RESOLVED, 2)

    assert [recent.take_alert(a) for a in (graver(0), graver(1), graver(2), over)] == [True] * 4


def test_an_explanation_is_news_once():
    recent = Recent()

    assert [recent.take_explanation(explanation_pb2.Explanation(vector_id="v")) for _ in "ab"] == [True, False]


def test_the_newest_promotion_of_an_alias_counts():
    recent = Recent()
    for revision in (1, 3, 2):
        recent.take_promotion(
            model_pb2.ModelPromoted(model_name="m", alias="champion", revision=revision, model_version=f"x{revision}")
        )

    assert [m.model_version for m in recent.models.values()] == ["x3"]


@pytest.mark.parametrize("order", [(5, 9), (9, 5)])
def test_the_latest_anomaly_of_a_user_is_latest_by_event_time(order):
    recent = Recent()
    for end_us in order:
        recent.take_anomaly(detection_pb2.Anomaly(vector_id=f"v{end_us}", user_key="u", end_us=end_us))
    recent.take_anomaly(detection_pb2.Anomaly(vector_id="other", user_key="w", end_us=50))

    assert recent.anomaly_of("u").vector_id == "v9"
    assert recent.anomaly_of("nobody") is None
