"""What English tells those who write clients and services."""

from __future__ import annotations

from typing import Final

from resonance_narration.themes import Theme
from resonance_narration.voice import Advice, RoleAdvice

ADVICE: Final = RoleAdvice(
    open={
        Theme.VOLUME: Advice(
            "The usual defects are a loop that resends, a missing debounce and a payload that grew.",
            (
                "Look in the client for sends inside a loop or an event handler that fires too often.",
                "Batch small messages and shrink large payloads.",
            ),
        ),
        Theme.ERRORS: Advice(
            "The usual defects are a changed message format and a client older than the server.",
            (
                "Read the error codes in the gateway's answers to this account.",
                "Compare the client's version and message format with the current contract.",
            ),
        ),
        Theme.LIMITS: Advice(
            "The usual defect is a retry that ignores retry_after.",
            (
                "Make the client wait for retry_after and back off exponentially with jitter.",
                "Check that a refused frame is not queued again at once.",
            ),
        ),
        Theme.SESSION: Advice(
            "The usual defects are a reconnect loop and a login repeated for every request.",
            (
                "Check the client's reconnect logic and its handling of close codes.",
                "Reuse one connection and its token instead of logging in again.",
            ),
        ),
        Theme.CHANNELS: Advice(
            "The usual defects are subscriptions that are never dropped and a list of channels taken whole.",
            (
                "Check that the client unsubscribes when a view is closed.",
                "Subscribe to the channels that are shown, not to all that exist.",
            ),
        ),
        Theme.TIMING: Advice(
            "The usual source is a timer that polls where a subscription would do.",
            (
                "Replace polling by a subscription, or add jitter to the timer.",
                "Check whether a test or a monitoring script runs under this account.",
            ),
        ),
        Theme.ADDRESSES: Advice(
            "The usual sources are server-side clients behind rotating egress addresses and mobile handover.",
            (
                "Check whether a backend uses this account from several machines.",
                "Give each machine an account of its own.",
            ),
        ),
        Theme.TOKENS: Advice(
            "The usual defects are a token baked into a build and a client that requests a token per message.",
            (
                "Search configuration and builds for a token that is shared between instances.",
                "Cache the token until it expires instead of requesting a new one.",
            ),
        ),
        Theme.DROP: Advice(
            "The usual defects are a connection that hangs half open and an exception that stops the sender.",
            (
                "Check the client's ping handling and its log for an unhandled exception.",
                "Check that the client resumes sending after it reconnects.",
            ),
        ),
        Theme.GENERAL: Advice(
            "No single defect stands out; the vector of the incident shows what changed together.",
            (
                "Compare the client's version and configuration with the time before the incident.",
                "Replay the vector's values against the explanation to see which change matters.",
            ),
        ),
    },
    resolved=(
        "Add a test for the cause if it was in the client.",
        "Compare the client's log with the times of the incident.",
    ),
)
