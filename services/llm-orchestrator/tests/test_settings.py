"""Names of document and SDKs, defaults, and sentences for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance_contracts.topics import Service
from resonance_llm_orchestrator.actions.component import Actions
from resonance_llm_orchestrator.failures import RoutesError
from resonance_llm_orchestrator.providers.making import providers_of
from resonance_llm_orchestrator.routing.routes_file import parse, read_routes
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_narration import Language
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import SettingsError
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OrchestratorSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def settings(**environ: str) -> OrchestratorSettings:
    return load(OrchestratorSettings, environ)


async def test_a_policy_of_actions_that_is_wrong_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("expires_s = 1", encoding="utf-8")
    found = settings(RESONANCE_ACTIONS_POLICY=str(path))
    runtime, erasures = Runtime(Service.LLM_ORCHESTRATOR, found), Erasures()
    with pytest.raises(SettingsError, match=r"RESONANCE_ACTIONS_POLICY: .*expires_s: input should be greater"):
        Actions(runtime, found, RecentIncidents(erasures), erasures, [])
    await runtime.publisher.stop()


def test_empty_variables_of_actions_are_not_set() -> None:
    assert settings(RESONANCE_ACTIONS_POLICY="", RESONANCE_ACTIONS_WEBHOOK_SECRET="").actions_policy is None


def test_defaults() -> None:
    found = settings()
    assert (found.llm_deadline_s, found.llm_concurrency) == (4.0, 8)
    assert (found.openai_max_tokens, found.openai_temperature) == (2000, 0.3)
    assert found.openai_model and found.anthropic_model
    assert providers_of(found, read_routes(None)) == {}
    assert found.languages == (Language.ENGLISH, Language.RUSSIAN)


def test_names_of_the_documents_are_read() -> None:
    found = settings(
        OPENAI_API_KEY=" key\n",
        OPENAI_MODEL="local",
        OPENAI_BASE_URL="http://127.0.0.1:8080/v1/",
        OPENAI_MAX_TOKENS="500",
        OPENAI_TEMPERATURE="1",
        OPENAI_LOG_LEVEL="debug",
        ANTHROPIC_MODEL="claude",
        RESONANCE_LLM_DEADLINE_S="2.5",
    )
    assert found.openai_api_key.get_secret_value() == "key"
    assert (found.openai_model, found.openai_base_url) == ("local", "http://127.0.0.1:8080/v1")
    assert (found.openai_max_tokens, found.openai_temperature, found.openai_log_level) == (500, 1.0, "DEBUG")
    assert (found.anthropic_model, found.llm_deadline_s) == ("claude", 2.5)


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    names = ("API_KEY", "MODEL", "BASE_URL", "MAX_TOKENS", "TEMPERATURE", "LOG_LEVEL")
    assert settings(**{f"OPENAI_{n}": "" for n in names}).model_dump() == settings().model_dump()


def test_the_temperature_can_be_left_out() -> None:
    assert settings(OPENAI_TEMPERATURE="none").openai_temperature is None


def test_a_key_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from a file\n")
    assert settings(ANTHROPIC_API_KEY_FILE=str(secret)).anthropic_api_key.get_secret_value() == "from a file"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", "ftp://example"),
        ("OPENAI_TEMPERATURE", "hot"),
        ("ANTHROPIC_LOG_LEVEL", "loud"),
        ("RESONANCE_LLM_DEADLINE_S", "0"),
        ("RESONANCE_LLM_LANGUAGES", "en,xx"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is '{value}': "):
        settings(**{name: value})


def test_a_wrong_number_of_tokens_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^OPENAI_MAX_TOKENS is .*valid integer"):
        settings(OPENAI_MAX_TOKENS="many")


async def test_providers_with_a_key_are_there_as_the_routes_name_them() -> None:
    routes = read_routes(None)
    both = providers_of(settings(ANTHROPIC_API_KEY="a", OPENAI_API_KEY="o"), routes)
    assert list(both) == ["openai", "anthropic"]
    one = providers_of(settings(ANTHROPIC_API_KEY="a"), routes)
    assert list(one) == ["anthropic"]
    for provider in (*both.values(), *one.values()):
        await provider.close()


async def test_the_file_adds_providers_and_other_models_of_those_that_there_are() -> None:
    routes = parse(FURTHER, "mine.toml")
    made = providers_of(settings(OPENAI_API_KEY="o", OPENAI_MODEL="small"), routes, {"LOCAL_KEY": "k"})
    assert {name: (p.name, p.model) for name, p in made.items()} == {
        "local": ("local", "qwen3:8b"),
        "openai": ("openai", "small"),
        "openai/gpt-5.4": ("openai", "gpt-5.4"),
    }
    for provider in made.values():
        await provider.close()
    with pytest.raises(RoutesError, match=r"providers\.local has its key in LOCAL_KEY, which is not set"):
        providers_of(settings(), routes, {})


@pytest.mark.parametrize(("text", "languages"), [("ru", ["ru"]), ("ru, en", ["ru", "en"]), ("", ["en", "ru"])])
def test_languages_can_be_chosen(text: str, languages: list[str]) -> None:
    assert list(settings(RESONANCE_LLM_LANGUAGES=text).languages) == languages


FURTHER = """
version = 1
[providers.local]
protocol = "openai"
base_url = "http://127.0.0.1:11434/v1"
model = "qwen3:8b"
key_variable = "LOCAL_KEY"
[tasks.default]
candidates = ["local", "openai", "openai/gpt-5.4"]
"""


def test_critiques_can_be_turned_off_and_last_no_longer_than_what_looks_stuck() -> None:
    assert settings().llm_critique and settings(RESONANCE_LLM_CRITIQUE="").llm_critique
    assert not settings(RESONANCE_LLM_CRITIQUE="off").llm_critique
    assert settings().llm_critique_deadline_s < settings(RESONANCE_LLM_CRITIQUE_DEADLINE_S="25").stall_s
    with pytest.raises(SettingsError, match="RESONANCE_LLM_CRITIQUE_DEADLINE_S"):
        settings(RESONANCE_LLM_CRITIQUE_DEADLINE_S="26")


def test_critiques_have_a_route_and_a_budget_of_their_own() -> None:
    routes = read_routes(None)
    assert {one.provider for one in routes.route("critique").candidates} == {"openai", "anthropic"}
    day, critiques = routes.allowance.day, routes.allowance.of("critique")
    assert day is not None and critiques is not None and 0 < critiques <= day / 2
