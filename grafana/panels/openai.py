"""OpenAI Intelligence: how fast, how dear and how good the words of language models are."""

from __future__ import annotations

from panels.panel import Board, Panel, quantile, rate, within

TASKS = "resonance_task_duration_seconds"
ASKED = "gen_ai_client_operation_duration_seconds"
LLM = '{task=~"explain_prediction|analyze_.*|incident_plan|assistant_lag"}'
SMART = '{task="generate_smart_alert"}'
ROWS = {
    "API response times": [
        Panel(
            "Analyses within 5 s",
            {"of 100": within(TASKS, "5.0", LLM)},
            "Of the last quarter of an hour. 90 % are promised.",
            unit="percentunit",
            kind="stat",
            width=4,
            level=0.9,
            least=True,
        ),
        Panel(
            "Time of OpenAI to answer",
            {
                "half": quantile(0.5, "openai_response_duration_seconds"),
                "95 of 100": quantile(0.95, "openai_response_duration_seconds"),
            },
            "Failed requests too. Above 5 s words come late: another provider, or a smaller model, is faster.",
            unit="s",
            width=10,
            level=5,
        ),
        Panel(
            "Requests to OpenAI",
            {"{{outcome}}": rate("openai_requests_total", "outcome") + " > 0", "all": rate("openai_requests_total")},
            "`written` is a success; of others each that occurs. `quota` and `auth` need somebody at the account.",
            unit="cps",
            width=10,
        ),
        Panel(
            "Time of every provider, 95 of 100",
            {"{{gen_ai_provider_name}}": quantile(0.95, ASKED, "gen_ai_provider_name")},
            "The order of providers is in the file of routes.",
            unit="s",
            level=5,
        ),
        Panel(
            "Circuit breakers that are not closed",
            {"{{provider}}": '1 - max by (provider) (resonance_llm_breaker_state{state="closed"})'},
            "At 1 a provider failed again and again and is left alone for a while; others, or our own writer, write.",
            top=1,
            level=1,
        ),
        Panel(
            "Time of a task, 95 of 100",
            {"{{task}}": quantile(0.95, TASKS, "task")},
            "From question to answer, by whoever writes.",
            unit="s",
            level=5,
        ),
    ],
    "Token usage and costs": [
        Panel(
            "Tokens of OpenAI",
            {"{{direction}}": rate("openai_tokens_used_total", "direction")},
            "Tokens that it charged for, a second.",
            unit="cps",
        ),
        Panel(
            "Tokens of every provider",
            {
                "{{gen_ai_provider_name}}, {{gen_ai_token_type}}": rate(
                    "gen_ai_client_token_usage_sum", "gen_ai_provider_name, gen_ai_token_type"
                )
            },
            "Input grows with what is asked, output with how long words are; OPENAI_MAX_TOKENS bounds it.",
            unit="cps",
        ),
        Panel(
            "Spent in an hour",
            {"{{provider}}, {{task}}": "sum by (provider, task) (increase(resonance_llm_cost_dollars_total[1h]))"},
            "By the prices in the file of routes.",
            unit="currencyUSD",
            stacked=True,
        ),
        Panel(
            "Left of today's budgets",
            {
                "{{scope}}": "min by (scope) (resonance_llm_budget_left_dollars)",
                "{{scope}}, all of it": "max by (scope) (resonance_llm_budget_dollars)",
            },
            "Neither spent nor reserved; days are those of UTC. At 0 our own writer writes until midnight.",
            unit="currencyUSD",
        ),
        Panel(
            "Requests for models without a price",
            {
                "{{model}}": rate("resonance_llm_unpriced_requests_total", "model")
                + ' or label_replace(vector(0), "model", "none", "", "")',
            },
            "None is right: state the price in the file of routes.",
            unit="cps",
        ),
        Panel(
            "Words found in the cache",
            {"{{outcome}}": rate("resonance_llm_cache_requests_total", "outcome")},
            "A hit costs nothing. The same question in the same words is a hit.",
            unit="cps",
        ),
    ],
    "Analysis quality metrics": [
        Panel(
            "Words judged by another provider",
            {
                "{{outcome}}": "sum by (outcome) (increase(resonance_llm_critiques_total[15m])) > 0",
                "all": "sum(increase(resonance_llm_critiques_total[15m]))",
            },
            "In a quarter of an hour. held, revised and contested are verdicts; the others say why there was none. "
            "Many contested: read some, and change the model.",
        ),
        Panel(
            "Attempts, by what came of them",
            {"{{provider}}: {{outcome}}": rate("resonance_llm_requests_total", "provider, outcome")},
            "`vetoed` broke a principle, `broken_answer` did not say what was asked: neither was shown to anybody.",
            unit="cps",
        ),
        Panel(
            "Words, by who wrote them",
            {"{{writer}}, degraded: {{degraded}}": rate("resonance_llm_wordings_total", "writer, degraded")},
            "Degraded: a provider that comes first failed on the way.",
            unit="cps",
        ),
        Panel(
            "Tasks answered",
            {"{{task}}: {{outcome}}": rate("resonance_tasks_answered_total", "task, outcome")},
            "By who wrote, or by the status of the problem.",
            unit="cps",
        ),
    ],
    "Smart alert effectiveness": [
        Panel(
            "Smart alerts within 3 s",
            {
                "asked for": within(TASKS, "3.0", SMART),
                "in the stream": within(
                    "resonance_pipeline_delay_seconds", "3.0", '{step="words", since="first_frame"}'
                ),
            },
            "Of the last quarter of an hour. 95 % are promised.",
            unit="percentunit",
            kind="stat",
            level=0.95,
            least=True,
        ),
        Panel(
            "First frame to words, and to a page",
            {
                "words, 95 of 100": quantile(
                    0.95, "resonance_pipeline_delay_seconds", where='{step="words", since="first_frame"}'
                ),
                "page, 95 of 100": quantile(
                    0.95, "resonance_pipeline_delay_seconds", where='{step="page", since="first_frame"}'
                ),
            },
            "Live traffic alone. 95 of 100 have 3 s. Slow words: see the time of providers; pages wait for no words.",
            unit="s",
            level=3,
        ),
        Panel(
            "Alerts called true by operators",
            {"{{kind}}": "1 - max by (kind) (resonance_predictor_false_verdicts_ratio)"},
            "Share of verdicts, by kind; nothing where none was given.",
            unit="percentunit",
            top=1,
        ),
        Panel(
            "Enriched alerts of an hour",
            {"{{stage}} by {{writer}}": "sum by (stage, writer) (increase(resonance_alerts_enriched_total[1h]))"},
            "facts come at once, explained with an explanation, judged after another provider read it.",
        ),
    ],
}
BOARD = Board(
    "openai", "OpenAI Intelligence", "Do language models answer in time, what do they cost, and are they right?", ROWS
)
