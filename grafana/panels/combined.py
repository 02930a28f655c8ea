"""Combined AI/ML: the service levels, and what comes of it all."""

from __future__ import annotations

from panels.openai import LLM, SMART, TASKS
from panels.panel import Board, Panel, quantile, within

DELAY = "resonance_pipeline_delay_seconds"
REST = "resonance_gateway_request_duration_seconds"
SLOW = "/ml/(explain|analyze)/.*|/ml/alerts/smart|/ml/incidents/plan|/ml/assistant/lag|/ml/anomalies/analyze"
API = f'{{route=~"/ml/.*", route!~"{SLOW}"}}'
EXPLAIN = '{route=~"/ml/explain/(prediction|anomaly)"}'


def level(title: str, share: float, queries: dict[str, str], explains: str, width: int = 5) -> Panel:
    """The share of the last quarter of an hour that kept a service level."""
    return Panel(
        title,
        queries,
        f"{explains} Of the last quarter of an hour; {share:.1%} are promised.",
        unit="percentunit",
        kind="stat",
        width=width,
        level=share,
        least=True,
    )


ROWS = {
    "Service levels": [
        level(
            "ML API within 100 ms",
            0.995,
            {"answers": within(REST, "0.1", API)},
            "REST answers that wait for no words, explanation or training. Below: see REST on the dashboard Pipeline.",
        ),
        level(
            "Frame to anomaly within 500 ms",
            0.99,
            {"anomalies": within(DELAY, "0.5", '{step="anomaly", since="first_frame"}')},
            "Since the first frame. Below: see lag on the dashboard Pipeline.",
        ),
        level(
            "Explained within 2 s",
            0.95,
            {
                "asked": within(REST, "2.0", EXPLAIN),
                "in the stream": within(DELAY, "2.0", '{step="explanation", since="first_frame"}'),
            },
            "Below: see the dashboard XAI Performance.",
        ),
        level(
            "Analysis within 5 s",
            0.9,
            {"analyses": within(TASKS, "5.0", LLM)},
            "Below: see the dashboard OpenAI Intelligence.",
            width=4,
        ),
        level(
            "Smart alert within 3 s",
            0.95,
            {
                "asked": within(TASKS, "3.0", SMART),
                "in the stream": within(DELAY, "3.0", '{step="words", since="first_frame"}'),
            },
            "Below: see the time of providers.",
        ),
    ],
    "End-to-end ML pipeline performance": [
        Panel(
            "First frame to each step, 95 of 100",
            {"{{step}}": quantile(0.95, DELAY, "step", where='{since="first_frame", step!="notification"}')},
            "Live traffic alone. The step that rises first is the one that holds up the others.",
            unit="s",
            width=12,
        ),
        Panel(
            "What comes through",
            {
                "frames": "sum(rate(resonance_gateway_frames_total[$__rate_interval]))",
                "vectors": "sum(rate(resonance_predictor_vectors_total[$__rate_interval]))",
                "anomalies": "sum(rate(resonance_predictor_anomalies_total[$__rate_interval]))",
                "explanations": "sum(rate(xai_explanations_total[$__rate_interval]))",
                "enriched alerts": "sum(rate(resonance_alerts_enriched_total[$__rate_interval])) or vector(0)",
            },
            "Each is a share of the one before. One that stops while the one before goes on is where to look.",
            unit="cps",
            width=12,
        ),
    ],
    "Anomaly detection accuracy": [
        Panel(
            "Verdicts of operators",
            {
                "{{verdict}}": "sum by (verdict) (max by (kind, verdict) (resonance_predictor_verdicts)) "
                'or label_replace(vector(0), "verdict", "none given", "", "")'
            },
            "The newest of each incident. `POST /ml/feedback` gives one.",
        ),
        Panel(
            "Called true",
            {
                "share": '1 - sum(max by (kind) (resonance_predictor_verdicts{verdict="false"})) / '
                "(sum(max by (kind, verdict) (resonance_predictor_verdicts)) > 0)"
            },
            "Share of the verdicts that are known; nothing where none was given.",
            unit="percentunit",
            top=1,
        ),
        Panel(
            "Incidents opened in an hour",
            {
                "{{severity}}": "sum by (severity) (increase(resonance_predictor_alerts_raised_total[1h])) "
                'or label_replace(vector(0), "severity", "none", "", "")'
            },
            "By severity at opening.",
            stacked=True,
        ),
    ],
    "Automated response success rates": [
        Panel(
            "Actions done, of those that were run",
            {"{{action}}": "max by (action) (resonance_actions_success_ratio)"},
            "Of the last 100 of each kind; dry runs do not count. Below 1: `GET /ml/actions?state=failed` says why.",
            unit="percentunit",
            top=1,
        ),
        Panel(
            "Time to decide on an action, half",
            {"{{by}}": quantile(0.5, "resonance_action_decision_duration_seconds", "by", over="1h")},
            "Of an hour. Policy decides at once; people when they look.",
            unit="s",
        ),
        Panel(
            "Actions ended in an hour",
            {"{{outcome}}": "sum by (outcome) (increase(resonance_actions_executed_total[1h]))"},
            "dry_run did nothing on purpose; failed says why in `GET /ml/actions?state=failed`.",
        ),
    ],
}
BOARD = Board("combined", "Combined AI/ML", "Are the service levels kept, and do alerts and actions help?", ROWS)
