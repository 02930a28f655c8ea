"""The incidents a simulation plants, and the kinds of alert that count as having found each.

The mapping is what a person would accept: an alert counts if its name speaks of something that the planted
behaviour really does. `unusual_behaviour`, the model's kind, counts for each, since a model sees the whole.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Incident(StrEnum):
    """What a planted user does."""

    FLOOD = "flood"
    SLOW_BURN = "slow_burn"
    ERROR_STORM = "error_storm"
    ADDRESS_ROTATION = "address_rotation"
    TOKEN_SHARING = "token_sharing"  # noqa: S105 - the name of an incident, not a secret.
    RATE_LIMIT_ABUSE = "rate_limit_abuse"
    CLOCKWORK_BOT = "clockwork_bot"


ACCEPTED: Final[dict[Incident, frozenset[str]]] = {
    # More than 100 messages a minute on one channel, in an even stream.
    Incident.FLOOD: frozenset(
        {"message_flood", "unusual_volume", "unusual_channels", "unusual_timing", "unusual_behaviour"}
    ),
    # Several times the user's own pace, below every fixed threshold.
    Incident.SLOW_BURN: frozenset({"unusual_volume", "unusual_channels", "unusual_timing", "unusual_behaviour"}),
    # Most messages fail.
    Incident.ERROR_STORM: frozenset({"error_spike", "unusual_errors", "unusual_behaviour"}),
    # A new address and a new login every few messages.
    Incident.ADDRESS_ROTATION: frozenset(
        {"address_rotation", "unusual_addresses", "unusual_tokens", "unusual_session", "unusual_behaviour"}
    ),
    # One token from many addresses at once; each of them logs in.
    Incident.TOKEN_SHARING: frozenset(
        {"token_sharing", "address_rotation", "unusual_addresses", "unusual_tokens", "unusual_session",
         "unusual_behaviour"}
    ),
    # Far above the rate limit: a flood, most of which is refused, and a refusal is an error.
    Incident.RATE_LIMIT_ABUSE: frozenset(
        {"rate_limit_abuse", "message_flood", "error_spike", "unusual_limits", "unusual_volume", "unusual_errors",
         "unusual_channels", "unusual_timing", "unusual_behaviour"}
    ),
    # One message at every tick, without pause.
    Incident.CLOCKWORK_BOT: frozenset({"clockwork_timing", "unusual_timing", "unusual_behaviour"}),
}  # fmt: skip

MINUTES: Final[dict[Incident, float]] = {
    Incident.FLOOD: 5,
    Incident.SLOW_BURN: 20,
    Incident.ERROR_STORM: 8,
    Incident.ADDRESS_ROTATION: 12,
    Incident.TOKEN_SHARING: 12,
    Incident.RATE_LIMIT_ABUSE: 1.5,
    Incident.CLOCKWORK_BOT: 20,
}
"""How long each lasts, in minutes of event time."""
