"""Words from facts, in English and Russian, deterministic.

`explain` tells why a vector was called anomalous; `describe_alert` tells an incident to one of five readers.
`tell_analysis`, `tell_prediction` and `tell_reported` tell an anomaly, a model's answer and another system's alert
that somebody asks about; `tell_plan` tells what is to be done, `tell_action` one action of a catalogue;
`tell_performance` and `tell_lag` tell what series of measurements say and where a player's lag comes from.
`name_behaviours` names kinds of users. `anomaly_facts` and `alert_facts` make the facts from wire messages.
"""

from resonance_narration.acting import ActionWords, tell_action
from resonance_narration.advising import tell_advice
from resonance_narration.alerts import describe_alert
from resonance_narration.asked import (
    ChangeFact,
    OutputFacts,
    SuggestionFacts,
    name_column,
    say_number,
    say_value,
    tell_output,
    tell_suggestions,
    tell_trust,
)
from resonance_narration.behaviours import name_behaviours
from resonance_narration.contributed import (
    AnalysisFacts,
    PredictionFacts,
    shares_of,
    tell_aftercare,
    tell_analysis,
    tell_causes,
    tell_note,
    tell_prediction,
    tell_steps,
)
from resonance_narration.differing import tell_differences
from resonance_narration.errors import NarrationError, UnknownLanguage, UnknownRole
from resonance_narration.explain import explain
from resonance_narration.facts import (
    AlertFacts,
    AlertWords,
    AnomalyFacts,
    BehaviourFacts,
    Detector,
    FeatureFact,
    FindingFact,
    Language,
    Reference,
    RiseFact,
    Role,
    Severity,
    StepFact,
    SumFact,
    Text,
    Trait,
    Unit,
    WindowFact,
)
from resonance_narration.lag import LagFacts, LagWords, tell_lag
from resonance_narration.lag_phrases import LagDoubt, LagGroup, LagMeasure, LagParty
from resonance_narration.naming import KINDS, name_kind
from resonance_narration.performance import (
    ChangedFact,
    DepartedFact,
    LevelFact,
    PerformanceFacts,
    PerformanceWords,
    RelatedFact,
    TrendFact,
    tell_performance,
)
from resonance_narration.performance_phrases import SeriesNote
from resonance_narration.planned import tell_plan
from resonance_narration.reported import ReportedFacts, ReportedWords, tell_message, tell_reported
from resonance_narration.reported_phrases import Subject
from resonance_narration.week import DayPart, WeekPart
from resonance_narration.wire import alert_facts, anomaly_facts, finding_fact

__all__ = [
    "KINDS",
    "ActionWords",
    "AlertFacts",
    "AlertWords",
    "AnalysisFacts",
    "AnomalyFacts",
    "BehaviourFacts",
    "ChangeFact",
    "ChangedFact",
    "DayPart",
    "DepartedFact",
    "Detector",
    "FeatureFact",
    "FindingFact",
    "LagDoubt",
    "LagFacts",
    "LagGroup",
    "LagMeasure",
    "LagParty",
    "LagWords",
    "Language",
    "LevelFact",
    "NarrationError",
    "OutputFacts",
    "PerformanceFacts",
    "PerformanceWords",
    "PredictionFacts",
    "Reference",
    "RelatedFact",
    "ReportedFacts",
    "ReportedWords",
    "RiseFact",
    "Role",
    "SeriesNote",
    "Severity",
    "StepFact",
    "Subject",
    "SuggestionFacts",
    "SumFact",
    "Text",
    "Trait",
    "TrendFact",
    "Unit",
    "UnknownLanguage",
    "UnknownRole",
    "WeekPart",
    "WindowFact",
    "alert_facts",
    "anomaly_facts",
    "describe_alert",
    "explain",
    "finding_fact",
    "name_behaviours",
    "name_column",
    "name_kind",
    "say_number",
    "say_value",
    "shares_of",
    "tell_action",
    "tell_advice",
    "tell_aftercare",
    "tell_analysis",
    "tell_causes",
    "tell_differences",
    "tell_lag",
    "tell_message",
    "tell_note",
    "tell_output",
    "tell_performance",
    "tell_plan",
    "tell_prediction",
    "tell_reported",
    "tell_steps",
    "tell_suggestions",
    "tell_trust",
]
