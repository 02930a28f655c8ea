"""How faust gets to the brokers: the runtime's settings, in faust's words."""

from __future__ import annotations

from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from resonance_runtime.kafka import tls
from resonance_runtime.settings import RuntimeSettings


def credentials(settings: RuntimeSettings) -> CredentialsT | None:
    """What faust is to show and to trust; None where brokers ask for nothing."""
    context = tls(settings) if settings.kafka_tls else None
    if settings.kafka_sasl and settings.kafka_password is not None:
        return SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password.get_secret_value(),
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)
