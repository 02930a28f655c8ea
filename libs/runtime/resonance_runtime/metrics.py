"""The metric catalogue: every metric of every service, with help and bounded labels.

Names follow Prometheus's rules (a unit as suffix, `_total` for counters), except the few that a document
fixed before this code existed.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

# The service levels are among the bounds of both: 0.1, 0.5, 2, 3 and 5 s.
LATENCY_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
DELAY_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)

# Every service
RECORDS_CONSUMED: Final = Counter("resonance_records_consumed_total", "Records handled to the end.", ["topic", "group"])
RECORDS_PRODUCED: Final = Counter(
    "resonance_records_produced_total", "Records acknowledged by all in-sync replicas.", ["topic"]
)
DEAD_LETTERS: Final = Counter(
    "resonance_dead_letters_total",
    "Records that could not be handled and went to the dead letters.",
    ["topic", "group"],
)
RECORDS_LOST: Final = Counter(
    "resonance_records_lost_total",
    "Records that retention removed from the log before they were handled.",
    ["topic", "group"],
)
RETRIES: Final = Counter("resonance_retries_total", "Attempts after a failed one, by what failed.", ["group", "cause"])
HANDLE_SECONDS: Final = Histogram(
    "resonance_handle_duration_seconds", "Time to handle one batch of records.", ["group"], buckets=LATENCY_BUCKETS
)
CONSUMER_LAG: Final = Gauge(
    "resonance_consumer_lag_records",
    "Records not yet handled.",
    ["topic", "group", "partition"],
)
PIPELINE_DELAY: Final = Histogram(
    "resonance_pipeline_delay_seconds",
    "Time from when the gateway read the first frame, or the last, of the vector that something was found in until the "
    "broker had what came of it, by step: anomaly; alert; explanation; facts (the enriched alert without an "
    "explanation), words (with one) and judged; or until the receiver had the page or notification. Without replays.",
    ["step", "since"],
    buckets=DELAY_BUCKETS,
)
SNAPSHOT_SECONDS: Final = Histogram(
    "resonance_snapshot_duration_seconds",
    "Time to write one snapshot of keyed state.",
    ["group"],
    buckets=LATENCY_BUCKETS,
)
SNAPSHOT_BYTES: Final = Counter(
    "resonance_snapshot_written_bytes_total", "Bytes of keyed state written to the object store.", ["group"]
)
RESTORE_SECONDS: Final = Histogram(
    "resonance_restore_duration_seconds",
    "Time to restore the keyed state of one partition.",
    ["group"],
    buckets=(*LATENCY_BUCKETS, 30.0, 60.0),
)
SERVICE_DEGRADED: Final = Gauge(
    "resonance_service_degraded", "1 while the service works without this.", ["service", "what"]
)
SERVICE_READY: Final = Gauge("resonance_service_ready", "1 when the service is ready, else 0.", ["service"])

# Online store
ONLINE_VALUES: Final = Counter(
    "resonance_online_values_total",
    "Newest values of users: written to Redis, not written because Redis had a newer one, or dropped unwritten.",
    ["kind", "outcome"],
)
ONLINE_BATCHES_DROPPED: Final = Counter(
    "resonance_online_batches_dropped_total", "Batches dropped before their newest values were looked up.", ["kind"]
)
ONLINE_FAILURES: Final = Counter("resonance_online_failures_total", "Round trips to Redis that failed.", ["kind"])
ONLINE_WAITING: Final = Gauge("resonance_online_waiting_values", "Newest values that wait for Redis.", ["kind"])
ONLINE_WRITE_SECONDS: Final = Histogram(
    "resonance_online_write_duration_seconds",
    "Time of one round trip to Redis with newest values.",
    ["kind"],
    buckets=LATENCY_BUCKETS,
)

# LLM orchestrator
OPENAI_REQUESTS: Final = Counter("openai_requests_total", "Requests to OpenAI, by what came of them.", ["outcome"])
OPENAI_SECONDS: Final = Histogram(
    "openai_response_duration_seconds", "Time of one request to OpenAI, failed ones too.", buckets=LATENCY_BUCKETS
)
OPENAI_TOKENS: Final = Counter("openai_tokens_used_total", "Tokens that OpenAI charged for.", ["direction"])
LLM_REQUESTS: Final = Counter(
    "resonance_llm_requests_total", "Requests to a provider of words, by what came of them.", ["provider", "outcome"]
)
LLM_COST: Final = Counter(
    "resonance_llm_cost_dollars_total",
    "Money that requests to providers of words cost, US dollars by the prices of the routes file.",
    ["provider", "model", "task"],
)
LLM_UNPRICED: Final = Counter(
    "resonance_llm_unpriced_requests_total",
    "Requests for a model that has no price in the routes file; they count at the highest price there, or are refused.",
    ["provider", "model"],
)
LLM_BUDGET: Final = Gauge(
    "resonance_llm_budget_dollars", "US dollars that may be spent in a day, of all tasks (day) and of one.", ["scope"]
)
LLM_BUDGET_LEFT: Final = Gauge(
    "resonance_llm_budget_left_dollars", "US dollars of today's budget that are neither spent nor reserved.", ["scope"]
)
LLM_BREAKER: Final = Gauge(
    "resonance_llm_breaker_state",
    "1 for the state that the circuit breaker of a provider is in (closed, half_open, open), else 0.",
    ["provider", "state"],
)
LLM_CACHE: Final = Counter(
    "resonance_llm_cache_requests_total", "Words looked up in the cache, by whether they were there.", ["outcome"]
)
LLM_WORDINGS: Final = Counter(
    "resonance_llm_wordings_total",
    "Briefs put into words, by task, by who wrote them, and by whether a provider failed on the way.",
    ["task", "writer", "degraded"],
)
LLM_CRITIQUES: Final = Counter(
    "resonance_llm_critiques_total",
    "Explained alerts in words of a provider, by what came of having another judge them: held, revised, contested, "
    "or why nobody judged them (resolved, no_other_provider, late, or the kind of failure).",
    ["outcome"],
)
# Names and labels of OpenTelemetry's conventions for generative AI, as its exporter to Prometheus writes them.
GEN_AI_SECONDS: Final = Histogram(
    "gen_ai_client_operation_duration_seconds",
    "Time of one request to a provider of words; error_type is empty where it succeeded.",
    ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "error_type"],
    buckets=(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
)
GEN_AI_TOKENS: Final = Histogram(
    "gen_ai_client_token_usage",
    "Tokens of one request that a provider charged for, by type: input or output.",
    ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type"],
    buckets=tuple(4.0**power for power in range(14)),
)
ALERTS_ENRICHED: Final = Counter(
    "resonance_alerts_enriched_total", "Enriched alerts sent, by stage and by who wrote them.", ["stage", "writer"]
)
TASKS_ANSWERED: Final = Counter(
    "resonance_tasks_answered_total",
    "Questions that were answered, by task and by who wrote the words, or the problem.",
    ["task", "outcome"],
)
NOTIFICATIONS: Final = Counter(
    "resonance_notifications_total",
    "Notifications that ended, by receiver, way, reason and outcome (sent, failed, not_wanted, overtaken).",
    ["receiver", "way", "reason", "outcome"],
)
NOTIFICATION_SECONDS: Final = Histogram(
    "resonance_notification_duration_seconds",
    "Time from the decision to tell somebody until it arrived or was given up.",
    ["receiver", "way"],
    buckets=LATENCY_BUCKETS,
)
NOTIFICATION_ATTEMPTS: Final = Counter(
    "resonance_notification_attempts_total", "Requests to receivers of notifications.", ["receiver", "way"]
)
NOTIFICATION_GROUPS: Final = Gauge("resonance_notification_groups", "Groups of incidents that somebody is told of.")
INCIDENTS_HELD: Final = Gauge(
    "resonance_incidents_held", "Open incidents that nobody is told of, by why (silenced, inhibited).", ["cause"]
)
TASK_SECONDS: Final = Histogram(
    "resonance_task_duration_seconds", "Time to answer one question of a task.", ["task"], buckets=LATENCY_BUCKETS
)
ACTIONS_PROPOSED: Final = Counter(
    "resonance_actions_proposed_total",
    "Actions about incidents that were proposed, by who did: policy or operator.",
    ["action", "by"],
)
ACTIONS_DECIDED: Final = Counter(
    "resonance_actions_decided_total",
    "Decisions on actions: approved, rejected, expired; by who decided: policy or operator.",
    ["action", "decision", "by"],
)
ACTION_DECISION_SECONDS: Final = Histogram(
    "resonance_action_decision_duration_seconds",
    "Time from the proposal of an action to its approval or rejection, by who decided: policy or operator.",
    ["by"],
    buckets=(0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14400.0),
)
ACTIONS_EXECUTED: Final = Counter(
    "resonance_actions_executed_total",
    "Actions that came to an end: succeeded, failed, dry_run, undone, undo_failed.",
    ["action", "outcome"],
)
ACTIONS_SUCCESS: Final = Gauge(
    "resonance_actions_success_ratio",
    "Share of the last 100 actions of a kind that were run, not dry, and did not fail. Every orchestrator knows all.",
    ["action"],
)
ACTIONS_KNOWN: Final = Gauge(
    "resonance_actions", "Actions that are known, by state. Every orchestrator knows all.", ["state"]
)
ACTIONS_OVER_QUOTA: Final = Counter(
    "resonance_actions_over_quota_total",
    "Actions that policy would have approved, had its quota not been used up; they wait for a person.",
    ["action"],
)
ACTIONS_WITHHELD: Final = Counter(
    "resonance_actions_withheld_total",
    "Actions that were not proposed because as many as may wait for a decision were waiting.",
    ["action"],
)

# Gateway
GATEWAY_CONNECTIONS: Final = Gauge(
    "resonance_gateway_connections", "Open WebSocket connections, by what they are for.", ["endpoint"]
)
GATEWAY_CONNECTIONS_REFUSED: Final = Counter(
    "resonance_gateway_connections_refused_total",
    "Connections that were refused before they could say anything, by why: limit, origin, proxy, tls.",
    ["reason"],
)
GATEWAY_CERTIFICATE_EXPIRES: Final = Gauge(
    "resonance_gateway_certificate_expires_timestamp_seconds", "When the TLS certificate in use expires."
)
GATEWAY_FRAMES: Final = Counter("resonance_gateway_frames_total", "Frames read from WebSocket connections of users.")
GATEWAY_ERROR_FRAMES: Final = Counter(
    "resonance_gateway_error_frames_total", "Frames that were answered with an error, by its code.", ["code"]
)
GATEWAY_LIMITED: Final = Counter(
    "websocket_rate_limit_total",
    "Frames, requests and connections that were refused: whose limit it was (user, address), and which (rate; blocked "
    "where the rate is 0; connections).",
    ["scope", "reason"],
)
GATEWAY_LIMIT_SYNC_FAILURES: Final = Counter(
    "resonance_gateway_limit_sync_failures_total",
    "Round trips to Redis that did not share the limits of replicas; meanwhile each replica limits by itself.",
)
GATEWAY_LIMIT_SYNC_SECONDS: Final = Histogram(
    "resonance_gateway_limit_sync_duration_seconds",
    "Time of a round trip that shares the limits of replicas.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1),
)
GATEWAY_LIMITS_ADJUSTED: Final = Gauge(
    "resonance_gateway_limits_adjusted", "Clients that have a limit of their own in force, set by models or operators."
)
GATEWAY_TOKENS_REFUSED: Final = Counter(
    "resonance_gateway_tokens_refused_total", "Tokens and API keys that were refused, by the reason.", ["reason"]
)
GATEWAY_KEY_FETCHES: Final = Counter(
    "resonance_gateway_key_fetches_total", "Fetches of the issuer's public keys, by how they ended.", ["result"]
)
GATEWAY_TOKENS_EXPIRED: Final = Counter(
    "resonance_gateway_tokens_expired_total", "Connections that were closed because their token expired."
)
GATEWAY_EVENTS_RECEIVED: Final = Counter(
    "resonance_gateway_events_received_total",
    "Events that other backends told and that were accepted, by the way they came: rest or topic.",
    ["way"],
)
GATEWAY_EVENTS_REFUSED: Final = Counter(
    "resonance_gateway_events_refused_total",
    "Events of other backends that were refused, by the way they came and why: malformed, sequence, time or failed.",
    ["way", "reason"],
)
GATEWAY_EVENTS_STORED: Final = Counter(
    "resonance_gateway_events_stored_total", "Activity events that were stored by all in-sync replicas."
)
GATEWAY_EVENTS_DROPPED: Final = Counter(
    "resonance_gateway_events_dropped_total", "Activity events that were lost because too many waited."
)
GATEWAY_EVENTS_UNSENT: Final = Gauge("resonance_gateway_events_unsent", "Activity events that wait for the broker.")
GATEWAY_SEND_FAILURES: Final = Counter(
    "resonance_gateway_send_failures_total", "Batches of activity that the broker did not take; they are sent again."
)
GATEWAY_SLOW_READERS: Final = Counter(
    "resonance_gateway_slow_reader_drops_total",
    "Publications and alerts that a client did not get because it reads too slowly, by the policy of the channel.",
    ["endpoint", "policy"],
)
GATEWAY_PUBLICATIONS: Final = Counter(
    "resonance_gateway_publications_total",
    "Publications, by whom they could reach: clients of every gateway, of this one alone while Redis is away, nobody.",
    ["reach"],
)
GATEWAY_RECOVERIES: Final = Counter(
    "resonance_gateway_channel_recoveries_total",
    "Subscriptions that asked for what they had missed, by whether they got all of it.",
    ["outcome"],
)
GATEWAY_CHANNEL_FAILURES: Final = Counter(
    "resonance_gateway_channel_failures_total", "Connections and round trips to Redis for channels that failed."
)
GATEWAY_UPSTREAM_MESSAGES: Final = Counter(
    "resonance_gateway_upstream_messages_total", "Messages of the backend behind the gateway that went to clients."
)
GATEWAY_UPSTREAM_FAILURES: Final = Counter(
    "resonance_gateway_upstream_failures_total",
    "Requests and handshakes that the backend behind the gateway did not answer, by why: connection, timeout, answer.",
    ["reason"],
)
GATEWAY_UPSTREAM_SECONDS: Final = Histogram(
    "resonance_gateway_upstream_handshake_duration_seconds",
    "Time of the backend behind the gateway to answer a WebSocket handshake.",
    buckets=LATENCY_BUCKETS,
)
GATEWAY_REQUEST_SECONDS: Final = Histogram(
    "resonance_gateway_request_duration_seconds",
    "Time to answer a REST request.",
    ["route", "status"],
    buckets=LATENCY_BUCKETS,
)

# Auto-retrainer
RETRAINER_WINDOW: Final = Gauge(
    "resonance_retrainer_window_vectors", "Vectors in the training window, ordinary and flagged.", ["kind"]
)
RETRAINER_RUNS: Final = Counter("resonance_retrainer_runs_total", "Trainings that ended, by how.", ["outcome"])
RETRAINER_SECONDS: Final = Histogram(
    "resonance_retrainer_run_duration_seconds",
    "Time from the window to the promotion.",
    buckets=(0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0),
)
RETRAINER_PARITY: Final = Gauge(
    "resonance_retrainer_parity_difference_ratio",
    "Largest difference between a score of the last exported model and of the trained one.",
)
RETRAINER_DRIFT_EFFECT: Final = Gauge(
    "resonance_retrainer_drift_effect_ratio",
    'Likeliest change of a feature since the champion was trained, in standard deviations for a level; "jointly" of '
    "relations.",
    ["feature"],
)
RETRAINER_DRIFT_EVIDENCE: Final = Gauge(
    "resonance_retrainer_drift_evidence_ratio", "Evidence of a change of a feature; 1 is an alarm.", ["feature"]
)
RETRAINER_DRIFTS: Final = Counter(
    "resonance_retrainer_drifts_total", "Changes that were sure and large enough, by feature.", ["feature"]
)
RETRAINER_TRIAL_STAGE: Final = Gauge(
    "resonance_retrainer_trial_stage", "1 for the stage that a version of the anomaly model is in, else 0.", ["stage"]
)
RETRAINER_TRIAL_EVIDENCE: Final = Gauge(
    "resonance_retrainer_trial_evidence_ratio",
    "Evidence that the version on trial does harm, or that it does none, on a logarithmic scale; 1 is enough.",
    ["of"],
)
RETRAINER_TRIAL_RATIO: Final = Gauge(
    "resonance_retrainer_trial_users_ratio",
    "How many times as many users as the version beside it the version on trial finds unusual, likeliest.",
)
RETRAINER_TRIAL_USERS: Final = Gauge(
    "resonance_retrainer_trial_users",
    "Users that the version on trial (new) and the one beside it (old) scored, and that they found unusual.",
    ["version", "what"],
)
RETRAINER_MOVES: Final = Counter(
    "resonance_retrainer_moves_total",
    "Steps of versions of the anomaly model: gates_passed, gates_failed, shadowed, challenged, promoted, settled, "
    "withdrawn, rolled_back, finished (an order that was interrupted), loaded and returned (by hand).",
    ["outcome"],
)
RETRAINER_GATES_FAILED: Final = Counter(
    "resonance_retrainer_gates_failed_total", "Versions that were not tried, by the gate that they failed.", ["gate"]
)

# XAI
XAI_EXPLANATIONS: Final = Counter("xai_explanations_total", "Explanations made, by method.", ["method"])
XAI_EXPLANATION_SECONDS: Final = Histogram(
    "xai_explanation_duration_seconds", "Time to make one explanation.", ["method"], buckets=LATENCY_BUCKETS
)
XAI_DELAY_SECONDS: Final = Histogram(
    "xai_explanation_delay_seconds",
    "Time from when the gateway received the last of what an anomaly was found in until its explanation was stored.",
    buckets=DELAY_BUCKETS,
)
XAI_CACHE: Final = Counter(
    "xai_cache_requests_total", "Attributions looked up in the cache, by whether they were there.", ["outcome"]
)
XAI_ANSWERS: Final = Counter(
    "xai_answer_cache_requests_total",
    "Answers over HTTP looked up in the cache: a hit here, a hit in what replicas share, or a miss.",
    ["outcome"],
)
XAI_QUESTION_SECONDS: Final = Histogram(
    "xai_question_duration_seconds",
    "Time to answer a question over HTTP, by address (explain, tree, plots) and what came of it: answered, partial, "
    "refused, unavailable, failed.",
    ["route", "outcome"],
    buckets=LATENCY_BUCKETS,
)
XAI_LIME_AGREEMENT: Final = Histogram(
    "xai_lime_agreement_ratio",
    "How far LIME agrees with the Shapley values: rank correlation, and share of the weight with the same sign.",
    ["what"],
    buckets=(-0.5, 0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
)
XAI_CHECKS_FAILED: Final = Counter(
    "xai_checks_failed_total",
    "Explanations that failed a check: score, detectors or sequence, and they say so, or efficiency, and are not "
    "published.",
    ["check"],
)
XAI_SKIPPED: Final = Counter(
    "xai_skipped_total",
    "Parts left out of explanations because more anomalies came than could be explained in full, by part.",
    ["part"],
)

# Predictor
FEATURES_USERS: Final = Gauge("resonance_features_users", "Users that this process knows, once for every stream.")
FEATURES_BYTES: Final = Gauge("resonance_features_state_bytes", "Memory that what is known of users takes.")
FEATURES_SKIPPED: Final = Counter(
    "resonance_features_skipped_total",
    "Events that change nothing: repeated, late; and sources forgotten early, whose repeats would count.",
    ["what"],
)

PREDICTOR_VECTORS: Final = Counter("resonance_predictor_vectors_total", "Vectors that went through detection.")
PREDICTOR_ANOMALIES: Final = Counter("resonance_predictor_anomalies_total", "Vectors that counted into an incident.")
PREDICTOR_ALERTS_RAISED: Final = Counter(
    "resonance_predictor_alerts_raised_total",
    "Incidents opened, by kind and by severity at opening.",
    ["kind", "severity"],
)
PREDICTOR_ALERTS_HELD_BACK: Final = Counter(
    "resonance_predictor_alerts_held_back_total",
    "Incidents opened of which nobody was told, because it was to observe only; by kind and by severity at opening.",
    ["kind", "severity"],
)
PREDICTOR_ALERTS_RESOLVED: Final = Counter(
    "resonance_predictor_alerts_resolved_total", "Incidents that ended, by kind.", ["kind"]
)
PREDICTOR_OPEN_INCIDENTS: Final = Gauge("resonance_predictor_open_incidents", "Incidents open in this process.")
PREDICTOR_BUDGET: Final = Gauge(
    "resonance_predictor_false_incidents_budget", "False incidents of 1,000 users a day that are stated to be bearable."
)
PREDICTOR_THRESHOLDS: Final = Gauge(
    "resonance_predictor_evidence_threshold",
    "Evidence at which an incident of the live stream has a severity, by kind of evidence and severity; the highest of "
    "the partitions of this process.",
    ["evidence", "severity"],
)
GATEWAY_FEEDBACK: Final = Counter(
    "resonance_gateway_feedback_total",
    "Verdicts that operators gave at this gateway, by kind of incident and verdict: true, false, withdrawn.",
    ["kind", "verdict"],
)
PREDICTOR_VERDICTS: Final = Gauge(
    "resonance_predictor_verdicts",
    "Incidents of the live stream on which an operator's verdict is known, by kind and verdict: true, false. Every "
    "predictor reads all of them.",
    ["kind", "verdict"],
)
PREDICTOR_FALSE_SHARE: Final = Gauge(
    "resonance_predictor_false_verdicts_ratio", "Share of the verdicts on a kind of incident that are false.", ["kind"]
)
PREDICTOR_BUDGET_SHARE: Final = Gauge(
    "resonance_predictor_budget_share_ratio",
    "Share of the budget of false incidents that a kind has; below 1 where verdicts say that too many are false.",
    ["kind"],
)
PREDICTOR_LEAVES: Final = Gauge(
    "resonance_predictor_leaves", "False verdicts for which more is asked of a user before the same is told again."
)
PREDICTOR_USERS: Final = Gauge("resonance_predictor_users", "Users that this process has a baseline of.")
PREDICTOR_LIMITS_SET: Final = Counter(
    "resonance_predictor_limits_set_total", "Limits of users that were set or renewed because of their incidents."
)
PREDICTOR_LIMITED_USERS: Final = Gauge(
    "resonance_predictor_limited_users", "Users who have a limit that this process set and that is not over."
)
PREDICTOR_RULES_RELOADS: Final = Counter(
    "resonance_predictor_rules_reloads_total", "Readings of a changed rules file, by outcome.", ["outcome"]
)
PREDICTOR_MODEL_FAULTS: Final = Counter(
    "resonance_predictor_model_faults_total",
    "Vectors that a version failed on, by the alias it was asked by (champion, challenger, shadow; former: the one "
    "before the champion, which steps in).",
    ["alias", "version"],
)
PREDICTOR_MODELS_MISSING: Final = Gauge(
    "resonance_predictor_models_missing",
    "Whether the version that has a role beside the champion (challenger, shadow, former) is done without.",
    ["role"],
)
PREDICTOR_QUESTION_SECONDS: Final = Histogram(
    "resonance_predictor_question_duration_seconds",
    "Time to answer a question over HTTP, by address (predict, infer), model, and what came of it: answered, refused, "
    "unavailable, failed.",
    ["route", "model", "outcome"],
    buckets=(0.0001, 0.00025, 0.0005, *LATENCY_BUCKETS),
)
