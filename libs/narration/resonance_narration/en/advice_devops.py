"""What English tells those who run the platform."""

from __future__ import annotations

from typing import Final

from resonance_narration.themes import Theme
from resonance_narration.voice import Advice, RoleAdvice

ADVICE: Final = RoleAdvice(
    open={
        Theme.VOLUME: Advice(
            "Such volume from one account takes capacity from everyone on the same gateway.",
            (
                "Compare the gateway's load and the consumers' lag with the time before the incident.",
                "Lower this account's rate limit if other users are slowed.",
                "Check whether a release or a client update went out shortly before.",
            ),
        ),
        Theme.ERRORS: Advice(
            "If other accounts fail at the same time, the fault is on our side.",
            (
                "Compare the error rate of the whole gateway: one account or many?",
                "Check the health of the services behind the failing requests and roll back a fresh release.",
            ),
        ),
        Theme.LIMITS: Advice(
            "The limiter is holding; refused frames still cost connections and processor time.",
            (
                "Leave the limit in place and watch the gateway's processor time.",
                "Close the account's connections if the refused frames alone load the gateway.",
            ),
        ),
        Theme.SESSION: Advice(
            "Reconnects and odd session lengths often come from a load balancer or a network that drops connections.",
            (
                "Look for restarts, idle timeouts and dropped connections on the way to the gateway.",
                "Compare with other accounts on the same network.",
            ),
        ),
        Theme.CHANNELS: Advice(
            "Wide or dense use of channels multiplies the fan-out.",
            (
                "Check the fan-out load and the send queues of the gateway.",
                "Limit the number of subscriptions per account if the queues grow.",
            ),
        ),
        Theme.TIMING: Advice(
            "A steady automatic load is harmless until many clients share one rhythm.",
            (
                "Check whether other accounts send in the same rhythm: together they make load peaks.",
                "Move agreed automation to an account and limit of its own.",
            ),
        ),
        Theme.ADDRESSES: Advice(
            "Changing addresses weaken limits per address; the limit per account still holds.",
            (
                "Check that the gateway reads the client's address from the trusted proxies correctly.",
                "Rely on the limit per account, not per address, until this is understood.",
            ),
        ),
        Theme.TOKENS: Advice(
            "Many tokens or places for one account may also come from a proxy that hides or mixes addresses.",
            (
                "Check the trusted proxy settings: do addresses arrive unmixed?",
                "Be ready to revoke tokens when security asks for it.",
            ),
        ),
        Theme.DROP: Advice(
            "A sudden quiet is often a failure on the way, not a choice of the user.",
            (
                "Check the network path and the gateway instance that holds the account's connection.",
                "Compare with other accounts: several that fall quiet at once point to an outage.",
            ),
        ),
        Theme.GENERAL: Advice(
            "What stands out is the combination of values; no single cause is known.",
            (
                "Compare the gateway's load and errors with the time before the incident.",
                "Watch whether the number of observations grows before you intervene.",
            ),
        ),
    },
    resolved=(
        "Check that the gateway's load and lag are back where they were.",
        "Lift temporary limits that were set for this account.",
    ),
)
