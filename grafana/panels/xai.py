"""XAI Performance: how fast and how well anomalies and predictions are explained."""

from __future__ import annotations

from panels.panel import Board, Panel, quantile, rate, within

MADE = "xai_explanation_duration_seconds"
DELAY = "xai_explanation_delay_seconds"
HIT = 'outcome=~"hit|shared"'


def hits(counter: str) -> str:
    """Share of look-ups that found something; 0 where nobody looked."""
    return f"sum(rate({counter}{{{HIT}}}[5m])) / (sum(rate({counter}[5m])) > 0) or 0 * sum({counter})"


ROWS = {
    "Explanation generation latency": [
        Panel(
            "Explained within 2 s",
            {"of 100": within(DELAY, "2.0")},
            "Of the last quarter of an hour, from the gateway receiving the last frame. 95 % are promised.",
            unit="percentunit",
            kind="stat",
            width=4,
            level=0.95,
            least=True,
        ),
        Panel(
            "From the anomaly to its explanation",
            {"half": quantile(0.5, DELAY), "95 of 100": quantile(0.95, DELAY), "99 of 100": quantile(0.99, DELAY)},
            "From the gateway receiving the last frame until the explanation is stored. Above 2 s: another xai if "
            "its lag grows, else see Redis and the object store.",
            unit="s",
            width=10,
            level=2,
        ),
        Panel(
            "Time to make one, 99 of 100",
            {"{{method}}": quantile(0.99, MADE, "method")},
            "Arithmetic alone, by method. Enumeration of few features is exact; sampling takes longer.",
            unit="s",
            width=10,
        ),
        Panel(
            "Explanations",
            {"{{method}}": rate("xai_explanations_total", "method")},
            "By method. `rule` and `baseline-deviation` are of anomalies that no model scored.",
            unit="cps",
        ),
        Panel(
            "Anomalies that wait",
            {"{{group}}": 'sum by (group) (resonance_consumer_lag_records{group=~"xai.*"})'},
            "If it grows, more anomalies come than the replicas explain: start another one.",
        ),
        Panel(
            "Parts left out, checks failed",
            {
                "left out: {{part}}": "sum by (part) (increase(xai_skipped_total[5m]))",
                "failed: {{check}}": "sum by (check) (increase(xai_checks_failed_total[5m]))",
            },
            "In five minutes. Parts are left out under a flood. Failed checks are faults: see the log of xai.",
        ),
    ],
    "Feature importance trends": [
        Panel(
            "What carries explanations",
            {
                "{{feature}}": "sum by (feature) (rate(xai_feature_importance_total[5m])) / on () group_left () "
                "clamp_min(sum(rate(xai_feature_importance_total[5m])), 0.000001)"
            },
            "Share of all attributions by feature. A shift without an incident can be drift: see the dashboard Models.",
            unit="percentunit",
            width=16,
            top=1,
            stacked=True,
        ),
        Panel(
            "Carried since the start",
            {"{{feature}}": "topk(5, sum by (feature) (xai_feature_importance_total))"},
            "The five features that carried most, in explanations.",
        ),
    ],
    "Cache hit rates": [
        Panel(
            "Found in the cache",
            {"attributions": hits("xai_cache_requests_total"), "answers": hits("xai_answer_cache_requests_total")},
            "0 where nobody asks. Attributions of a stream seldom repeat; answers of a console often do.",
            unit="percentunit",
            top=1,
        ),
        Panel(
            "Look-ups",
            {
                "attributions: {{outcome}}": rate("xai_cache_requests_total", "outcome"),
                "answers: {{outcome}}": rate("xai_answer_cache_requests_total", "outcome"),
            },
            "`shared` was found in Redis, where another replica put it. XAI_CACHE_SIZE says how many are kept.",
            unit="cps",
        ),
        Panel(
            "Time to answer a question, 95 of 100",
            {"{{route}}": quantile(0.95, "xai_question_duration_seconds", "route")},
            "Of explanations, trees and pictures over HTTP, misses among them. 95 of 100 have 2 s.",
            unit="s",
            level=2,
        ),
        Panel(
            "Questions",
            {"{{outcome}}": rate("xai_question_duration_seconds_count", "outcome")},
            "`partial`: the deadline came before every method was done. `unavailable`: the model could not be had.",
            unit="cps",
        ),
    ],
    "Model accuracy over time": [
        Panel(
            "Alerts that operators called true",
            {
                "all": '1 - sum(max by (kind) (resonance_predictor_verdicts{verdict="false"})) / '
                "(sum(max by (kind, verdict) (resonance_predictor_verdicts)) > 0)"
            },
            "Of the verdicts that are known; nothing where none was given. Below 0.5 see the dashboard Models.",
            unit="percentunit",
            top=1,
        ),
        Panel(
            "LIME beside Shapley values, median",
            {"{{what}}": quantile(0.5, "xai_lime_agreement_ratio", "what")},
            "Rank correlation, and share of the weight with the same sign; 1 is full agreement. Else trust Shapley.",
        ),
    ],
}
BOARD = Board("xai", "XAI Performance", "Are anomalies explained in time, from which features, and rightly?", ROWS)
