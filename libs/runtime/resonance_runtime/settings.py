"""Typed settings from the environment.

Every variable can also be given as `<NAME>_FILE`, the path of a file with the value, beside which it may be empty
itself; an empty file is no value where none is needed. A wrong value stops the start with a sentence that names the
variable, the value and what would be right.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from resonance_runtime.errors import SettingsError
from resonance_runtime.kafka import CertificatesFile, KafkaSettings, addresses
from resonance_runtime.spans.otlp import TraceSettings

PREFIX = "RESONANCE_"
HOST = "host"

_NAME = r"^[\w.-]+$"
# A length in the pattern would be compiled to as many copies of all letters of all alphabets: 15 ms of each start.

# Variables whose values are not repeated.
_SECRET = re.compile(r"(KEYS?|SECRETS?|PASSWORD|TOKEN|REDIS_URL|JWKS_URL|NOTIFY_\w+_URL|OTLP_HEADERS)$")


def _this_process() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class RuntimeSettings(KafkaSettings, TraceSettings):
    """Settings that every service has, those of Kafka and of traces among them.

    Attributes:
        partitions: Partitions of the sharded topics when they are created.
        replication: Copies of each partition when topics are created.
        http_host, http_port: Where probes and the service's own routes listen; port 0 picks a free one.
        tls_cert_file, tls_key_file: Certificate with its chain, and key, PEM; with them, that port speaks HTTPS.
        probe_port: A second port for the probes alone, always in plain HTTP; none by default.
        probe_host: Where that port listens; `http_host` if it is not set.
        log_level: Lowest level that is logged.
        instance: Name of this process among its replicas.
        drain_s: Longest time for work in flight after SIGTERM, seconds.
        stall_s: A consumer with work and no progress for this long is not alive, seconds.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", validate_default=True, populate_by_name=True)

    partitions: int = Field(8, ge=1, le=256)
    replication: int = Field(1, ge=1, le=9)
    http_host: str = "127.0.0.1"
    http_port: int = Field(0, ge=0, le=65535)
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    probe_port: int | None = Field(None, ge=0, le=65535)
    probe_host: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    instance: str = Field(
        default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}", pattern=_NAME, max_length=128
    )
    drain_s: float = Field(10.0, gt=0, le=300)
    stall_s: float = Field(30.0, gt=0, le=3600)

    @property
    def lasting_name(self) -> str | None:
        """The name that `kafka_member` gives; None where it gives none."""
        return socket.gethostname() if self.kafka_member == HOST else self.kafka_member


class ObjectStoreSettings(BaseSettings):
    """Where artifacts and snapshots are kept: any store with the S3 API.

    Attributes:
        s3_endpoint: host:port.
        s3_access_key, s3_secret_key: Credentials.
        s3_secure: Whether to speak TLS.
        s3_ca_file: File of the certificates that the store is trusted by (PEM); the system's if it is not set.
        snapshot_interval_s: Time between snapshots of keyed state, seconds; the input is committed with each.
    """

    s3_endpoint: Annotated[str, AfterValidator(addresses)] = "127.0.0.1:9000"
    s3_access_key: SecretStr = SecretStr("minioadmin")
    s3_secret_key: SecretStr = SecretStr("minioadmin")
    s3_secure: bool = False
    s3_ca_file: CertificatesFile | None = None
    snapshot_interval_s: float = Field(2.0, gt=0, le=600)


class KeyedSettings(ObjectStoreSettings):
    """What services that keep state per user have in common.

    Attributes:
        max_age_hours: Users of whom nothing came for longer, in event time, are forgotten, hours.
    """

    max_age_hours: float = Field(24.0, gt=0, le=24 * 365)


class RedisPassword(BaseSettings):
    """The password of Redis apart from its address, so that it can come from a file of its own."""

    redis_url: str | None
    redis_password: SecretStr | None = None

    @model_validator(mode="after")
    def _in_the_address(self) -> Self:
        if self.redis_password is None or self.redis_url is None:
            return self
        parts = urlsplit(self.redis_url)
        if parts.password is not None:
            raise ValueError("RESONANCE_REDIS_URL has a password and RESONANCE_REDIS_PASSWORD is set: keep one of them")
        host = parts.netloc.rpartition("@")[2]
        secret = quote(self.redis_password.get_secret_value(), safe="")
        self.redis_url = parts._replace(netloc=f"{parts.username or ''}:{secret}@{host}").geturl()
        self.redis_password = None
        return self


class RedisSettings(RedisPassword):
    """Where online state is kept.

    Attributes:
        redis_url: redis://[:password@]host:port[/database], or rediss:// for TLS; `?ssl_ca_certs=<file>` says by which
            certificates it is trusted (PEM), else by the system's.
        redis_password: The password, where the address has none.
    """

    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^rediss?://")


class OnlineSettings(RedisPassword):
    """Whether and for how long the newest value of each user is kept in Redis.

    Attributes:
        redis_url, redis_password: As those of `RedisSettings`; without an address, nothing is kept.
        online_ttl_s: How long a value is kept after it was written, seconds.
    """

    redis_url: str | None = Field(None, pattern=r"^rediss?://")
    online_ttl_s: int = Field(24 * 3600, ge=60, le=30 * 24 * 3600)


SettingsT = TypeVar("SettingsT", bound=RuntimeSettings)


def _names(settings: type[BaseSettings]) -> dict[str, str]:
    """Environment variable of each field."""
    names = {}
    for field, info in settings.model_fields.items():
        alias = info.validation_alias
        names[field] = alias if isinstance(alias, str) else f"{PREFIX}{field.upper()}"
    return names


def _with_files(names: Mapping[str, str], optional: Container[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Values given as `<NAME>_FILE`, by the variable they stand for; an empty file of what is optional gives none."""
    found = {}
    for field, variable in names.items():
        path = environ.get(f"{variable}_FILE")
        if path is None:
            continue
        if environ.get(variable):
            raise SettingsError(f"{variable} and {variable}_FILE are both set: keep one of them.")
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{variable}_FILE is {path!r}, which cannot be read: {error.strerror}.") from error
        if value or field not in optional:
            found[variable] = value
    return found


def _sentence(names: Mapping[str, str], error: ValidationError) -> str:
    """One sentence for each wrong value; secrets are not repeated."""
    sentences = []
    for fault in error.errors():
        text = fault["msg"].removeprefix("Value error, ")
        if not fault["loc"]:
            # Of several settings together; what came would be all of them, secrets too.
            sentences.append(f"{text}.")
            continue
        field = str(fault["loc"][0])
        variable = names.get(field, field)
        shown = "a secret" if _SECRET.search(variable) else repr(fault["input"])
        sentences.append(f"{variable} is {shown}: {text[0].lower()}{text[1:]}.")
    return " ".join(sentences)


def load(settings: type[SettingsT], environ: Mapping[str, str] = os.environ) -> SettingsT:
    """Settings from the environment.

    Raises:
        SettingsError: A value is wrong, or a file that should hold one cannot be read.
    """
    names = _names(settings)
    optional = {
        field for field, info in settings.model_fields.items() if not info.is_required() and info.default is None
    }
    files = _with_files(names, optional, environ)
    bare = {name: value for name, value in environ.items() if value or f"{name}_FILE" not in environ}
    given = {field: (bare | files)[name] for field, name in names.items() if name in bare or name in files}
    aliases = {field: names[field] for field in given if not names[field].startswith(PREFIX)}
    try:
        return settings.model_validate({aliases.get(field, field): value for field, value in given.items()})
    except ValidationError as error:
        by_alias = {alias: alias for alias in names.values()} | names
        raise SettingsError(_sentence(by_alias, error)) from error
