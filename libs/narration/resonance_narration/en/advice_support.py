"""What English tells those who talk to users."""

from __future__ import annotations

from typing import Final

from resonance_narration.themes import Theme
from resonance_narration.voice import Advice, RoleAdvice

ADVICE: Final = RoleAdvice(
    open={
        Theme.VOLUME: Advice(
            "The user may find that part of their messages is delayed.",
            (
                "If the user writes, say that unusually heavy traffic was seen and that it is being looked at.",
                "Ask whether they run a script or a second client.",
            ),
        ),
        Theme.ERRORS: Advice(
            "The user probably sees error messages or actions that do nothing.",
            (
                "Ask the user to update the app and to sign in again.",
                "Pass the time and the wording of the error to the developers.",
            ),
        ),
        Theme.LIMITS: Advice(
            "Part of the user's messages is refused until the pace slows down.",
            (
                "Explain that the limit passes by itself once messages come more slowly.",
                "Ask whether an extension or a script sends on their behalf.",
            ),
        ),
        Theme.SESSION: Advice(
            "The user may be disconnected or asked to sign in more often than they like.",
            (
                "Ask about their network and whether another network helps.",
                "Ask whether they recently changed their device.",
            ),
        ),
        Theme.CHANNELS: Advice(
            "The user may receive far more, or far fewer, updates than they expect.",
            (
                "Ask which channels they need and help to leave the others.",
                "Check that they see the channels they are entitled to.",
            ),
        ),
        Theme.TIMING: Advice(
            "The user will hardly notice anything; their traffic looks automatic.",
            (
                "If the user writes, ask in a friendly way whether a tool works on their behalf.",
                "Point to the rules on automation and to the way to register it.",
            ),
        ),
        Theme.ADDRESSES: Advice(
            "The user may be asked to confirm who they are.",
            (
                "Ask whether they travel or use a private network service.",
                "Offer to check the list of their devices with them.",
            ),
        ),
        Theme.TOKENS: Advice(
            "The user may have to sign in again on their devices.",
            (
                "Ask whether they know all places and devices that are signed in.",
                "If they do not, help them change the password and sign out everywhere.",
            ),
        ),
        Theme.DROP: Advice(
            "The user may have lost the connection without noticing.",
            (
                "If the user writes, ask whether messages arrive and whether a restart of the app helps.",
                "Pass on several such reports at once as a possible outage.",
            ),
        ),
        Theme.GENERAL: Advice(
            "The user may notice nothing at all.",
            (
                "If the user writes, ask what they were doing and note the time.",
                "Promise nothing and suspect nobody until the cause is known.",
            ),
        ),
    },
    resolved=(
        "If the user wrote, tell them that it is over and ask whether everything works.",
        "Close the tickets that belong to this incident.",
    ),
)
