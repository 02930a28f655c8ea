"""Our own writer: always both languages, always the same words, nothing from a text in severity or role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_llm_orchestrator.drafts import Draft, of_explanation, of_raised, of_resolved
from resonance_llm_orchestrator.enriched import enriched_offline, outgoing
from resonance_llm_orchestrator.roles import role_for
from resonance_runtime.errors import Reject

MakeAlert = Callable[..., detection_pb2.Alert]
MakeExplanation = Callable[..., explanation_pb2.Explanation]


def is_complete(enriched: alert_pb2.EnrichedAlert) -> bool:
    """Whether it has words in both languages."""
    return [t.language for t in enriched.texts] == ["en", "ru"] and all(
        t.title and t.summary and t.recommendations for t in enriched.texts
    )


def test_every_stage_has_words_in_both_languages_and_says_who_wrote_them(
    alert: MakeAlert, resolved: MakeAlert, explanation: MakeExplanation
) -> None:
    for draft in (of_raised(alert()), *of_explanation(explanation(alert())), of_resolved(resolved())):
        enriched = enriched_offline(draft)
        assert is_complete(enriched)
        assert (enriched.alert_id, enriched.revision, enriched.stage) == ("alert-1", draft.revision, draft.stage)
        assert enriched.alert == draft.alert
        assert (enriched.authorship.provider, enriched.authorship.degraded) == ("offline", [])
        assert enriched.recipient_role == "devops"


def test_the_same_record_gives_the_same_bytes(alert: MakeAlert, explanation: MakeExplanation) -> None:
    def written() -> bytes:
        (draft,) = of_explanation(explanation(alert()))
        return enriched_offline(draft).SerializeToString(deterministic=True)

    assert written() == written()


def test_attributions_come_with_the_explanation_alone(alert: MakeAlert, explanation: MakeExplanation) -> None:
    assert not enriched_offline(of_raised(alert())).attributions
    (draft,) = of_explanation(explanation(alert()))
    assert enriched_offline(draft).attributions == explanation(alert()).attributions


def test_the_record_goes_to_the_user_at_event_time(resolved: MakeAlert) -> None:
    draft = of_resolved(resolved())
    record = outgoing(draft, enriched_offline(draft))
    assert (record.id, record.user_key, record.time_us) == ("alert-1/4", resolved().user_key, resolved().resolved_us)
    assert record.topic.name == "resonance.alerts.enriched.v1"


@pytest.mark.parametrize("kind", ["token_sharing", "address_rotation", "unusual_addresses", "unusual_tokens"])
def test_addresses_and_tokens_are_for_security(kind: str) -> None:
    assert role_for(kind) == "security"


@pytest.mark.parametrize("kind", ["message_flood", "unusual_behaviour", "somebody's own rule", "security"])
def test_the_rest_is_for_devops(kind: str) -> None:
    assert role_for(kind) == "devops"


def test_a_custom_rules_name_is_cleaned_before_it_is_shown(alert: MakeAlert) -> None:
    enriched = enriched_offline(of_raised(alert(kind="evil\x1b[31m\u202e\nname" + "x" * 100)))
    shown = "".join(t.title + t.summary for t in enriched.texts)
    assert "evil[31m name" in shown
    assert not {"\x1b", "\u202e", "\n"} & set(shown)
    assert "x" * 65 not in shown


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
TIMES = st.integers(-(2**63), 2**63 - 1)


@given(
    st.sampled_from(sorted(detection_pb2.Detector.values()[1:])),
    st.text(max_size=300),
    st.lists(st.one_of(st.sampled_from(FEATURE_NAMES), st.text(max_size=5)), max_size=4),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.tuples(TIMES, TIMES),
)
def test_whatever_a_record_holds_it_is_written_or_rejected(
    detector: detection_pb2.Detector,
    kind: str,
    features: list[str],
    numbers: tuple[float, float, float],
    times: tuple[int, int],
) -> None:
    observed, threshold, value = numbers
    finding = detection_pb2.Finding(features=features, observed=observed, threshold=threshold)
    alert = detection_pb2.Alert(
        alert_id="a", user_key="u", kind=kind, severity=detection_pb2.SEVERITY_LOW, detector=detector,
        state=detection_pb2.ALERT_STATE_OPEN, opened_us=times[0], last_seen_us=times[1], finding=finding,
    )  # fmt: skip
    explanation = explanation_pb2.Explanation(
        reference="user", anomaly=detection_pb2.Anomaly(opened=[alert], score=value),
        attributions=[
            explanation_pb2.FeatureAttribution(feature=f, value=value, reference=observed, attribution=threshold)
            for f in features
        ],
    )  # fmt: skip
    try:
        drafts: list[Draft] = [of_raised(alert), *of_explanation(explanation)]
    except Reject:
        return
    assert all(is_complete(enriched_offline(draft)) for draft in drafts)
