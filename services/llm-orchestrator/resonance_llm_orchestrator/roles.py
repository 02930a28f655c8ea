"""Who an alert is for, unless somebody says otherwise."""

from __future__ import annotations

from typing import Final

from resonance_narration import Role

SECURITY_KINDS: Final = frozenset({"token_sharing", "address_rotation", "unusual_addresses", "unusual_tokens"})


def role_for(kind: str) -> Role:
    """Role by the kind of incident: addresses and tokens are for security, the rest is for devops."""
    return Role.SECURITY if kind in SECURITY_KINDS else Role.DEVOPS
