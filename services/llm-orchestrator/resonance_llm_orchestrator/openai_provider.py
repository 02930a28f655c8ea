"""Words by OpenAI, or by any server that speaks its chat completions.

The SDK sends and types the failures; the body is checked here, because the SDK builds its models without
validation and hands an HTML page with status 200 back as a string.
"""

from __future__ import annotations

from typing import Any, Final

import openai
from httpx2 import URL
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

from resonance_llm_orchestrator.answer import SCHEMA
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, failure_of_status
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.provider import Completion, Prompt, until

REASONING_MODELS: Final = ("gpt-5.", "gpt-6")


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    finish_reason: str
    message: _Message


class _Usage(BaseModel):
    prompt_tokens: NonNegativeInt = 0
    completion_tokens: NonNegativeInt = 0


class _ChatCompletion(BaseModel):
    model: str
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class OpenAIProvider:
    """One attempt is one request to `<base_url>/chat/completions`."""

    name: Final = "openai"

    def __init__(self, api_key: str, model: str, base_url: str, max_tokens: int, temperature: float | None) -> None:
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0)
        # Looked up now: the SDK imports its resources at first use, which would hold up every loop of the process.
        self._create = self._client.chat.completions.with_raw_response.create
        self._options = request_options(model, base_url, max_tokens, temperature)

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """See `Provider.complete`."""
        async with until(deadline) as left:
            return completion_of(await self._send(prompt, left))

    async def close(self) -> None:
        """See `Provider.close`."""
        await self._client.close()

    async def _send(self, prompt: Prompt, timeout_s: float) -> bytes:
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": prompt.instructions},
            {"role": "user", "content": prompt.data},
        ]
        try:
            response = await self._create(messages=messages, timeout=timeout_s, **self._options)
        except openai.APITimeoutError as error:
            raise TimeoutError from error
        except openai.APIStatusError as error:
            raise failure_of_status(error.status_code, error.code or error.type) from error
        except openai.OpenAIError as error:
            sentence = f"The request failed ({type(error).__name__})."
            raise ProviderFailure(FailureKind.UNAVAILABLE, sentence) from error
        body: bytes = response.content
        return body


def request_options(model: str, base_url: str, max_tokens: int, temperature: float | None) -> dict[str, Any]:
    """What every request says beside its messages.

    OpenAI itself knows `max_completion_tokens` alone for its newer models, other servers know `max_tokens`.
    Its reasoning models accept a temperature only where they do not reason, for which a deadline of seconds
    leaves no time anyway.
    """
    form = {"name": "alert_words", "strict": True, "schema": SCHEMA}
    options: dict[str, Any] = {"model": model, "response_format": {"type": "json_schema", "json_schema": form}}
    if temperature is not None:
        options["temperature"] = temperature
    if not (URL(base_url).host or "").endswith("api.openai.com"):
        return options | {"max_tokens": max_tokens}
    if model.startswith(REASONING_MODELS):
        options["reasoning_effort"] = "none"
    return options | {"max_completion_tokens": max_tokens}


def completion_of(body: bytes) -> Completion:
    """The completion in a response body.

    Raises:
        ProviderFailure: The body is not a chat completion, or the model did not finish by itself.
    """
    try:
        answer = _ChatCompletion.model_validate_json(body)
    except ValidationError as error:
        sentence = "The provider answered with something that is not a chat completion."
        raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence) from error
    choice, usage = answer.choices[0], answer.usage or _Usage()
    tokens = (usage.prompt_tokens, usage.completion_tokens)
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ProviderFailure(FailureKind.REFUSAL, "The model refused to write.", *tokens)
    if choice.finish_reason != "stop" or not choice.message.content:
        sentence = f"The text is not complete (finish_reason {plain(choice.finish_reason, 32)})."
        raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence, *tokens)
    return Completion(choice.message.content, answer.model, *tokens)
