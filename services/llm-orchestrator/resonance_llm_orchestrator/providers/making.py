"""Providers from settings and routes: those that have a key, or need none, and that a route names.

Their SDKs take seconds to import, so only those that are used are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from resonance_llm_orchestrator.failures import RoutesError
from resonance_llm_orchestrator.providers.provider import Provider
from resonance_llm_orchestrator.routing.desk import name_of
from resonance_llm_orchestrator.routing.routes import FurtherProvider, Named, Routes
from resonance_llm_orchestrator.settings import OrchestratorSettings

NO_KEY: Final = "none"
"""What servers get that need no key; the SDKs insist on one."""


def providers_of(
    settings: OrchestratorSettings, routes: Routes, environ: Mapping[str, str] = os.environ
) -> dict[str, Provider]:
    """Providers by name of the candidate, in the order of the routes.

    Raises:
        RoutesError: A key is missing that a provider of the file needs.
    """
    made: dict[str, Provider] = {}
    for route in routes.tasks.values():
        for named in route.candidates:
            if name_of(named) not in made and (provider := _made(named, settings, routes, environ)) is not None:
                made[name_of(named)] = provider
    return made


def _made(named: Named, settings: OrchestratorSettings, routes: Routes, environ: Mapping[str, str]) -> Provider | None:
    if named.provider == "openai":
        key = settings.openai_api_key.get_secret_value()
        model = named.model or settings.openai_model
        return _openai(named.provider, key, model, settings.openai_base_url, settings) if key else None
    if named.provider == "anthropic":
        key = settings.anthropic_api_key.get_secret_value()
        model = named.model or settings.anthropic_model
        return _anthropic(named.provider, key, model, settings.anthropic_base_url, settings) if key else None
    further = routes.further[named.provider]
    make = _openai if further.protocol == "openai" else _anthropic
    key = _key(named.provider, further, environ)
    return make(named.provider, key, named.model or further.model, further.base_url.rstrip("/"), settings)


def _key(name: str, further: FurtherProvider, environ: Mapping[str, str]) -> str:
    if not further.key_variable:
        return NO_KEY
    if key := environ.get(further.key_variable, "").strip():
        return key
    raise RoutesError(f"providers.{name} has its key in {further.key_variable}, which is not set.")


def _openai(name: str, key: str, model: str, base_url: str, settings: OrchestratorSettings) -> Provider:
    from resonance_llm_orchestrator.providers.openai_provider import OpenAIProvider

    return OpenAIProvider(key, model, base_url, settings.openai_max_tokens, settings.openai_temperature, name=name)


def _anthropic(name: str, key: str, model: str, base_url: str, settings: OrchestratorSettings) -> Provider:
    from resonance_llm_orchestrator.providers.anthropic_provider import AnthropicProvider

    return AnthropicProvider(key, model, base_url, settings.anthropic_max_tokens, name=name)
