"""Words by OpenAI, or by any server that speaks its chat completions.

The SDK sends and types the failures; the body is checked by `openai_wire`, because the SDK builds its models without
validation and hands an HTML page with status 200 back as a string.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Final

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.providers.openai_wire import Gathered, completion_of
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, disconnected, until
from resonance_llm_orchestrator.providers.statuses import failure_of_status
from resonance_llm_orchestrator.providers.streaming import Lines, streamed

REASONING_MODELS: Final = ("gpt-5.", "gpt-6")


class OpenAIProvider:
    """One attempt is one request to `<base_url>/chat/completions`.

    Args:
        api_key: Key.
        model: Model that is asked for.
        base_url: Where the server is.
        max_tokens: Longest answer, tokens.
        temperature: 0 to 2, or None for models that take none.
        name: Under which it is known.
        http_client: Sends the requests; the SDK's own where there is none.
    """

    def __init__(
        self,
        api_key: str,
        model: str,
        base_url: str,
        max_tokens: int,
        temperature: float | None,
        *,
        name: str = "openai",
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        self.name: Final = name
        self.model: Final = model
        self.max_tokens: Final = max_tokens
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client)
        # Looked up now: the SDK imports its resources at first use, which would hold up every loop of the process.
        self._create = self._client.chat.completions.with_raw_response.create
        self._stream: Callable[..., AbstractAsyncContextManager[Lines]] = (
            self._client.chat.completions.with_streaming_response.create
        )
        self._options = request_options(model, base_url, max_tokens, temperature)

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """See `Provider.complete`."""
        async with until(deadline) as left:
            with _typed():
                response = await self._create(
                    messages=messages_of(prompt), timeout=left, **self._options, **form_of(prompt)
                )
            body: bytes = response.content
            return completion_of(body)

    def stream(self, prompt: Prompt, deadline: float) -> AsyncGenerator[str | Completion, None]:
        """See `Provider.stream`."""

        def open_(left: float) -> AbstractAsyncContextManager[Lines]:
            extra = {"include_usage": True}
            messages, form = messages_of(prompt), form_of(prompt)
            return self._stream(
                messages=messages, timeout=left, stream=True, stream_options=extra, **self._options, **form
            )

        return streamed(open_, Gathered(), _typed, deadline)

    async def close(self) -> None:
        """See `Provider.close`."""
        await self._client.close()


def messages_of(prompt: Prompt) -> list[ChatCompletionMessageParam]:
    """The messages of a prompt: instructions, data, and the answer that was not taken with the complaint."""
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": prompt.instructions},
        {"role": "user", "content": prompt.data},
    ]
    if prompt.rejected is not None:
        messages.append({"role": "assistant", "content": prompt.rejected.text})
        messages.append({"role": "user", "content": prompt.rejected.complaint})
    return messages


def form_of(prompt: Prompt) -> dict[str, Any]:
    """The structured output that is asked for, if any."""
    if prompt.schema is None:
        return {}
    form = {"name": "words", "strict": True, "schema": prompt.schema}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


def request_options(model: str, base_url: str, max_tokens: int, temperature: float | None) -> dict[str, Any]:
    """What every request says beside its messages.

    OpenAI itself knows `max_completion_tokens` alone for its newer models, other servers know `max_tokens`.
    Its reasoning models accept a temperature only where they do not reason, for which a deadline of seconds
    leaves no time anyway.
    """
    options: dict[str, Any] = {"model": model}
    if temperature is not None:
        options["temperature"] = temperature
    if not (httpx2.URL(base_url).host or "").endswith("api.openai.com"):
        return options | {"max_tokens": max_tokens}
    if model.startswith(REASONING_MODELS):
        options["reasoning_effort"] = "none"
    return options | {"max_completion_tokens": max_tokens}


@contextmanager
def _typed() -> Iterator[None]:
    """Types the SDK's errors."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise TimeoutError from error
    except openai.APIStatusError as error:
        codes = (error.code, error.type)
        raise failure_of_status(error.status_code, codes, _sentence(error.body), error.response.headers) from error
    except openai.APIConnectionError as error:
        raise disconnected(error) from error
    except openai.OpenAIError as error:
        sentence = f"The request failed ({type(error).__name__})."
        raise ProviderFailure(FailureKind.UNAVAILABLE, sentence, may_cost=True) from error


def _sentence(body: object) -> object:
    """The server's own sentence in an error's body."""
    return body.get("message") if isinstance(body, dict) else None
