"""Settings of the gateway, from the environment; see `resonance_runtime.settings`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_core import from_json

from resonance_gateway.auth.verifying import secret_fault
from resonance_gateway.channels.policies import Policy
from resonance_gateway.edge.settings import EdgeSettings
from resonance_gateway.people.keys import Key, keys_of
from resonance_gateway.proxy.settings import UpstreamSettings
from resonance_runtime.settings import RedisPassword, RuntimeSettings

MIN_SECRET: Final = 32


def _secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        _long_enough(value)
        if (fault := secret_fault(value.get_secret_value())) is not None:
            raise ValueError(fault)
    return value


def _secrets(value: SecretStr | None) -> SecretStr | None:
    for line in () if value is None else value.get_secret_value().splitlines():
        _secret(SecretStr(line))
    return value


def _long_enough(secret: SecretStr) -> SecretStr:
    length = len(secret.get_secret_value())
    if length < MIN_SECRET:
        raise ValueError(f"expected at least {MIN_SECRET} random characters, but it has {length}")
    return secret


def _secret_key(value: SecretStr | None) -> SecretStr | None:
    return value if value is None else _long_enough(value)


def _secret_keys(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        keys_of(value.get_secret_value())
    return value


def _json(value: object) -> object:
    """The value of a JSON text; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return from_json(value)
    except ValueError as error:
        raise ValueError(f'expected JSON, like {{"prices.*": "conflate"}}, but {error}') from None


class GatewaySettings(RuntimeSettings, RedisPassword, EdgeSettings, UpstreamSettings):
    """What the gateway needs to know; `edge.settings` has what it needs to know of the network.

    Attributes:
        jwt_secret: Key that tokens are signed with (HS256), at least 32 characters (RFC 7518, section 3.2).
        jwt_previous_secrets: Such keys that are still accepted, one a line.
        jwks_file: Path of a set of public keys (RFC 7517) that tokens are signed with; read again when it changes.
        jwks_url: Address of such a set, https:// or, inside your own network, http://.
        jwt_issuer: What the claim `iss` of tokens must be; several separated by commas. Not asked for where empty.
        jwt_audience: What the claim `aud` must contain; several separated by commas. Not asked for where empty.
        api_keys_file: Path of the API keys, see `auth.api_keys`; read again when it changes.
        pseudonym_key: Key of the pseudonyms, at least 32 characters; the same on every gateway.
        pseudonym_keys: Keys with ids, as id:secret, separated by commas or lines: the first makes new pseudonyms, with
            its id in them; the others, and `pseudonym_key` where both are given, are known for erasing people.
        rate: Frames a second that a user may send in the long run.
        burst: Frames that a user may send at once.
        request_rate, request_burst: REST requests of one caller, a second and at once.
        address_rate, address_burst: The same of all users of one address together, of one /64 network with IPv6.
        max_frame_bytes: Largest frame.
        max_connections_per_user: Open connections of one user on one gateway.
        max_unsent_events: Events that may wait for the broker.
        auth_timeout_s: Time for a client to authenticate, seconds.
        heartbeat_s: Time between pings to a quiet client, seconds.
        explain_timeout_s: Longest wait for an explanation, seconds.
        redis_url, redis_password: Redis that replicas share, as redis://[:password@]host:port[/database]; without it
            each is alone.
        history_size: Publications of each channel that can be recovered.
        history_ttl_s: How long they can be after the last one, seconds.
        max_queue_bytes: Bytes that may wait for one client that reads slowly.
        channel_policies: What happens beyond that, by pattern of channels, see `channels.policies`; JSON.
        max_channels: Channels that one connection may subscribe to.
        recent_vectors: Newest feature vectors that are remembered for `/ml/features/recent`.
        recent_max_age_hours: How long each of them is remembered, hours.
    """

    jwt_secret: Annotated[SecretStr | None, AfterValidator(_secret)] = None
    jwt_previous_secrets: Annotated[SecretStr | None, AfterValidator(_secrets)] = None
    jwks_file: Path | None = None
    jwks_url: str | None = Field(None, pattern=r"^https?://[^@\s]+$")
    jwt_issuer: str = ""
    jwt_audience: str = ""
    api_keys_file: Path | None = None
    pseudonym_key: Annotated[SecretStr | None, AfterValidator(_secret_key)] = None
    pseudonym_keys: Annotated[SecretStr | None, AfterValidator(_secret_keys)] = None
    rate: float = Field(10.0, gt=0, le=1e6, allow_inf_nan=False)
    burst: float = Field(100.0, ge=1, le=1e6, allow_inf_nan=False)
    request_rate: float = Field(200.0, gt=0, le=1e6, allow_inf_nan=False)
    request_burst: float = Field(2000.0, ge=1, le=1e6, allow_inf_nan=False)
    address_rate: float = Field(200.0, gt=0, le=1e6, allow_inf_nan=False)
    address_burst: float = Field(2000.0, ge=1, le=1e6, allow_inf_nan=False)
    max_frame_bytes: int = Field(65_536, ge=1024, le=1_048_576)
    max_connections_per_user: int = Field(64, ge=1, le=100_000)
    max_unsent_events: int = Field(200_000, ge=1000, le=10_000_000)
    auth_timeout_s: float = Field(10.0, gt=0, le=300)
    heartbeat_s: float = Field(30.0, gt=0, le=3600)
    explain_timeout_s: float = Field(2.0, gt=0, le=60)
    redis_url: str | None = Field(None, pattern=r"^rediss?://")
    history_size: int = Field(100, ge=1, le=10_000)
    history_ttl_s: int = Field(300, ge=1, le=24 * 3600)
    max_queue_bytes: int = Field(1_048_576, ge=131_072, le=2**30)
    channel_policies: Annotated[dict[str, Policy], BeforeValidator(_json)] = Field(default_factory=dict)
    max_channels: int = Field(256, ge=1, le=100_000)
    recent_vectors: int = Field(1000, ge=1, le=100_000)
    recent_max_age_hours: float = Field(24.0, gt=0, le=24 * 365)

    @property
    def keys_of_pseudonyms(self) -> tuple[Key, ...]:
        """All keys of pseudonyms, the one that makes new ones first."""
        named, alone = self.pseudonym_keys, self.pseudonym_key
        return (
            *(() if named is None else keys_of(named.get_secret_value())),
            *(() if alone is None else (Key("", alone.get_secret_value()),)),
        )

    @model_validator(mode="after")
    def _people_have_pseudonyms(self) -> Self:
        """Nothing may leave the gateway under a user id."""
        if not self.keys_of_pseudonyms:
            raise ValueError(
                "At least one of RESONANCE_PSEUDONYM_KEYS and RESONANCE_PSEUDONYM_KEY is needed to make pseudonyms"
            )
        return self

    @model_validator(mode="after")
    def _tokens_can_be_checked(self) -> Self:
        """Somebody must be able to come in."""
        if self.jwt_secret is None and self.jwks_file is None and self.jwks_url is None:
            raise ValueError(
                "At least one of RESONANCE_JWT_SECRET, RESONANCE_JWKS_FILE and RESONANCE_JWKS_URL is needed to check "
                "tokens"
            )
        return self
