"""The metric catalogue: every metric of every service, with help, bounded labels, and who exposes it.

Names follow Prometheus's rules (a unit as suffix, `_total` for counters), except the few that a document
fixed before this code existed. docs/reference/metrics.md is made of it.
"""

from __future__ import annotations

from typing import Final

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.topics import TOPICS, Service
from resonance_runtime.declaring import CATALOGUE as CATALOGUE
from resonance_runtime.declaring import Declaring, Label, one_of

every = Declaring()
keyed = Declaring(Service.FEATURE_EXTRACTOR, Service.PREDICTOR)
pipeline = Declaring(Service.PREDICTOR, Service.XAI, Service.LLM_ORCHESTRATOR)
gateway = Declaring(Service.GATEWAY)
feature_extractor = Declaring(Service.FEATURE_EXTRACTOR)
predictor = Declaring(Service.PREDICTOR)
xai = Declaring(Service.XAI)
orchestrator = Declaring(Service.LLM_ORCHESTRATOR)
auto_retrainer = Declaring(Service.AUTO_RETRAINER)

# Labels that several metrics have
TOPIC: Final = Label("topic", "the topic catalogue, dead letters among them", 2 * len(TOPICS))
GROUP: Final = Label("group", "consumer groups of the service, and its readers without a group", 20)
PARTITION: Final = Label("partition", "partitions of the topic that the process has", 256)
SERVICE: Final = Label("service", "the service itself", 1)
WHAT: Final = Label("what", "what the service depends on, in a word of the code", 30)
ONLINE: Final = Label("kind", "`features` of the feature-extractor, `predictions` of the predictor", 1)
SEVERITY: Final = one_of("severity", "low", "medium", "high", "critical")
KIND: Final = Label("kind", "rules of the rules file, and the kinds that detectors find", 100)
FEATURE: Final = one_of("feature", *FEATURE_NAMES, "jointly")
CARRIER: Final = one_of("feature", *FEATURE_NAMES)
STEP: Final = Label("step", "steps that the service takes", 5)

# Of language models
PROVIDER: Final = Label("provider", "providers in the file of routes", 10)
MODEL: Final = Label("model", "models in the file of routes", 20)
GEN_AI_PROVIDER: Final = Label("gen_ai_provider_name", "providers in the file of routes", 10)
GEN_AI_MODEL: Final = Label("gen_ai_request_model", "models in the file of routes", 20)
WRITER: Final = Label("writer", "providers in the file of routes, and `offline`", 11)
TASK: Final = Label("task", "the catalogue of tasks, and those of alerts", 24)
SCOPE: Final = Label("scope", "`day`, and tasks with a budget of their own in the file of routes", 25)
_ANSWERED: Final = (
    "limit", "overload", "context_too_long", "refusal", "broken_answer", "timeout", "unavailable", "quota", "auth",
    "rejected", "vetoed",
)  # fmt: skip
_NOT_ASKED: Final = ("open", "busy", "budget", "unpriced")
ASKED: Final = one_of("outcome", "written", *_ANSWERED)
ATTEMPTED: Final = one_of("outcome", "written", *_ANSWERED, *_NOT_ASKED)
ERROR_TYPE: Final = Label("error_type", "empty, or how an attempt failed", len(_ANSWERED) + 1)
CRITIQUED: Final = one_of(
    "outcome", "held", "revised", "contested", "resolved", "no_other_provider", "late", *_ANSWERED, *_NOT_ASKED
)
ANSWERED: Final = Label("outcome", "providers in the file of routes, `offline`, and `problem` with a status", 24)

# Of telling people, and of actions
RECEIVER: Final = Label("receiver", "receivers in the file of notifications", 50)
WAY: Final = Label("way", "ways of a receiver in the file of notifications", 20)
NEWS: Final = one_of(
    "reason", "first", "new in the group", "severity rose", "page at once", "some resolved", "resolved", "repeat"
)
ACTION: Final = one_of(
    "action", "create_incident_ticket", "page_on_call_engineer", "trigger_auto_scaling", "notify_devops_team",
    "limit_user", "block_user",
)  # fmt: skip
ACTION_STATE: Final = one_of(
    "state", "proposed", "approved", "rejected", "expired", "running", "succeeded", "failed", "undoing", "undone"
)
BY: Final = one_of("by", "policy", "operator")

# Of the gateway
ERROR_CODE: Final = one_of(
    "code", "bad_json", "bad_frame", "too_large", "forbidden_channel", "too_many_channels", "too_many_connections",
    "rate_limited", "not_allowed", "not_authenticated", "auth_timeout",
)  # fmt: skip
REFUSAL: Final = one_of(
    "reason", "missing", "malformed", "algorithm", "unknown_key", "keys_away", "signature", "expired", "not_yet_valid",
    "issuer", "audience", "claims", "api_key", "role",
)  # fmt: skip
TOLD_BY: Final = one_of("way", "rest", "topic")
ROUTE: Final = Label("route", "routes of the gateway, as OpenAPI has them; never an address as it came", 80)
STATUS: Final = Label("status", "statuses that the gateway answers with", 20)

# Of models and explanations
METHOD: Final = one_of("method", "shapley-enumeration", "shapley-sampling", "baseline-deviation", "rule")
SHARED_CACHE: Final = one_of("outcome", "hit", "shared", "miss")
ASKED_MODEL: Final = Label("model", "names of models, and empty for a question that names none", 5)
VERSION: Final = Label("version", "versions of the anomaly model that failed while the process ran", 50)
GATE: Final = Label("gate", "gates of the auto-retrainer", 20)
MOVE: Final = one_of(
    "outcome", "gates_passed", "gates_failed", "shadowed", "challenged", "promoted", "settled", "withdrawn",
    "rolled_back", "finished", "loaded", "returned",
)  # fmt: skip

# The service levels are among the bounds of both: 0.1, 0.5, 2, 3 and 5 s.
LATENCY_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
DELAY_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)

# Every service
RECORDS_CONSUMED: Final = every.counter(
    "resonance_records_consumed_total", "Records handled to the end.", [TOPIC, GROUP]
)
RECORDS_PRODUCED: Final = every.counter(
    "resonance_records_produced_total", "Records acknowledged by all in-sync replicas.", [TOPIC]
)
DEAD_LETTERS: Final = every.counter(
    "resonance_dead_letters_total",
    "Records that could not be handled and went to the dead letters.",
    [TOPIC, GROUP],
)
RECORDS_LOST: Final = feature_extractor.counter(
    "resonance_records_lost_total",
    "Records that retention removed from the log before they were handled.",
    [TOPIC, GROUP],
)
RETRIES: Final = every.counter(
    "resonance_retries_total",
    "Attempts after a failed one, by what failed.",
    [GROUP, one_of("cause", "unavailable", "error")],
)
HANDLE_SECONDS: Final = every.histogram(
    "resonance_handle_duration_seconds", "Time to handle one batch of records.", [GROUP], buckets=LATENCY_BUCKETS
)
CONSUMER_LAG: Final = every.gauge(
    "resonance_consumer_lag_records",
    "Records not yet handled.",
    [TOPIC, GROUP, PARTITION],
)
PIPELINE_DELAY: Final = pipeline.histogram(
    "resonance_pipeline_delay_seconds",
    "Time from when the gateway read the first frame, or the last, of the vector that something was found in until the "
    "broker had what came of it, by step: anomaly; alert; explanation; facts (the enriched alert without an "
    "explanation), words (with one) and judged; or until the receiver had the page or notification. Without replays.",
    [STEP, one_of("since", "first_frame", "last_frame")],
    buckets=DELAY_BUCKETS,
)
WATERMARK_DELAY: Final = keyed.gauge(
    "resonance_watermark_delay_seconds",
    "How far the watermark of the live stream was behind the clock when vectors of a partition were last made (by the "
    "feature-extractor) or judged (by the predictor): features of what happened since are not known yet.",
    [GROUP, PARTITION],
)
SNAPSHOT_SECONDS: Final = keyed.histogram(
    "resonance_snapshot_duration_seconds",
    "Time to write one snapshot of keyed state.",
    [GROUP],
    buckets=LATENCY_BUCKETS,
)
SNAPSHOT_BYTES: Final = keyed.counter(
    "resonance_snapshot_written_bytes_total", "Bytes of keyed state written to the object store.", [GROUP]
)
RESTORE_SECONDS: Final = keyed.histogram(
    "resonance_restore_duration_seconds",
    "Time to restore the keyed state of one partition.",
    [GROUP],
    buckets=(*LATENCY_BUCKETS, 30.0, 60.0),
)
SERVICE_DEGRADED: Final = every.gauge(
    "resonance_service_degraded", "1 while the service works without this.", [SERVICE, WHAT]
)
SERVICE_READY: Final = every.gauge("resonance_service_ready", "1 when the service is ready, else 0.", [SERVICE])
DEPENDENCY_UP: Final = every.gauge(
    "resonance_dependency_up",
    "1 where the last request to what the service needs was answered, 0 where it failed or is not for 5 s; "
    "absent after a minute without one.",
    [one_of("dependency", "broker", "object store")],
)
MEMORY_LIMIT: Final = every.gauge(
    "resonance_memory_limit_bytes",
    "Memory that the container of the service may take; infinite without a limit.",
)

TRACE_SPANS_EXPORTED: Final = every.counter(
    "resonance_trace_spans_exported_total", "Spans of traces that the collector took."
)
TRACE_SPANS_LOST: Final = every.counter(
    "resonance_trace_spans_lost_total",
    "Spans that nobody will see, by why: full (too many waited for the collector) or refused (it did not take them).",
    [one_of("reason", "full", "refused")],
)
CLOCK_AHEAD: Final = every.gauge(
    "resonance_clock_ahead_seconds",
    "How far the clock here is at least ahead of the broker's; negative where it is behind, 0 where it may be right.",
)

# Online store
ONLINE_VALUES: Final = keyed.counter(
    "resonance_online_values_total",
    "Newest values of users: written to Redis, not written because Redis had a newer one, or dropped unwritten.",
    [ONLINE, one_of("outcome", "written", "older", "dropped")],
)
ONLINE_BATCHES_DROPPED: Final = keyed.counter(
    "resonance_online_batches_dropped_total", "Batches dropped before their newest values were looked up.", [ONLINE]
)
ONLINE_FAILURES: Final = keyed.counter("resonance_online_failures_total", "Round trips to Redis that failed.", [ONLINE])
ONLINE_WAITING: Final = keyed.gauge("resonance_online_waiting_values", "Newest values that wait for Redis.", [ONLINE])
ONLINE_WRITE_SECONDS: Final = keyed.histogram(
    "resonance_online_write_duration_seconds",
    "Time of one round trip to Redis with newest values.",
    [ONLINE],
    buckets=LATENCY_BUCKETS,
)

# LLM orchestrator
OPENAI_REQUESTS: Final = orchestrator.counter(
    "openai_requests_total", "Requests to OpenAI, by what came of them.", [ASKED]
)
OPENAI_SECONDS: Final = orchestrator.histogram(
    "openai_response_duration_seconds", "Time of one request to OpenAI, failed ones too.", buckets=LATENCY_BUCKETS
)
OPENAI_TOKENS: Final = orchestrator.counter(
    "openai_tokens_used_total", "Tokens that OpenAI charged for.", [one_of("direction", "in", "out")]
)
LLM_REQUESTS: Final = orchestrator.counter(
    "resonance_llm_requests_total", "Requests to a provider of words, by what came of them.", [PROVIDER, ATTEMPTED]
)
LLM_COST: Final = orchestrator.counter(
    "resonance_llm_cost_dollars_total",
    "Money that requests to providers of words cost, US dollars by the prices of the routes file.",
    [PROVIDER, MODEL, TASK],
)
LLM_UNPRICED: Final = orchestrator.counter(
    "resonance_llm_unpriced_requests_total",
    "Requests for a model that has no price in the routes file; they count at the highest price there, or are refused.",
    [PROVIDER, MODEL],
)
LLM_BUDGET: Final = orchestrator.gauge(
    "resonance_llm_budget_dollars", "US dollars that may be spent in a day, of all tasks (day) and of one.", [SCOPE]
)
LLM_BUDGET_LEFT: Final = orchestrator.gauge(
    "resonance_llm_budget_left_dollars", "US dollars of today's budget that are neither spent nor reserved.", [SCOPE]
)
LLM_BREAKER: Final = orchestrator.gauge(
    "resonance_llm_breaker_state",
    "1 for the state that the circuit breaker of a provider is in (closed, half_open, open), else 0.",
    [PROVIDER, one_of("state", "closed", "half_open", "open")],
)
LLM_CACHE: Final = orchestrator.counter(
    "resonance_llm_cache_requests_total",
    "Words looked up in the cache, by whether they were there.",
    [one_of("outcome", "hit", "miss")],
)
LLM_WORDINGS: Final = orchestrator.counter(
    "resonance_llm_wordings_total",
    "Briefs put into words, by task, by who wrote them, and by whether a provider failed on the way.",
    [TASK, WRITER, one_of("degraded", "false", "true")],
)
LLM_CRITIQUES: Final = orchestrator.counter(
    "resonance_llm_critiques_total",
    "Explained alerts in words of a provider, by what came of having another judge them: held, revised, contested, "
    "or why nobody judged them (resolved, no_other_provider, late, or the kind of failure).",
    [CRITIQUED],
)
# Names and labels of OpenTelemetry's conventions for generative AI, as its exporter to Prometheus writes them.
GEN_AI_SECONDS: Final = orchestrator.histogram(
    "gen_ai_client_operation_duration_seconds",
    "Time of one request to a provider of words; error_type is empty where it succeeded.",
    [one_of("gen_ai_operation_name", "chat"), GEN_AI_PROVIDER, GEN_AI_MODEL, ERROR_TYPE],
    buckets=(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
)
GEN_AI_TOKENS: Final = orchestrator.histogram(
    "gen_ai_client_token_usage",
    "Tokens of one request that a provider charged for, by type: input or output.",
    [
        one_of("gen_ai_operation_name", "chat"),
        GEN_AI_PROVIDER,
        GEN_AI_MODEL,
        one_of("gen_ai_token_type", "input", "output"),
    ],
    buckets=tuple(4.0**power for power in range(14)),
)
ALERTS_ENRICHED: Final = orchestrator.counter(
    "resonance_alerts_enriched_total",
    "Enriched alerts sent, by stage and by who wrote them.",
    [one_of("stage", "facts", "explained", "judged", "escalated", "resolved"), WRITER],
)
TASKS_ANSWERED: Final = orchestrator.counter(
    "resonance_tasks_answered_total",
    "Questions that were answered, by task and by who wrote the words, or the problem.",
    [TASK, ANSWERED],
)
NOTIFICATIONS: Final = orchestrator.counter(
    "resonance_notifications_total",
    "Notifications that ended, by receiver, way, reason and outcome (sent, failed, not_wanted, overtaken).",
    [RECEIVER, WAY, NEWS, one_of("outcome", "sent", "failed", "not_wanted", "overtaken")],
)
NOTIFICATION_SECONDS: Final = orchestrator.histogram(
    "resonance_notification_duration_seconds",
    "Time from the decision to tell somebody until it arrived or was given up.",
    [RECEIVER, WAY],
    buckets=LATENCY_BUCKETS,
)
NOTIFICATION_ATTEMPTS: Final = orchestrator.counter(
    "resonance_notification_attempts_total", "Requests to receivers of notifications.", [RECEIVER, WAY]
)
NOTIFICATION_GROUPS: Final = orchestrator.gauge(
    "resonance_notification_groups", "Groups of incidents that somebody is told of."
)
INCIDENTS_HELD: Final = orchestrator.gauge(
    "resonance_incidents_held",
    "Open incidents that nobody is told of, by why (silenced, inhibited).",
    [one_of("cause", "silenced", "inhibited")],
    zero=True,
)
TASK_SECONDS: Final = orchestrator.histogram(
    "resonance_task_duration_seconds", "Time to answer one question of a task.", [TASK], buckets=LATENCY_BUCKETS
)
ACTIONS_PROPOSED: Final = orchestrator.counter(
    "resonance_actions_proposed_total",
    "Actions about incidents that were proposed, by who did: policy or operator.",
    [ACTION, BY],
)
ACTIONS_DECIDED: Final = orchestrator.counter(
    "resonance_actions_decided_total",
    "Decisions on actions: approved, rejected, expired; by who decided: policy or operator.",
    [ACTION, one_of("decision", "approved", "rejected", "expired"), BY],
)
ACTION_DECISION_SECONDS: Final = orchestrator.histogram(
    "resonance_action_decision_duration_seconds",
    "Time from the proposal of an action to its approval or rejection, by who decided: policy or operator.",
    [BY],
    buckets=(0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14400.0),
)
ACTIONS_EXECUTED: Final = orchestrator.counter(
    "resonance_actions_executed_total",
    "Actions that came to an end: succeeded, failed, dry_run, undone, undo_failed.",
    [ACTION, one_of("outcome", "succeeded", "failed", "dry_run", "undone", "undo_failed")],
)
ACTIONS_SUCCESS: Final = orchestrator.gauge(
    "resonance_actions_success_ratio",
    "Share of the last 100 actions of a kind that were run, not dry, and did not fail. Every orchestrator knows all.",
    [ACTION],
)
ACTIONS_KNOWN: Final = orchestrator.gauge(
    "resonance_actions", "Actions that are known, by state. Every orchestrator knows all.", [ACTION_STATE], zero=True
)
ACTIONS_OVER_QUOTA: Final = orchestrator.counter(
    "resonance_actions_over_quota_total",
    "Actions that policy would have approved, had its quota not been used up; they wait for a person.",
    [ACTION],
)
ACTIONS_WITHHELD: Final = orchestrator.counter(
    "resonance_actions_withheld_total",
    "Actions that were not proposed because as many as may wait for a decision were waiting.",
    [ACTION],
)

# Gateway
GATEWAY_CONNECTIONS: Final = gateway.gauge(
    "resonance_gateway_connections",
    "Open WebSocket connections, by what they are for.",
    [one_of("endpoint", "ws", "alerts", "upstream")],
    zero=True,
)
GATEWAY_CONNECTIONS_REFUSED: Final = gateway.counter(
    "resonance_gateway_connections_refused_total",
    "Connections that were refused before they could say anything, by why: limit, origin, proxy, tls.",
    [one_of("reason", "limit", "origin", "proxy", "tls")],
)
GATEWAY_CERTIFICATE_EXPIRES: Final = gateway.gauge(
    "resonance_gateway_certificate_expires_timestamp_seconds", "When the TLS certificate in use expires."
)
GATEWAY_FRAMES: Final = gateway.counter(
    "resonance_gateway_frames_total", "Frames read from WebSocket connections of users."
)
GATEWAY_ERROR_FRAMES: Final = gateway.counter(
    "resonance_gateway_error_frames_total", "Frames that were answered with an error, by its code.", [ERROR_CODE]
)
GATEWAY_LIMITED: Final = gateway.counter(
    "websocket_rate_limit_total",
    "Frames, requests and connections that were refused: whose limit it was (user, address), and which (rate; blocked "
    "where the rate is 0; connections).",
    [one_of("scope", "user", "address"), one_of("reason", "rate", "blocked", "connections")],
)
GATEWAY_LIMIT_SYNC_FAILURES: Final = gateway.counter(
    "resonance_gateway_limit_sync_failures_total",
    "Round trips to Redis that did not share the limits of replicas; meanwhile each replica limits by itself.",
)
GATEWAY_LIMIT_SYNC_SECONDS: Final = gateway.histogram(
    "resonance_gateway_limit_sync_duration_seconds",
    "Time of a round trip that shares the limits of replicas.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1),
)
GATEWAY_LIMITS_ADJUSTED: Final = gateway.gauge(
    "resonance_gateway_limits_adjusted", "Clients that have a limit of their own in force, set by models or operators."
)
GATEWAY_TOKENS_REFUSED: Final = gateway.counter(
    "resonance_gateway_tokens_refused_total", "Tokens and API keys that were refused, by the reason.", [REFUSAL]
)
GATEWAY_KEY_FETCHES: Final = gateway.counter(
    "resonance_gateway_key_fetches_total",
    "Fetches of the issuer's public keys, by how they ended.",
    [one_of("result", "ok", "failed")],
)
GATEWAY_TOKENS_EXPIRED: Final = gateway.counter(
    "resonance_gateway_tokens_expired_total", "Connections that were closed because their token expired."
)
GATEWAY_EVENTS_RECEIVED: Final = gateway.counter(
    "resonance_gateway_events_received_total",
    "Events that other backends told and that were accepted, by the way they came: rest or topic.",
    [TOLD_BY],
)
GATEWAY_EVENTS_REFUSED: Final = gateway.counter(
    "resonance_gateway_events_refused_total",
    "Events of other backends that were refused, by the way they came and why: malformed, sequence, time or failed.",
    [TOLD_BY, one_of("reason", "malformed", "sequence", "time", "failed")],
)
GATEWAY_EVENTS_STORED: Final = gateway.counter(
    "resonance_gateway_events_stored_total", "Activity events that were stored by all in-sync replicas."
)
GATEWAY_EVENTS_DROPPED: Final = gateway.counter(
    "resonance_gateway_events_dropped_total", "Activity events that were lost because too many waited."
)
GATEWAY_EVENTS_UNSENT: Final = gateway.gauge(
    "resonance_gateway_events_unsent", "Activity events that wait for the broker."
)
GATEWAY_SEND_FAILURES: Final = gateway.counter(
    "resonance_gateway_send_failures_total", "Batches of activity that the broker did not take; they are sent again."
)
GATEWAY_SLOW_READERS: Final = gateway.counter(
    "resonance_gateway_slow_reader_drops_total",
    "Publications and alerts that a client did not get because it reads too slowly, by the policy of the channel.",
    [one_of("endpoint", "ws", "alerts"), one_of("policy", "drop_oldest", "conflate", "disconnect")],
)
GATEWAY_PUBLICATIONS: Final = gateway.counter(
    "resonance_gateway_publications_total",
    "Publications, by whom they could reach: clients of every gateway, of this one alone while Redis is away, nobody.",
    [one_of("reach", "everywhere", "here", "nobody")],
)
GATEWAY_RECOVERIES: Final = gateway.counter(
    "resonance_gateway_channel_recoveries_total",
    "Subscriptions that asked for what they had missed, by whether they got all of it.",
    [one_of("outcome", "recovered", "not_recovered")],
)
GATEWAY_CHANNEL_FAILURES: Final = gateway.counter(
    "resonance_gateway_channel_failures_total", "Connections and round trips to Redis for channels that failed."
)
GATEWAY_UPSTREAM_MESSAGES: Final = gateway.counter(
    "resonance_gateway_upstream_messages_total", "Messages of the backend behind the gateway that went to clients."
)
GATEWAY_UPSTREAM_FAILURES: Final = gateway.counter(
    "resonance_gateway_upstream_failures_total",
    "Requests and handshakes that the backend behind the gateway did not answer, by why: connection, timeout, answer.",
    [one_of("reason", "connection", "timeout", "answer")],
)
GATEWAY_UPSTREAM_SECONDS: Final = gateway.histogram(
    "resonance_gateway_upstream_handshake_duration_seconds",
    "Time of the backend behind the gateway to answer a WebSocket handshake.",
    buckets=LATENCY_BUCKETS,
)
GATEWAY_REQUEST_SECONDS: Final = gateway.histogram(
    "resonance_gateway_request_duration_seconds",
    "Time to answer a REST request.",
    [ROUTE, STATUS],
    buckets=LATENCY_BUCKETS,
)

# Auto-retrainer
RETRAINER_WINDOW: Final = auto_retrainer.gauge(
    "resonance_retrainer_window_vectors",
    "Vectors in the training window, ordinary and flagged.",
    [one_of("kind", "ordinary", "flagged")],
    zero=True,
)
RETRAINER_RUNS: Final = auto_retrainer.counter(
    "resonance_retrainer_runs_total",
    "Trainings that ended, by how.",
    [one_of("outcome", "promoted", "trial", "stored", "unchanged", "refused", "conflict", "failed")],
)
RETRAINER_CHAMPION_SINCE: Final = auto_retrainer.gauge(
    "resonance_retrainer_champion_timestamp_seconds",
    "When the champion of the anomaly model became it; 0 before the first.",
)
RETRAINER_SECONDS: Final = auto_retrainer.histogram(
    "resonance_retrainer_run_duration_seconds",
    "Time from the window to the promotion.",
    buckets=(0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0),
)
RETRAINER_PARITY: Final = auto_retrainer.gauge(
    "resonance_retrainer_parity_difference_ratio",
    "Largest difference between a score of the last exported model and of the trained one.",
)
RETRAINER_DRIFT_EFFECT: Final = auto_retrainer.gauge(
    "resonance_retrainer_drift_effect_ratio",
    'Likeliest change of a feature since the champion was trained, in standard deviations for a level; "jointly" of '
    "relations.",
    [FEATURE],
    zero=True,
)
RETRAINER_DRIFT_EVIDENCE: Final = auto_retrainer.gauge(
    "resonance_retrainer_drift_evidence_ratio",
    "Evidence of a change of a feature; 1 is an alarm.",
    [FEATURE],
    zero=True,
)
RETRAINER_DRIFTS: Final = auto_retrainer.counter(
    "resonance_retrainer_drifts_total", "Changes that were sure and large enough, by feature.", [FEATURE]
)
RETRAINER_TRIAL_STAGE: Final = auto_retrainer.gauge(
    "resonance_retrainer_trial_stage",
    "1 for the stage that a version of the anomaly model is in, else 0.",
    [one_of("stage", "empty", "settled", "shadow", "ab", "bake", "interrupted")],
    zero=True,
)
RETRAINER_TRIAL_EVIDENCE: Final = auto_retrainer.gauge(
    "resonance_retrainer_trial_evidence_ratio",
    "Evidence that the version on trial does harm, or that it does none, on a logarithmic scale; 1 is enough.",
    [one_of("of", "harm", "no_harm")],
    zero=True,
)
RETRAINER_TRIAL_RATIO: Final = auto_retrainer.gauge(
    "resonance_retrainer_trial_users_ratio",
    "How many times as many users as the version beside it the version on trial finds unusual, likeliest.",
)
RETRAINER_TRIAL_USERS: Final = auto_retrainer.gauge(
    "resonance_retrainer_trial_users",
    "Users that the version on trial (new) and the one beside it (old) scored, and that they found unusual.",
    [one_of("version", "new", "old"), one_of("what", "compared", "found")],
    zero=True,
)
RETRAINER_MOVES: Final = auto_retrainer.counter(
    "resonance_retrainer_moves_total",
    "Steps of versions of the anomaly model: gates_passed, gates_failed, shadowed, challenged, promoted, settled, "
    "withdrawn, rolled_back, finished (an order that was interrupted), loaded and returned (by hand).",
    [MOVE],
)
RETRAINER_GATES_FAILED: Final = auto_retrainer.counter(
    "resonance_retrainer_gates_failed_total", "Versions that were not tried, by the gate that they failed.", [GATE]
)

# XAI
XAI_EXPLANATIONS: Final = xai.counter("xai_explanations_total", "Explanations made, by method.", [METHOD])
XAI_EXPLANATION_SECONDS: Final = xai.histogram(
    "xai_explanation_duration_seconds", "Time to make one explanation.", [METHOD], buckets=LATENCY_BUCKETS
)
XAI_IMPORTANCE: Final = xai.counter(
    "xai_feature_importance_total",
    "Explanations by the feature that carried them: of each, every feature counts by its share of all attributions.",
    [CARRIER],
)
XAI_DELAY_SECONDS: Final = xai.histogram(
    "xai_explanation_delay_seconds",
    "Time from when the gateway received the last of what an anomaly was found in until its explanation was stored.",
    buckets=DELAY_BUCKETS,
)
XAI_CACHE: Final = xai.counter(
    "xai_cache_requests_total",
    "Attributions looked up in the cache, by whether they were there.",
    [one_of("outcome", "hit", "miss")],
)
XAI_ANSWERS: Final = xai.counter(
    "xai_answer_cache_requests_total",
    "Answers over HTTP looked up in the cache: a hit here, a hit in what replicas share, or a miss.",
    [SHARED_CACHE],
)
XAI_QUESTION_SECONDS: Final = xai.histogram(
    "xai_question_duration_seconds",
    "Time to answer a question over HTTP, by address (explain, tree, plots) and what came of it: answered, partial, "
    "refused, unavailable, failed.",
    [
        one_of("route", "explain", "tree", "plots", "cache"),
        one_of("outcome", "answered", "partial", "refused", "unavailable", "failed"),
    ],
    buckets=LATENCY_BUCKETS,
)
XAI_LIME_AGREEMENT: Final = xai.histogram(
    "xai_lime_agreement_ratio",
    "How far LIME agrees with the Shapley values: rank correlation, and share of the weight with the same sign.",
    [one_of("what", "rank", "sign")],
    buckets=(-0.5, 0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
)
XAI_CHECKS_FAILED: Final = xai.counter(
    "xai_checks_failed_total",
    "Explanations that failed a check: score, detectors or sequence, and they say so, or efficiency, and are not "
    "published.",
    [one_of("check", "efficiency", "score", "detectors", "sequence")],
)
XAI_SKIPPED: Final = xai.counter(
    "xai_skipped_total",
    "Parts left out of explanations because more anomalies came than could be explained in full, by part.",
    [one_of("part", "user_reference", "user_then_reference", "expected", "sequence")],
)

# Predictor
FEATURES_USERS: Final = feature_extractor.gauge(
    "resonance_features_users", "Users that this process knows, once for every stream."
)
FEATURES_BYTES: Final = feature_extractor.gauge(
    "resonance_features_state_bytes", "Memory that what is known of users takes."
)
FEATURES_SKIPPED: Final = feature_extractor.counter(
    "resonance_features_skipped_total",
    "Events that change nothing: repeated, late; and sources forgotten early, whose repeats would count.",
    [one_of("what", "repeated", "late", "forgotten_sources")],
)

PREDICTOR_VECTORS: Final = predictor.counter(
    "resonance_predictor_vectors_total", "Vectors that went through detection."
)
PREDICTOR_ANOMALIES: Final = predictor.counter(
    "resonance_predictor_anomalies_total", "Vectors that counted into an incident."
)
PREDICTOR_ALERTS_RAISED: Final = predictor.counter(
    "resonance_predictor_alerts_raised_total",
    "Incidents opened, by kind and by severity at opening.",
    [KIND, SEVERITY],
)
PREDICTOR_ALERTS_ESCALATED: Final = predictor.counter(
    "resonance_predictor_alerts_escalated_total",
    "Open incidents that became graver than was told of them before, by kind and by severity from then on.",
    [KIND, SEVERITY],
)
PREDICTOR_ALERTS_HELD_BACK: Final = predictor.counter(
    "resonance_predictor_alerts_held_back_total",
    "Incidents opened of which nobody was told, because it was to observe only; by kind and by severity at opening.",
    [KIND, SEVERITY],
)
PREDICTOR_ALERTS_RESOLVED: Final = predictor.counter(
    "resonance_predictor_alerts_resolved_total", "Incidents that ended, by kind.", [KIND]
)
PREDICTOR_OPEN_INCIDENTS: Final = predictor.gauge(
    "resonance_predictor_open_incidents", "Incidents open in this process."
)
PREDICTOR_BUDGET: Final = predictor.gauge(
    "resonance_predictor_false_incidents_budget", "False incidents of 1,000 users a day that are stated to be bearable."
)
PREDICTOR_THRESHOLDS: Final = predictor.gauge(
    "resonance_predictor_evidence_threshold",
    "Evidence at which an incident of the live stream has a severity, by kind of evidence and severity; the highest of "
    "the partitions of this process.",
    [one_of("evidence", "deviation", "climb", "surprise"), one_of("severity", "low", "medium", "high")],
    zero=True,
)
GATEWAY_FEEDBACK: Final = gateway.counter(
    "resonance_gateway_feedback_total",
    "Verdicts that operators gave at this gateway, by kind of incident and verdict: true, false, withdrawn.",
    [KIND, one_of("verdict", "true", "false", "withdrawn")],
)
PREDICTOR_VERDICTS: Final = predictor.gauge(
    "resonance_predictor_verdicts",
    "Incidents of the live stream on which an operator's verdict is known, by kind and verdict: true, false. Every "
    "predictor reads all of them.",
    [KIND, one_of("verdict", "true", "false")],
)
PREDICTOR_FALSE_SHARE: Final = predictor.gauge(
    "resonance_predictor_false_verdicts_ratio", "Share of the verdicts on a kind of incident that are false.", [KIND]
)
PREDICTOR_BUDGET_SHARE: Final = predictor.gauge(
    "resonance_predictor_budget_share_ratio",
    "Share of the budget of false incidents that a kind has; below 1 where verdicts say that too many are false.",
    [KIND],
)
PREDICTOR_LEAVES: Final = predictor.gauge(
    "resonance_predictor_leaves", "False verdicts for which more is asked of a user before the same is told again."
)
PREDICTOR_USERS: Final = predictor.gauge("resonance_predictor_users", "Users that this process has a baseline of.")
PREDICTOR_LIMITS_SET: Final = predictor.counter(
    "resonance_predictor_limits_set_total", "Limits of users that were set or renewed because of their incidents."
)
PREDICTOR_LIMITED_USERS: Final = predictor.gauge(
    "resonance_predictor_limited_users", "Users who have a limit that this process set and that is not over."
)
PREDICTOR_RULES_RELOADS: Final = predictor.counter(
    "resonance_predictor_rules_reloads_total",
    "Readings of a changed rules file, by outcome.",
    [one_of("outcome", "taken", "refused")],
)
PREDICTOR_MODEL_FAULTS: Final = predictor.counter(
    "resonance_predictor_model_faults_total",
    "Vectors that a version failed on, by the alias it was asked by (champion, challenger, shadow; former: the one "
    "before the champion, which steps in).",
    [one_of("alias", "champion", "challenger", "shadow", "former"), VERSION],
)
PREDICTOR_MODELS_MISSING: Final = predictor.gauge(
    "resonance_predictor_models_missing",
    "Whether the version that was given a role (champion, challenger, shadow; former: the champion before), or "
    "the champion of another model, cannot be used and is done without.",
    [one_of("role", "champion", "challenger", "shadow", "former", "load_prediction", "user_behavior")],
    zero=True,
)
PREDICTOR_QUESTION_SECONDS: Final = predictor.histogram(
    "resonance_predictor_question_duration_seconds",
    "Time to answer a question over HTTP, by address (predict, infer), model, and what came of it: answered, refused, "
    "unavailable, failed.",
    [
        one_of("route", "predict", "infer"),
        ASKED_MODEL,
        one_of("outcome", "answered", "refused", "unavailable", "failed"),
    ],
    buckets=(0.0001, 0.00025, 0.0005, *LATENCY_BUCKETS),
)
