"""Words by Anthropic.

The SDK sends and types the failures; the body is checked here, because the SDK builds its models without
validation and hands an HTML page with status 200 back as a string.
"""

from __future__ import annotations

from typing import Final

import anthropic
from pydantic import BaseModel, NonNegativeInt, ValidationError

from resonance_llm_orchestrator.answer import SCHEMA
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, failure_of_status
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.provider import Completion, Prompt, until


class _Block(BaseModel):
    type: str
    text: str = ""


class _Usage(BaseModel):
    input_tokens: NonNegativeInt
    output_tokens: NonNegativeInt
    cache_creation_input_tokens: NonNegativeInt | None = None
    cache_read_input_tokens: NonNegativeInt | None = None

    def tokens(self) -> tuple[int, int]:
        """Tokens in, cached ones included, and tokens out."""
        cached = (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        return self.input_tokens + cached, self.output_tokens


class _Message(BaseModel):
    model: str
    content: list[_Block]
    stop_reason: str
    usage: _Usage


class AnthropicProvider:
    """One attempt is one request to `<base_url>/v1/messages`."""

    name: Final = "anthropic"

    def __init__(self, api_key: str, model: str, base_url: str, max_tokens: int) -> None:
        # Trace context stays inside: the provider has no use for it.
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key, base_url=base_url, max_retries=0, open_telemetry={"propagation": False}
        )
        # Looked up now: the SDK imports its resources at first use, which would hold up every loop of the process.
        self._create = self._client.messages.with_raw_response.create
        self._model = model
        self._max_tokens = max_tokens

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """See `Provider.complete`."""
        async with until(deadline) as left:
            return completion_of(await self._send(prompt, left))

    async def close(self) -> None:
        """See `Provider.close`."""
        await self._client.close()

    async def _send(self, prompt: Prompt, timeout_s: float) -> bytes:
        try:
            response = await self._create(
                model=self._model,
                max_tokens=self._max_tokens,
                system=prompt.instructions,
                messages=[{"role": "user", "content": prompt.data}],
                output_config={"format": {"type": "json_schema", "schema": SCHEMA}},
                thinking={"type": "disabled"},  # thinks by default, for which a deadline of seconds leaves no time
                timeout=timeout_s,
            )
        except anthropic.APITimeoutError as error:
            raise TimeoutError from error
        except anthropic.APIStatusError as error:
            raise failure_of_status(error.status_code, error.type) from error
        except anthropic.AnthropicError as error:
            sentence = f"The request failed ({type(error).__name__})."
            raise ProviderFailure(FailureKind.UNAVAILABLE, sentence) from error
        return await response.read()


def completion_of(body: bytes) -> Completion:
    """The completion in a response body.

    Raises:
        ProviderFailure: The body is not a message, or the model did not finish by itself.
    """
    try:
        answer = _Message.model_validate_json(body)
    except ValidationError as error:
        sentence = "The provider answered with something that is not a message."
        raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence) from error
    text = "".join(block.text for block in answer.content if block.type == "text")
    if answer.stop_reason == "refusal":
        raise ProviderFailure(FailureKind.REFUSAL, "The model refused to write.", *answer.usage.tokens())
    if answer.stop_reason != "end_turn" or not text:
        sentence = f"The text is not complete (stop_reason {plain(answer.stop_reason, 32)})."
        raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence, *answer.usage.tokens())
    return Completion(text, answer.model, *answer.usage.tokens())
