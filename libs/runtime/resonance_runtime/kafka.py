"""How a client gets to the brokers: where they are, by what protocol, and as whom."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings


def addresses(value: str) -> str:
    """Comma-separated host:port pairs; raises ValueError."""
    for part in value.split(","):
        if not re.fullmatch(r"[^\s:,]+:\d{1,5}", part.strip()):
            raise ValueError(f"expected host:port, or several separated by commas, but one part is {part!r}")
    return value


def _certificates(value: Path) -> Path:
    try:
        ssl.create_default_context(cafile=value)
    except OSError as error:
        raise ValueError("expected a file of certificates (PEM)") from error
    return value


CertificatesFile = Annotated[FilePath, AfterValidator(_certificates)]
"""Path of a file with certificates in it."""


class KafkaSettings(BaseSettings):
    """Where the brokers are and how they are spoken to.

    Attributes:
        kafka_bootstrap: Brokers to start from, as host:port[,host:port].
        kafka_protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the listener of the brokers speaks.
        kafka_ca_file: File of the certificates that brokers are trusted by (PEM); the system's if it is not set.
        kafka_cert_file, kafka_key_file: Files of a certificate of this client's own, and its key (PEM), where
            brokers ask for one.
        kafka_sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        kafka_user, kafka_password: Credentials, for the protocols with SASL.
        kafka_fetch_wait_ms: Longest wait of a broker for new records, milliseconds. Kafka answers as soon as there
            is one; on a broker that does not, this is the latency of every hop.
        kafka_idempotent: Idempotent producer; off only for brokers that do not know it.
        kafka_rebalance_ms: How long a group waits for its members to join again, milliseconds.
        kafka_member: Name of this process in its groups, the same after it was started again, and no other's: then it
            has its partitions back at once after it died, not when its session is over. `host` is the name of the host,
            which a container keeps. For groups that keep no state.
    """

    kafka_bootstrap: Annotated[str, AfterValidator(addresses)] = "127.0.0.1:9092"
    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_file: CertificatesFile | None = None
    kafka_cert_file: FilePath | None = None
    kafka_key_file: FilePath | None = None
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    kafka_fetch_wait_ms: int = Field(500, ge=1, le=5000)
    kafka_idempotent: bool = True
    kafka_rebalance_ms: int = Field(6000, ge=1000, le=300_000)
    kafka_member: str | None = Field(None, pattern=r"^[\w.-]+$", max_length=128)

    @property
    def kafka_tls(self) -> bool:
        """Whether the protocol is over TLS."""
        return self.kafka_protocol.endswith("SSL")

    @property
    def kafka_sasl(self) -> bool:
        """Whether the protocol asks for credentials."""
        return self.kafka_protocol.startswith("SASL")

    @model_validator(mode="after")
    def _they_fit(self) -> Self:
        given = bool(self.kafka_user), bool(self.kafka_password)
        if self.kafka_sasl and not all(given):
            raise ValueError(
                f"With RESONANCE_KAFKA_PROTOCOL={self.kafka_protocol}, RESONANCE_KAFKA_USER and "
                "RESONANCE_KAFKA_PASSWORD must be set"
            )
        if not self.kafka_sasl and any(given):
            raise ValueError(
                "RESONANCE_KAFKA_USER and RESONANCE_KAFKA_PASSWORD are for RESONANCE_KAFKA_PROTOCOL=SASL_SSL or "
                f"SASL_PLAINTEXT, but it is {self.kafka_protocol}"
            )
        if not self.kafka_tls and (self.kafka_ca_file or self.kafka_cert_file or self.kafka_key_file):
            raise ValueError(
                "RESONANCE_KAFKA_CA_FILE, RESONANCE_KAFKA_CERT_FILE and RESONANCE_KAFKA_KEY_FILE are for "
                f"RESONANCE_KAFKA_PROTOCOL=SSL or SASL_SSL, but it is {self.kafka_protocol}"
            )
        if (self.kafka_cert_file is None) != (self.kafka_key_file is None):
            raise ValueError("RESONANCE_KAFKA_CERT_FILE and RESONANCE_KAFKA_KEY_FILE must be set together")
        if self.kafka_tls:
            self._check_pair()
        return self

    def _check_pair(self) -> None:
        try:
            tls(self)
        except OSError as error:
            raise ValueError(
                "RESONANCE_KAFKA_CERT_FILE and RESONANCE_KAFKA_KEY_FILE: expected files of a certificate and "
                "of the key that belongs to it (PEM), but they are not"
            ) from error


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """What every client of aiokafka is made with: keyword arguments of producers, consumers and admin clients."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": settings.kafka_protocol,
    }
    if settings.kafka_tls:
        arguments["ssl_context"] = tls(settings)
    if settings.kafka_sasl and settings.kafka_password is not None:
        arguments |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return arguments


def tls(settings: KafkaSettings) -> ssl.SSLContext:
    """Whom this side trusts, and the certificate that it shows if it has one.

    Raises:
        OSError: A file is not there, or not of what it should be of.
    """
    context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_cert_file is not None:
        context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
    return context
