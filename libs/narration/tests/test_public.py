"""What the package offers."""

from __future__ import annotations

import resonance_narration


def test_everything_offered_is_there_and_documented() -> None:
    for name in resonance_narration.__all__:
        assert getattr(resonance_narration, name).__doc__, name


def test_nothing_else_is_offered() -> None:
    offered = {
        "AlertFacts", "AlertWords", "AnomalyFacts", "Detector", "FeatureFact", "FindingFact", "BehaviourFacts",
        "Language", "RiseFact", "StepFact", "WindowFact",
        "NarrationError", "Reference", "Role", "Severity", "SumFact", "Text", "Trait", "Unit",
        "UnknownLanguage", "UnknownRole",
        "ChangeFact", "OutputFacts", "SuggestionFacts", "tell_output", "tell_suggestions", "tell_trust", "tell_advice",
        "tell_differences",
        "KINDS", "name_column", "name_kind", "say_number", "say_value",
        "AnalysisFacts", "PredictionFacts", "ReportedFacts", "ReportedWords", "Subject", "shares_of", "tell_aftercare",
        "tell_action", "tell_analysis", "tell_causes", "tell_message", "tell_note", "tell_plan", "tell_prediction",
        "tell_reported", "tell_steps", "ActionWords",
        "ChangedFact", "DepartedFact", "LevelFact", "PerformanceFacts", "PerformanceWords", "RelatedFact", "TrendFact",
        "SeriesNote", "tell_performance",
        "LagDoubt", "LagFacts", "LagGroup", "LagMeasure", "LagParty", "LagWords", "tell_lag",
        "alert_facts", "anomaly_facts", "describe_alert", "explain", "finding_fact", "name_behaviours",
        "DayPart", "WeekPart",
    }  # fmt: skip
    assert set(resonance_narration.__all__) == offered
