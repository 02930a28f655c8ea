"""Settings of the gateway, from the environment; see `resonance_runtime.settings`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr

from resonance_runtime.settings import RuntimeSettings

MIN_SECRET: Final = 32


def _long_enough(secret: SecretStr) -> SecretStr:
    length = len(secret.get_secret_value())
    if length < MIN_SECRET:
        raise ValueError(f"expected at least {MIN_SECRET} random characters, but it has {length}")
    return secret


class GatewaySettings(RuntimeSettings):
    """What the gateway needs to know.

    Attributes:
        jwt_secret: Key that tokens are signed with (HS256), at least 32 characters (RFC 7518, section 3.2).
        pseudonym_key: Key of the pseudonyms; the same on every gateway and for ever, or users change their names.
        rate: Frames a second that a user may send in the long run.
        burst: Frames that a user may send at once.
        max_frame_bytes: Largest frame.
        max_connections_per_user: Open connections of one user on one gateway.
        max_unsent_events: Events that may wait for the broker.
        auth_timeout_s: Time for a client to authenticate, seconds.
        heartbeat_s: Time between pings to a quiet client, seconds.
        explain_timeout_s: Longest wait for an explanation, seconds.
    """

    jwt_secret: Annotated[SecretStr, AfterValidator(_long_enough)]
    pseudonym_key: Annotated[SecretStr, AfterValidator(_long_enough)]
    rate: float = Field(10.0, gt=0, le=1e6, allow_inf_nan=False)
    burst: float = Field(100.0, ge=1, le=1e6, allow_inf_nan=False)
    max_frame_bytes: int = Field(65_536, ge=1024, le=1_048_576)
    max_connections_per_user: int = Field(64, ge=1, le=100_000)
    max_unsent_events: int = Field(200_000, ge=1000, le=10_000_000)
    auth_timeout_s: float = Field(10.0, gt=0, le=300)
    heartbeat_s: float = Field(30.0, gt=0, le=3600)
    explain_timeout_s: float = Field(2.0, gt=0, le=60)
