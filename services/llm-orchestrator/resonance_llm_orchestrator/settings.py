"""Settings of the service; the names of the providers' variables are those of their own SDKs."""

from __future__ import annotations

import re
from pathlib import Path
from secrets import token_bytes
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from resonance_narration import Language
from resonance_runtime.settings import RedisSettings, RuntimeSettings

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+"), AfterValidator(lambda url: url.rstrip("/"))]


_OWN_KEY: Final = token_bytes(32)


def _address(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and re.match(r"https?://[^\s/]+", value.get_secret_value()) is None:
        raise ValueError("expected an address that begins with https:// or http://")
    return value


SecretUrl = Annotated[SecretStr, AfterValidator(_address)]

MAY_BE_EMPTY: Final = ("openai_", "anthropic_", "llm_", "actions_", "notify_")


def _languages(value: str) -> str:
    """Comma-separated names of languages, at least one."""
    names = [name.strip() for name in value.split(",")]
    if strange := [name for name in names if name not in list(Language)]:
        raise ValueError(f"expected some of {', '.join(Language)}, but one part is {strange[0]!r}")
    return ",".join(dict.fromkeys(names))


class OrchestratorSettings(RuntimeSettings, RedisSettings):
    """Settings of the LLM orchestrator. An empty variable of a provider or of actions counts as not set.

    Attributes:
        llm_deadline_s: Longest time for the words of one explained alert, seconds.
        llm_concurrency: Explained alerts in writing at the same time.
        llm_task_concurrency: Questions of tasks in work at the same time; more wait for a second and are refused then.
        llm_routes_file: Who is asked for what, prices and budgets; the file of the package where it is not given.
        llm_placeholder_key: What placeholders of texts from outside are made with; with the same one, replicas share
            kept words. Without it, each makes up its own.
        llm_critique: Whether words of one provider are judged by another, once they are out.
        llm_critique_deadline_s: Longest time for one critique, seconds; shorter than `stall_s`.
        llm_critique_concurrency: Critiques in work at the same time.
        llm_critique_max_age_s: Words that have been out for longer are not judged any more, seconds.
        llm_languages: In which languages providers write alerts, comma-separated; our own writer writes the others.
        actions_policy: Policy file of actions; that of the package where it is not given.
        actions_webhook_secret: Signs what webhooks of actions post; none, nothing is signed.
        notify_routes: File of who is told of incidents; none: the topic of notifications alone.
        notify_webhook_url, notify_slack_url, notify_pagerduty_key: Addresses and key of ways in that file that name
            none of their own.
        notify_give_up_s: Longest time for one notification, all attempts together, seconds.
        notify_external_url: Where people find this Resonance, for links in notifications.
        incidents_max_age_days: Incidents that are over are kept this long after they were opened, days.
        openai_api_key, anthropic_api_key: Keys; a provider without one is not asked.
        openai_model, anthropic_model: Models that answer within the deadline.
        openai_base_url, anthropic_base_url: Where the provider is; for OpenAI, any server that speaks its
            chat completions.
        openai_max_tokens, anthropic_max_tokens: Longest answer, tokens.
        openai_temperature: 0 (sober) to 2, or "none" for models that take no temperature.
        openai_log_level, anthropic_log_level: Lowest level that the SDK logs; DEBUG logs requests in full.
    """

    llm_deadline_s: float = Field(4.0, ge=0.5, le=60)
    llm_concurrency: int = Field(8, ge=1, le=64)
    llm_task_concurrency: int = Field(64, ge=1, le=1024)
    llm_routes_file: Path | None = None
    llm_placeholder_key: SecretStr = SecretStr("")
    llm_critique: bool = True
    llm_critique_deadline_s: float = Field(10.0, ge=0.5, le=25)
    llm_critique_concurrency: int = Field(2, ge=1, le=64)
    llm_critique_max_age_s: float = Field(600.0, ge=1, le=86_400)
    llm_languages: Annotated[str, AfterValidator(_languages)] = "en,ru"

    actions_policy: Path | None = None
    actions_webhook_secret: SecretStr = SecretStr("")

    notify_routes: str | None = None
    notify_webhook_url: SecretUrl = SecretStr("")
    notify_slack_url: SecretUrl = SecretStr("")
    notify_pagerduty_key: SecretStr = SecretStr("")
    notify_give_up_s: float = Field(300.0, ge=1, le=86_400)
    notify_external_url: Annotated[str, Field(pattern=r"^(https?://[^\s/]+.*)?$", max_length=1000)] = ""
    incidents_max_age_days: float = Field(90.0, ge=1, le=3650)

    openai_api_key: SecretStr = Field(SecretStr(""), validation_alias="OPENAI_API_KEY")
    openai_model: str = Field("gpt-5.4-mini", validation_alias="OPENAI_MODEL")
    openai_base_url: Url = Field("https://api.openai.com/v1", validation_alias="OPENAI_BASE_URL")
    openai_max_tokens: int = Field(2000, ge=100, le=100_000, validation_alias="OPENAI_MAX_TOKENS")
    openai_temperature: float | None = Field(0.3, ge=0, le=2, validation_alias="OPENAI_TEMPERATURE")
    openai_log_level: Level = Field("WARNING", validation_alias="OPENAI_LOG_LEVEL")

    anthropic_api_key: SecretStr = Field(SecretStr(""), validation_alias="ANTHROPIC_API_KEY")
    anthropic_model: str = Field("claude-haiku-5-5", validation_alias="ANTHROPIC_MODEL")
    anthropic_base_url: Url = Field("https://api.anthropic.com", validation_alias="ANTHROPIC_BASE_URL")
    anthropic_max_tokens: int = Field(2000, ge=100, le=100_000, validation_alias="ANTHROPIC_MAX_TOKENS")
    anthropic_log_level: Level = Field("WARNING", validation_alias="ANTHROPIC_LOG_LEVEL")

    @field_validator("openai_log_level", "anthropic_log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) and value.upper() in get_args(Level) else value

    @field_validator("notify_routes", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("openai_temperature", mode="before")
    @classmethod
    def _none_by_name(cls, value: object) -> object:
        return None if isinstance(value, str) and value.strip().lower() == "none" else value

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: ValidationInfo) -> object:
        """Compose files pass variables that nobody set as empty strings."""
        name = info.field_name or ""
        if isinstance(value, str) and name.startswith(MAY_BE_EMPTY):
            return value.strip() or cls.model_fields[name].default
        return value

    @property
    def languages(self) -> tuple[Language, ...]:
        """In which providers write alerts."""
        return tuple(Language(name) for name in self.llm_languages.split(","))

    @property
    def placeholder_key(self) -> bytes:
        """The key of placeholders."""
        return self.llm_placeholder_key.get_secret_value().encode() or _OWN_KEY
