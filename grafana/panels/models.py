"""Models: what is found, how far that is believed, and how models come and go."""

from __future__ import annotations

from panels.panel import Board, Panel, quantile, rate

RAISED = "resonance_predictor_alerts_raised_total"
ROWS = {
    "Detection": [
        Panel(
            "Vectors and anomalies",
            {
                "vectors": rate("resonance_predictor_vectors_total"),
                "anomalies": rate("resonance_predictor_anomalies_total"),
            },
            "Anomalies are a small share of vectors. If most are, an incident is wide, or the model is wrong.",
            unit="cps",
        ),
        Panel(
            "Alerts raised in an hour",
            {
                "{{severity}} {{kind}}": f"sum by (severity, kind) (increase({RAISED}[1h]))",
                "graver: {{severity}} {{kind}}": (
                    "sum by (severity, kind) (increase(resonance_predictor_alerts_escalated_total[1h]))"
                ),
                "held back": "sum(increase(resonance_predictor_alerts_held_back_total[1h])) or vector(0)",
                "resolved": "sum(increase(resonance_predictor_alerts_resolved_total[1h])) or vector(0)",
            },
            "By kind and severity at opening; graver ones by the severity that an open incident rose to. Held back "
            "ones are told to nobody: the predictor is to observe only.",
        ),
        Panel(
            "Open incidents",
            {"incidents": "sum(resonance_predictor_open_incidents)"},
            "`GET /ml/incidents?state=open` lists them.",
        ),
        Panel(
            "Incidents by evidence of 1,000 users in a day, and the budget of false ones",
            {
                "incidents": (
                    f'1000 * (sum(increase({RAISED}{{kind=~"unusual_.*"}}[1d])) or vector(0))'
                    " / clamp_min(sum(resonance_predictor_users), 1)"
                ),
                "budget": "max(resonance_predictor_false_incidents_budget)",
            },
            "More than the budget over days: give verdicts (`POST /ml/feedback`), or set the budget anew.",
        ),
        Panel(
            "Evidence that makes an incident",
            {"{{evidence}}, {{severity}}": "max by (evidence, severity) (resonance_predictor_evidence_threshold)"},
            "Thresholds that the budget gives, the highest of all partitions; 0 where none is learned yet.",
        ),
        Panel(
            "Limits set, and rules read",
            {
                "limits set": "sum(increase(resonance_predictor_limits_set_total[5m]))",
                "rules {{outcome}}": "sum by (outcome) (increase(resonance_predictor_rules_reloads_total[5m]))",
            },
            "In five minutes. Rules that were refused are not in force: the predictor's `/health` says what is wrong.",
        ),
    ],
    "Verdicts of operators": [
        Panel(
            "Verdicts that are known",
            {
                "{{kind}}, {{verdict}}": "max by (kind, verdict) (resonance_predictor_verdicts)",
                "all": "sum(max by (kind, verdict) (resonance_predictor_verdicts)) or vector(0)",
            },
            "The newest of each incident counts. Without any, nothing is known of how right alerts are.",
        ),
        Panel(
            "Share of verdicts that are false, share of its budget that a kind keeps",
            {
                "{{kind}}, false": "max by (kind) (resonance_predictor_false_verdicts_ratio)",
                "{{kind}}, budget": "min by (kind) (resonance_predictor_budget_share_ratio)",
                "false, all": 'sum(max by (kind) (resonance_predictor_verdicts{verdict="false"})) / '
                "sum(max by (kind, verdict) (resonance_predictor_verdicts)) or vector(0)",
            },
            "A kind that is often false gets less of the budget by itself; one at 1 false is a rule to mend.",
            unit="percentunit",
            top=1,
        ),
        Panel(
            "Given in an hour, and leaves",
            {
                "{{verdict}}": "sum by (verdict) (increase(resonance_gateway_feedback_total[1h]))",
                "leaves": "sum(resonance_predictor_leaves) or vector(0)",
            },
            "A leave asks for more evidence of one user before the same is told again.",
        ),
    ],
    "Training": [
        Panel(
            "Training window",
            {"{{kind}}": "sum by (kind) (resonance_retrainer_window_vectors)"},
            "Vectors that the next model learns from. `GET /train` of the auto-retrainer says what it still gathers.",
        ),
        Panel(
            "Trainings that ended",
            {"{{outcome}}": "sum by (outcome) (resonance_retrainer_runs_total)"},
            "Since the process began. `refused` did not pass its checks: `GET /train` says why.",
        ),
        Panel(
            "Time of a training, longest",
            {"longest": "histogram_quantile(1, sum by (le) (resonance_retrainer_run_duration_seconds_bucket))"},
            "From the window to the promotion; most of it is the search, RESONANCE_TRAIN_SEARCH_S.",
            unit="s",
        ),
        Panel(
            "Exported against trained model",
            {"largest difference of scores": "max(resonance_retrainer_parity_difference_ratio)"},
            "Of the last model. A difference above its tolerance is refused by a gate.",
        ),
        Panel(
            "Versions: steps",
            {"{{outcome}}": "sum by (outcome) (resonance_retrainer_moves_total)"},
            "Since the process began. `withdrawn` and `rolled_back` took a version back: `GET /train` says why.",
        ),
        Panel(
            "Gates that failed",
            {
                "{{gate}}": "sum by (gate) (resonance_retrainer_gates_failed_total) "
                'or label_replace(vector(0), "gate", "none", "", "")',
            },
            "Versions that were not tried, by the gate; none while all is well.",
        ),
    ],
    "Drift": [
        Panel(
            "Evidence of drift",
            {"{{feature}}": "max by (feature) (resonance_retrainer_drift_evidence_ratio)"},
            "1 is an alarm: what people do changed since the champion was trained. A training follows by itself.",
            level=1,
        ),
        Panel(
            "Size of drift, standard deviations",
            {"{{feature}}": "max by (feature) (resonance_retrainer_drift_effect_ratio)"},
            "How far each feature moved; below RESONANCE_DRIFT_LEAST_EFFECT it is no reason to train.",
        ),
        Panel(
            "Drifts told of",
            {
                "{{feature}}": "sum by (feature) (resonance_retrainer_drifts_total)",
                "all": "sum(resonance_retrainer_drifts_total) or vector(0)",
            },
            "Since the process began. See `docs/how-to/when-drift-is-reported.md`.",
        ),
    ],
    "Trial of a version": [
        Panel(
            "Stage",
            {"{{stage}}": "max by (stage) (resonance_retrainer_trial_stage)"},
            "1 for where the newest version is: settled, watched in the shadow, serving some users (ab), or baking.",
            top=1,
        ),
        Panel(
            "Evidence",
            {"{{of}}": "max by (of) (resonance_retrainer_trial_evidence_ratio)"},
            "At 1 the trial is decided: harm takes the version back, no_harm lets it go on.",
            level=1,
        ),
        Panel(
            "Users in the trial",
            {
                "{{version}}, {{what}}": "max by (version, what) (resonance_retrainer_trial_users)",
                "ratio of shares found": "max(resonance_retrainer_trial_users_ratio)",
            },
            "Users that the new and the old version scored, and found unusual.",
        ),
    ],
    "Serving": [
        Panel(
            "Vectors that a version failed on; versions done without",
            {
                "{{alias}}": "sum by (alias) (increase(resonance_predictor_model_faults_total[1h])) "
                'or label_replace(vector(0), "alias", "vectors", "", "")',
                "{{role}} is missing": "max by (role) (resonance_predictor_models_missing)",
            },
            "In an hour. The version below steps in; roll back with `POST /ml/models/{name}/rollback`.",
        ),
        Panel(
            "Time to answer a question, 99 of 100",
            {"{{route}} {{model}}": quantile(0.99, "resonance_predictor_question_duration_seconds", "route, model")},
            "Of `POST /predict` and of the Open Inference Protocol at the predictor itself.",
            unit="s",
            level=0.1,
        ),
        Panel(
            "Questions",
            {"{{route}}: {{outcome}}": rate("resonance_predictor_question_duration_seconds_count", "route, outcome")},
            "`unavailable` is while no version is loaded; `refused` are questions that no model can answer.",
            unit="cps",
        ),
    ],
}
BOARD = Board("models", "Models", "Are the models right, are they fresh, and is a new one on trial?", ROWS)
