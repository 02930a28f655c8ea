"""How to get to the brokers: where they are, by what protocol, and as whom."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from resonance_client.errors import UsageError

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Brokers, and how they are spoken to; the services take the same settings.

    Attributes:
        bootstrap: Brokers to start from, as host:port[,host:port].
        protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as their listener speaks.
        ca_file: Certificates that brokers are trusted by (PEM); the system's if left out.
        cert_file, key_file: A certificate of this client's own, and its key (PEM), where brokers ask for one.
        sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        user, password: Credentials, for the protocols with SASL.

    Raises:
        UsageError: A field is none of what is right, or two do not fit.
    """

    bootstrap: str = "127.0.0.1:9092"
    protocol: str = "PLAINTEXT"
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    sasl_mechanism: str = "SCRAM-SHA-512"
    user: str | None = None
    password: str | None = None

    def __post_init__(self) -> None:
        for part in self.bootstrap.split(","):
            if not re.fullmatch(r"[^\s:,]+:\d{1,5}", part.strip()):
                raise UsageError(
                    f"Brokers are named as host:port[,host:port], but one of {self.bootstrap!r} is {part!r}."
                )
        for what, value, right in (
            ("protocol", self.protocol, PROTOCOLS),
            ("mechanism", self.sasl_mechanism, MECHANISMS),
        ):
            if value not in right:
                raise UsageError(f"The {what} of Kafka is {value!r}; expected one of {', '.join(right)}.")
        if self.protocol.startswith("SASL") and not (self.user and self.password):
            raise UsageError(f"With the protocol {self.protocol}, Kafka asks for a user and a password.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, bootstrap: str | None = None) -> Self:
        """What RESONANCE_KAFKA_BOOTSTRAP, _PROTOCOL, _CA_FILE, _CERT_FILE, _KEY_FILE, _SASL_MECHANISM, _USER, _PASSWORD
        and _PASSWORD_FILE say; `bootstrap` comes before the first."""
        given = {
            name: environment[f"RESONANCE_KAFKA_{name.upper()}"]
            for name in cls.__dataclass_fields__
            if environment.get(f"RESONANCE_KAFKA_{name.upper()}")
        }
        file = environment.get("RESONANCE_KAFKA_PASSWORD_FILE")
        if file and "password" not in given:
            try:
                given["password"] = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise UsageError(f"The password of Kafka cannot be read from {file}: {error.strerror}.") from error
        return cls(**(given | ({"bootstrap": bootstrap} if bootstrap else {})))

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the clients of aiokafka; raises UsageError where a file is not what it should be."""
        arguments: dict[str, Any] = {"bootstrap_servers": self.bootstrap, "security_protocol": self.protocol}
        if self.protocol.endswith("SSL"):
            arguments["ssl_context"] = self._tls()
        if self.protocol.startswith("SASL"):
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return arguments

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:
            raise UsageError(f"The certificates for Kafka cannot be used: {error}.") from error
        return context
