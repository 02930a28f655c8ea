"""The exporter that the settings name: OTLP over HTTP, or none."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated

from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.util.re import parse_env_headers
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

_PATH = "/v1/traces"


def _address(given: str) -> str:
    if given and not given.startswith(("http://", "https://")):
        raise ValueError("expected the address of a collector that speaks OTLP over HTTP, as http://collector:4318")
    return given


class TraceSettings(BaseSettings):
    """Which traces are drawn, and where spans go.

    Further variables of OpenTelemetry's exporter, as `OTEL_EXPORTER_OTLP_CERTIFICATE`, `…_COMPRESSION` and `…_TIMEOUT`,
    are read by itself.

    Attributes:
        trace_sample: Share of traces that are drawn where they begin, 0 to 1; traces of alerts are kept whatever it is.
        otlp_endpoint: Address of a collector that speaks OTLP over HTTP, without a path; without one, nothing is sent.
        otlp_traces_endpoint: The same with its path, for traces alone; goes before the other.
        otlp_headers: Headers of each request, `name=value,name=value`: where the collector wants a key.
    """

    trace_sample: float = Field(0.01, ge=0, le=1)
    otlp_endpoint: Annotated[str, AfterValidator(_address)] | None = Field(
        None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    otlp_traces_endpoint: Annotated[str, AfterValidator(_address)] | None = Field(
        None, validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    )
    otlp_headers: SecretStr | None = Field(None, validation_alias="OTEL_EXPORTER_OTLP_HEADERS")


def exporter_of(settings: TraceSettings) -> SpanExporter | None:
    """What sends spans to the collector; None where none is named."""
    endpoint = settings.otlp_traces_endpoint or _with_path(settings.otlp_endpoint)
    if not endpoint:
        return None
    # Takes a tenth of a second and 10 MB: of nobody who sends nothing.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # Each attempt that failed would be a line, with the address; the spool says when it begins and ends.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    return OTLPSpanExporter(endpoint=endpoint, headers=_headers(settings.otlp_headers))


def _with_path(endpoint: str | None) -> str | None:
    return endpoint.rstrip("/") + _PATH if endpoint else None


def _headers(given: SecretStr | None) -> Mapping[str, str] | None:
    return None if given is None else parse_env_headers(given.get_secret_value(), liberal=True)
