"""Where the commands and programs of each page are run: nothing that people copy is left out in silence."""

from __future__ import annotations

from typing import Final

HERE: Final = frozenset(
    {
        "README.md",
        "docs/console.md",
        "docs/how-to/answer-alerts.md",
        "docs/how-to/ask-the-assistant.md",
        "docs/how-to/ask-the-models.md",
        "docs/how-to/ask-why.md",
        "docs/how-to/explain-any-model.md",
        "docs/how-to/explore-in-notebooks.md",
        "docs/how-to/find-what-slows-a-system.md",
        "docs/how-to/respond-to-incidents.md",
        "docs/how-to/route-notifications.md",
        "docs/how-to/score-a-series.md",
        "docs/how-to/score-a-table.md",
        "docs/how-to/sign-models.md",
        "docs/how-to/subscribe-to-alerts.md",
        "docs/how-to/track-from-a-backend.md",
        "docs/how-to/use-the-rest-interface.md",
        "docs/how-to/who-is-to-blame-for-lag.md",
        "libs/client/README.md",
        "libs/logs/README.md",
    }
)
"""Pages that tests/e2e/test_pages.py follows on the system at work."""

RUNBOOKS: Final = "docs/operations/runbooks/"
"""`make alerts-check` follows these while their alerts fire."""

ELSEWHERE: Final = {
    "deploy/kubernetes/README.md": "tests/kubernetes",
    "docs/adding-a-service.md": "tests/documents/test_blocks.py",
    "docs/how-to/secure-the-connections.md": "tests/compose/test_secure.py",
    "docs/operations/backup.md": "tests/upgrades",
    "docs/operations/compose.md": "tests/compose/test_stack.py",
    "docs/operations/kubernetes.md": "tests/kubernetes",
    "docs/operations/supply-chain.md": "tests/supply",
    "docs/operations/traces.md": "tests/traces",
    "docs/operations/upgrades.md": "tests/upgrades",
    "docs/reference/command-line.md": "tests/e2e/test_command_line.py",
    "libs/client/examples/README.md": "tests/e2e/test_examples.py",
}
"""What does the same on other pages: these start containers, need a cluster, or have no end."""
