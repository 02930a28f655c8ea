"""Whom a token or a key speaks for, and what it allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resonance_gateway.auth.grants import EVERY, UNRESERVED, Grant
from resonance_gateway.auth.roles import Role

# Later than any time that is stated.
NEVER_US: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token or a key speaks for and what it allows.

    Attributes:
        user_id: The `sub` claim, 1 to 256 bytes, or `key:<name>`; never logged, never published.
        token_id: The `jti` claim, or a digest of the token where it has none; never logged, never published.
        roles: Roles, with those they imply.
        channels: The `channels` claim; all but `admin.…` where there is none.
        subscribe, publish: The claims of these names, which narrow `channels`.
        expires_us: From then on it is not accepted, microseconds since the epoch; the tolerance of clocks is in it.
    """

    user_id: str
    token_id: str
    roles: frozenset[Role] = frozenset()
    channels: Grant = UNRESERVED
    subscribe: Grant = EVERY
    publish: Grant = EVERY
    expires_us: int = NEVER_US

    def may_subscribe(self, channel: str) -> bool:
        """Whether it may get what is published to a channel."""
        return self.channels.opens(channel) and (self.subscribe is EVERY or self.subscribe.opens(channel))

    def may_publish(self, channel: str) -> bool:
        """Whether it may publish to a channel."""
        return self.channels.opens(channel) and (self.publish is EVERY or self.publish.opens(channel))
