"""Pipeline: whether frames become anomalies, explanations and notifications, and where they are held up."""

from __future__ import annotations

from panels.panel import Board, Panel, quantile, rate

DELAY = "resonance_pipeline_delay_seconds"
EXPIRES = "resonance_gateway_certificate_expires_timestamp_seconds"
ROWS = {
    "Is it up": [
        Panel(
            "Services that are ready",
            {"{{service}}": "min by (service) (resonance_service_ready)"},
            "1 when every replica is ready. At 0, `/readyz` of the service names the condition that is not met.",
            kind="stat",
            width=10,
            level=1,
            least=True,
        ),
        Panel(
            "Alerts about Resonance itself",
            {"firing": 'sum(ALERTS{alertstate="firing"}) or vector(0)'},
            "How many of our own alert rules fire; their names are the red marks of every panel, and in Alertmanager.",
            kind="stat",
            width=4,
            level=1,
        ),
        Panel(
            "Works without something",
            {
                "{{service}}": (
                    "sum by (service) (resonance_service_degraded) or on (service) 0 * sum by (service) "
                    "(resonance_service_ready)"
                )
            },
            "Things that a service does without for now, such as a model or Redis. Its `/health` says which and why.",
            width=10,
        ),
    ],
    "From the first frame": [
        Panel(
            "First frame to anomaly",
            {
                "half": quantile(0.5, DELAY, where='{step="anomaly", since="first_frame"}'),
                "99 of 100": quantile(0.99, DELAY, where='{step="anomaly", since="first_frame"}'),
            },
            "From the gateway reading the first frame of a vector to its anomaly on Kafka. 99 of 100 have 500 ms. "
            "Above: look for the group with lag below. Live traffic alone, without replays and the demonstration.",
            unit="s",
            level=0.5,
        ),
        Panel(
            "First frame to each step, 99 of 100",
            {"{{step}}": quantile(0.99, DELAY, "step", where='{since="first_frame"}')},
            "The step that rises first is the one that holds up the others. `notification` waits for its group by "
            "design; pages do not wait.",
            unit="s",
        ),
        Panel(
            "Last frame to each step, half",
            {"{{step}}": quantile(0.5, DELAY, "step", where='{since="last_frame"}')},
            "The same from the last frame of a vector: what the pipeline itself takes, without the frames.",
            unit="s",
        ),
    ],
    "Way in": [
        Panel(
            "Frames and stored events",
            {
                "frames": rate("resonance_gateway_frames_total"),
                "events stored": rate("resonance_gateway_events_stored_total"),
                "told by backends, {{way}}": rate("resonance_gateway_events_received_total", "way"),
            },
            "Events follow frames. If they fall behind, the broker does not acknowledge: see whether Kafka is up.",
            unit="cps",
        ),
        Panel(
            "Connections",
            {"{{endpoint}}": "sum by (endpoint) (resonance_gateway_connections)"},
            "Open WebSocket connections: of users, of operators who follow alerts, and to the backend behind.",
        ),
        Panel(
            "Refused frames and tokens",
            {
                "frame: {{code}}": rate("resonance_gateway_error_frames_total", "code") + " > 0",
                "limited: {{scope}}, {{reason}}": rate("websocket_rate_limit_total", "scope, reason") + " > 0",
                "token: {{reason}}": rate("resonance_gateway_tokens_refused_total", "reason") + " > 0",
                "all": "sum(rate(resonance_gateway_error_frames_total[$__rate_interval])) + "
                "sum(rate(websocket_rate_limit_total[$__rate_interval])) + "
                "sum(rate(resonance_gateway_tokens_refused_total[$__rate_interval]))",
            },
            "Of each reason that occurs. Many `expired` or `signature` at once: the issuer or its keys changed.",
            unit="cps",
        ),
        Panel(
            "Lost or sent again",
            {
                "events lost": rate("resonance_gateway_events_dropped_total"),
                "batches sent again": rate("resonance_gateway_send_failures_total"),
                "slow readers": rate("resonance_gateway_slow_reader_drops_total"),
                "refused from backends": rate("resonance_gateway_events_refused_total"),
                "records lost by retention": rate("resonance_records_lost_total"),
            },
            "All of these are 0 while all is well. Lost events: Kafka is away for longer than memory lasts.",
            unit="cps",
        ),
        Panel(
            "Events that wait for the broker",
            {"{{instance}}": "resonance_gateway_events_unsent"},
            "Near RESONANCE_MAX_UNSENT_EVENTS, events of clients that do not wait for acknowledgements are lost.",
        ),
        Panel(
            "REST answers within 100 ms, 99 of 100",
            {"{{route}}": quantile(0.99, "resonance_gateway_request_duration_seconds", "route")},
            "Time to answer by route. Routes that ask a language model or train take longer by design.",
            unit="s",
        ),
    ],
    "Between services": [
        Panel(
            "Records that wait",
            {"{{group}}": "sum by (group) (resonance_consumer_lag_records)"},
            "Lag of each group of consumers. One that grows is too slow or stuck: start more replicas, see its log.",
        ),
        Panel(
            "Watermark behind the clock",
            {"{{group}}": "max by (group) (resonance_watermark_delay_seconds)"},
            "How old event time was when the last vectors were made or judged. Steady growth: a gateway does not send.",
            unit="s",
        ),
        Panel(
            "Records handled",
            {"{{group}}": rate("resonance_records_consumed_total", "group")},
            "A group at 0 while others work, and with lag, is stuck.",
            unit="cps",
        ),
        Panel(
            "Time to handle a batch, 99 of 100",
            {"{{group}}": quantile(0.99, "resonance_handle_duration_seconds", "group")},
            "Groups that ask a language model take as long as it does; the others milliseconds.",
            unit="s",
        ),
        Panel(
            "Records written",
            {"{{topic}}": rate("resonance_records_produced_total", "topic")},
            "What services tell each other, by topic.",
            unit="cps",
        ),
        Panel(
            "Dead letters and repeated attempts",
            {
                "dead letters: {{group}}": "sum by (group) (resonance_dead_letters_total) > 0",
                "attempts a second: {{cause}}": rate("resonance_retries_total", "cause"),
                "dead letters, all": "sum(resonance_dead_letters_total)",
            },
            "Each dead letter is in `<topic>.dlq` with its reason. Attempts go on until what is away is back.",
        ),
    ],
    "State": [
        Panel(
            "Time to write a snapshot, 99 of 100",
            {"{{group}}": quantile(0.99, "resonance_snapshot_duration_seconds", "group")},
            "Slow snapshots come from a slow object store; replays after a crash become longer.",
            unit="s",
        ),
        Panel(
            "Snapshots written",
            {"{{group}}": rate("resonance_snapshot_written_bytes_total", "group")},
            "Bytes of state that go into the object store.",
            unit="Bps",
        ),
        Panel(
            "Time to restore a partition, longest",
            {"{{group}}": "histogram_quantile(1, sum by (le, group) (resonance_restore_duration_seconds_bucket))"},
            "Since each process began. A partition is not handled while it is restored.",
            unit="s",
        ),
        Panel(
            "Users known",
            {"by their features": "sum(resonance_features_users)", "by their normal": "sum(resonance_predictor_users)"},
            "Who gave no event for 24 h is forgotten.",
        ),
        Panel(
            "Memory of users",
            {"{{instance}}": "resonance_features_state_bytes"},
            "Of the feature-extractor. Near the limit of its container, start more replicas.",
            unit="bytes",
        ),
        Panel(
            "Events that change nothing",
            {"{{what}}": rate("resonance_features_skipped_total", "what")},
            "Repeats follow retries and crashes. Sources forgotten early belong to users with more than 1,024 of them.",
            unit="cps",
        ),
    ],
    "Redis": [
        Panel(
            "Newest values of users",
            {"{{kind}}: {{outcome}}": rate("resonance_online_values_total", "kind, outcome")},
            "A dropped value leaves its user behind until the next; an older one comes from a replay.",
            unit="cps",
        ),
        Panel(
            "Round trip to Redis, 99 of 100",
            {
                "{{kind}}": quantile(0.99, "resonance_online_write_duration_seconds", "kind"),
                "limits": quantile(0.99, "resonance_gateway_limit_sync_duration_seconds"),
            },
            "Values wait for Redis and nothing waits for values. Above 100 ms, Redis is short of something.",
            unit="s",
        ),
        Panel(
            "Waiting for Redis, and failures",
            {
                "{{kind}} that wait": "sum by (kind) (resonance_online_waiting_values)",
                "{{kind}}: dropped batches": "sum by (kind) (increase(resonance_online_batches_dropped_total[5m]))",
                "{{kind}}: failed": "sum by (kind) (increase(resonance_online_failures_total[5m]))",
                "limits: failed": "sum(increase(resonance_gateway_limit_sync_failures_total[5m]))",
                "channels: failed": "sum(increase(resonance_gateway_channel_failures_total[5m]))",
            },
            "Over five minutes. While Redis is away, newest values wait, limits are each gateway's own.",
        ),
    ],
    "Channels, limits, and the backend behind": [
        Panel(
            "Publications",
            {
                "reach: {{reach}}": rate("resonance_gateway_publications_total", "reach"),
                "subscriptions {{outcome}}": rate("resonance_gateway_channel_recoveries_total", "outcome"),
            },
            "`here` is while Redis is away: clients of other gateways do not get it. `not_recovered` missed something.",
            unit="cps",
        ),
        Panel(
            "Limits in force",
            {
                "of clients, set by models or operators": "max(resonance_gateway_limits_adjusted)",
                "of users, set by models": "sum(resonance_predictor_limited_users)",
            },
            "Clients with a limit of their own. `GET /ml/limits/{user}` says why one has it.",
        ),
        Panel(
            "Backend behind the gateway: handshakes, 99 of 100",
            {"time": quantile(0.99, "resonance_gateway_upstream_handshake_duration_seconds") + " or vector(0)"},
            "Time of the backend to answer a WebSocket handshake, of the proxy alone.",
            unit="s",
        ),
        Panel(
            "Backend behind the gateway",
            {
                "messages": rate("resonance_gateway_upstream_messages_total"),
                "not answered: {{reason}}": rate("resonance_gateway_upstream_failures_total", "reason"),
            },
            "Of the proxy alone; 0 where there is none. Failures are the backend's: see its log.",
            unit="cps",
        ),
        Panel(
            "Connections refused or ended",
            {
                "refused: {{reason}}": rate("resonance_gateway_connections_refused_total", "reason"),
                "token expired": rate("resonance_gateway_tokens_expired_total"),
                "keys of the issuer: {{result}}": rate("resonance_gateway_key_fetches_total", "result"),
            },
            "`tls` and `proxy` come from clients that speak something else than is configured.",
            unit="cps",
        ),
        Panel(
            "Clock ahead of the broker's",
            {"{{job}}": "max by (job) (resonance_clock_ahead_seconds)"},
            "Negative where it is behind. Beyond 2 s events are stamped by the broker's: set the one that is wrong.",
            unit="s",
        ),
        Panel(
            "Days until the certificate expires",
            {
                "{{instance}}": f"({EXPIRES} > 0) / 86400 - time() / 86400 "
                "or on (instance) 0 * resonance_gateway_events_unsent"
            },
            "Of TLS at the gateway; 0 where it has none. Below 14 days renew it: the file is read anew.",
            unit="d",
        ),
    ],
    "Traces": [
        Panel(
            "Spans sent to the collector",
            {"{{job}}": "sum by (job) (rate(resonance_trace_spans_exported_total[1m]))"},
            "0 where OTEL_EXPORTER_OTLP_ENDPOINT names no collector. See docs/operations/traces.md.",
            unit="cps",
        ),
        Panel(
            "Spans lost, by why",
            {"{{job}}: {{reason}}": "sum by (job, reason) (rate(resonance_trace_spans_lost_total[5m]))"},
            "`full`: the collector is slower than spans come; `refused`: it did not take them. Nothing waits for it.",
            unit="cps",
        ),
    ],
    "Way out": [
        Panel(
            "Enriched alerts",
            {"{{stage}} by {{writer}}": "sum by (stage, writer) (increase(resonance_alerts_enriched_total[5m]))"},
            "In five minutes, by who wrote the words. `offline` is our own writer, where no provider writes.",
        ),
        Panel(
            "Notifications",
            {
                "{{receiver}}, {{way}}: {{outcome}}": (
                    "sum by (receiver, way, outcome) (increase(resonance_notifications_total[5m]))"
                )
            },
            "In five minutes. What failed is in the dead letters with its reason, and told again with the next look.",
        ),
        Panel(
            "Time of a notification, 99 of 100; attempts",
            {"{{receiver}}, {{way}}": quantile(0.99, "resonance_notification_duration_seconds", "receiver, way")},
            "From the decision to tell somebody until it arrived. Above 3 s a receiver is slow.",
            unit="s",
            level=3,
        ),
        Panel(
            "Groups told of, incidents held, attempts",
            {
                "groups": "sum(resonance_notification_groups)",
                "held: {{cause}}": "sum by (cause) (resonance_incidents_held)",
                "attempts in 5 min": "sum(increase(resonance_notification_attempts_total[5m])) or vector(0)",
            },
            "Held incidents are silenced or inhibited: nobody is told. `GET /ml/silences` lists silences.",
        ),
        Panel(
            "Actions, by state",
            {"{{state}}": "max by (state) (resonance_actions)"},
            "`proposed` waits for a person: `GET /ml/actions?state=proposed`, then approve or reject.",
        ),
        Panel(
            "Actions of an hour",
            {
                "proposed: {{action}}": "sum by (action) (increase(resonance_actions_proposed_total[1h])) > 0",
                "{{decision}} by {{by}}": "sum by (decision, by) (increase(resonance_actions_decided_total[1h])) > 0",
                "{{outcome}}": "sum by (outcome) (increase(resonance_actions_executed_total[1h]))",
                "over quota": "sum(increase(resonance_actions_over_quota_total[1h]))",
                "withheld": "sum(increase(resonance_actions_withheld_total[1h]))",
            },
            "What was proposed, decided and done. Over quota or withheld: rules of the policy may be too wide.",
        ),
    ],
}
BOARD = Board("pipeline", "Pipeline", "Do frames become alerts in time, and if not, where are they held up?", ROWS)
