"""Settings of the network edge, from the environment; see `resonance_runtime.settings`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from resonance_gateway.edge.origins import Origins
from resonance_gateway.edge.trust import ProxyHeader, networks


def _readable_by(parse: Callable[[str], object]) -> Callable[[str], str]:
    def check(value: str) -> str:
        parse(value)
        return value

    return check


class EdgeSettings(BaseSettings):
    """Who may connect, from where and how.

    Attributes:
        trusted_proxies: Addresses and CIDR blocks of proxies, separated by commas; only they are believed where a
            client is. None by default.
        proxy_header: In which header they name their clients; auto reads both, and believes neither where they differ.
        proxy_protocol: Whether connections begin with a PROXY header; then only trusted proxies may connect.
        tls_cert_file, tls_key_file: Certificate with its chain, and key, PEM; without them, plain HTTP is spoken.
        tls_client_ca_file: Certificates of authorities, PEM; then clients need a certificate of theirs.
        allowed_origins: Web pages that may open WebSockets besides the gateway's own, separated by commas.
        max_connections: Open connections in all.
        max_connections_per_address: Open connections of one IPv4 address or IPv6 /64.
    """

    trusted_proxies: Annotated[str, AfterValidator(_readable_by(networks))] = ""
    proxy_header: ProxyHeader = ProxyHeader.AUTO
    proxy_protocol: Literal["off", "on"] = "off"
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    tls_client_ca_file: Path | None = None
    allowed_origins: Annotated[str, AfterValidator(_readable_by(Origins))] = ""
    max_connections: int = Field(20_000, ge=1, le=1_000_000)
    max_connections_per_address: int = Field(1000, ge=1, le=1_000_000)
