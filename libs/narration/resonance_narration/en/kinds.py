"""How English names rules, themes, severities and detectors."""

from __future__ import annotations

from typing import Final

from resonance_narration.facts import Detector, Severity
from resonance_narration.themes import Theme
from resonance_narration.voice import ThemeWords

RULES: Final[dict[str, str]] = {
    "message_flood": "Flood of messages",
    "error_spike": "Spike of errors",
    "rate_limit_abuse": "Repeatedly over the rate limit",
    "token_sharing": "One token used from several addresses",
    "address_rotation": "Rotating addresses",
    "clockwork_timing": "Messages at clockwork intervals",
}

THEMES: Final[dict[Theme, ThemeWords]] = {
    Theme.VOLUME: ThemeWords(
        "Unusual volume of traffic",
        "See whether other users are slowed; if they are, lower this account's rate limit.",
    ),
    Theme.ERRORS: ThemeWords(
        "Unusual errors",
        "Read the refused frames of this account: a broken client and a service that fails look alike from here.",
    ),
    Theme.LIMITS: ThemeWords(
        "Unusual number of frames over the rate limit",
        "Keep the limit in place and find out what makes the client repeat itself.",
    ),
    Theme.SESSION: ThemeWords(
        "Unusual sessions",
        "Compare the account's connects and logins with those of others to rule out a network problem.",
    ),
    Theme.CHANNELS: ThemeWords(
        "Unusual use of channels",
        "Check which channels were used and whether the account needs them.",
    ),
    Theme.TIMING: ThemeWords(
        "Unusual rhythm of messages",
        "Find out whether automation is allowed for this account before you limit it.",
    ),
    Theme.ADDRESSES: ThemeWords(
        "Unusual addresses",
        "Check whether the addresses belong to one network or a known proxy before you act on the account.",
    ),
    Theme.TOKENS: ThemeWords(
        "Unusual use of tokens",
        "Ask the account's owner whether the places are theirs; if they are not, revoke the token.",
    ),
    Theme.DROP: ThemeWords(
        "Less activity than usual",
        "Check whether the client or the network failed: a quiet account is often one that cannot get through.",
    ),
    Theme.GENERAL: ThemeWords(
        "Unusual behaviour",
        "Compare the values that weigh most with the account's recent history before you act.",
    ),
}

SEVERITIES: Final[dict[Severity, str]] = {
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
    Severity.CRITICAL: "critical",
}

DETECTORS: Final[dict[Detector, str]] = {
    Detector.RULE: "rule",
    Detector.BASELINE: "baseline",
    Detector.MODEL: "model",
}
