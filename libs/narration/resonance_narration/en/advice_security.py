"""What English tells those who guard the platform."""

from __future__ import annotations

from typing import Final

from resonance_narration.themes import Theme
from resonance_narration.voice import Advice, RoleAdvice

ADVICE: Final = RoleAdvice(
    open={
        Theme.VOLUME: Advice(
            "It may be a script, a client fault or an attempt to exhaust the service; volume alone does not tell.",
            (
                "Look for the same pattern in other accounts on the same addresses.",
                "Read samples of the messages for repeated or generated content.",
            ),
        ),
        Theme.ERRORS: Advice(
            "Many refused messages may be probing of what is allowed, or a client that lost its permission.",
            (
                "Read which requests were refused and whether they vary in a systematic way.",
                "Check the account's permissions for a recent change.",
            ),
        ),
        Theme.LIMITS: Advice(
            "Insisting against the limit may be automation that tests it, or a client without a pause between tries.",
            (
                "Check whether other accounts meet the limit from the same addresses.",
                "Extend the limit's duration if it goes on after a warning.",
            ),
        ),
        Theme.SESSION: Advice(
            "Unusual sessions may mean a borrowed session, a new device or an unstable network.",
            (
                "Compare devices and addresses of the sessions with the account's history.",
                "Ask for a fresh login if the sessions do not fit together.",
            ),
        ),
        Theme.CHANNELS: Advice(
            "Touching many channels may be a search for data; it may also be a new task or a new client.",
            (
                "Check which of the channels are sensitive and whether the account has reason to read them.",
                "Preserve the log of subscriptions before it expires.",
            ),
        ),
        Theme.TIMING: Advice(
            "Even intervals point to automation; whether it is allowed is a question of policy.",
            (
                "Check whether the account is registered for automation.",
                "Ask for a proof of presence at the next login if it is not.",
            ),
        ),
        Theme.ADDRESSES: Advice(
            "Many addresses may be a mobile network, a private network service or a pool of proxies.",
            (
                "Look up the networks and countries of the addresses and whether one trip could join them.",
                "Check which other accounts used the same addresses.",
            ),
        ),
        Theme.TOKENS: Advice(
            "A token in several places may be shared, copied or simply used behind changing addresses.",
            (
                "Revoke the token and ask for a fresh login if the places cannot belong to one person.",
                "Check what was read and sent from each of the addresses.",
                "Look for the same addresses with tokens of other accounts.",
            ),
        ),
        Theme.DROP: Advice(
            "Less activity is rarely a threat; it may follow a block or a lost credential.",
            (
                "Check whether a block or a limit was set on this account by mistake.",
                "Confirm with the account's owner that access still works, if it matters.",
            ),
        ),
        Theme.GENERAL: Advice(
            "The combination is rare, which is a reason to look and no proof of intent.",
            (
                "Compare the account's addresses and tokens with its history.",
                "Look for other accounts with the same combination.",
            ),
        ),
    },
    resolved=(
        "Note in the incident what the cause turned out to be, so that detection learns from it.",
        "Review whether tokens revoked for this incident were replaced.",
    ),
)
