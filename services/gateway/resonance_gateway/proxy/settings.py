"""Settings of proxy mode, from the environment; see `resonance_runtime.settings`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, FilePath
from pydantic_settings import BaseSettings
from yarl import URL

from resonance_gateway.proxy.policy import HostHeader, OverLimit, Users

_SCHEMES: Final = frozenset({"ws", "wss", "http", "https"})
_NAME: Final = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{0,128}$"


def _address(value: str) -> str:
    """The address of a backend: a scheme, a host, perhaps a port, and nothing else."""
    if not value:
        return value
    try:
        url = URL(value)
        right = url.scheme in _SCHEMES and url.host and url.port and url.user is None
    except ValueError:
        right = False
    if not right or url.raw_path_qs not in ("", "/") or url.raw_fragment:
        raise ValueError("expected an address without path as ws://host:port, with ws, wss, http or https")
    return value


class UpstreamSettings(BaseSettings):
    """The backend behind the gateway, if there is one.

    Attributes:
        upstream: Its address, as ws://host:port (or wss, http, https); "" for none.
        plain_upstream: The same as `UPSTREAM`; RESONANCE_UPSTREAM goes before it.
        upstream_auth: Whether WebSocket clients must prove who they are; where it is optional, the others are
            anonymous.
        upstream_token_query: Name of a query parameter that may hold a token, "" for none.
        upstream_token_cookie: Name of a cookie that may hold a token, "" for none.
        upstream_user_header: Name of the header in which a trusted proxy names the user, "" for none.
        upstream_over_limit: What becomes of a message that is one too many: close the connection, or let it wait.
        upstream_host: Which Host header the backend gets: the client's, or the backend's own address.
        upstream_ca_file: Certificates of authorities, PEM, that a backend with TLS must have its own from; where it is
            not set, those of the machine.
        upstream_max_message_bytes: Largest message of a client.
        upstream_timeout_s: Longest wait for the backend to connect and to answer a handshake, seconds.
    """

    upstream: Annotated[str, AfterValidator(_address)] = ""
    plain_upstream: Annotated[str, AfterValidator(_address)] = Field("", validation_alias="UPSTREAM")
    upstream_auth: Users = Users.OPTIONAL
    upstream_token_query: str = Field("", max_length=128)
    upstream_token_cookie: str = Field("", pattern=_NAME)
    upstream_user_header: str = Field("", pattern=_NAME)
    upstream_over_limit: OverLimit = OverLimit.CLOSE
    upstream_host: HostHeader = HostHeader.CLIENT
    upstream_ca_file: FilePath | None = None
    upstream_max_message_bytes: int = Field(1_048_576, ge=1024, le=2**31 - 1)
    upstream_timeout_s: float = Field(5.0, gt=0, le=300)

    @property
    def backend(self) -> str:
        """The backend's address; "" where the gateway is in front of none."""
        return self.upstream or self.plain_upstream
