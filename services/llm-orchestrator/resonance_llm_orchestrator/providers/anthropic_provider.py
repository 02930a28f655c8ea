"""Words by Anthropic.

The SDK sends and types the failures; the body is checked by `anthropic_wire`, because the SDK builds its models
without validation and hands an HTML page with status 200 back as a string.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Final

import anthropic
import httpx2
from anthropic.types import MessageParam

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.providers.anthropic_wire import Gathered, completion_of
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, disconnected, until
from resonance_llm_orchestrator.providers.statuses import failure_of_status
from resonance_llm_orchestrator.providers.streaming import Lines, streamed


class AnthropicProvider:
    """One attempt is one request to `<base_url>/v1/messages`.

    Args:
        api_key: Key.
        model: Model that is asked for.
        base_url: Where the server is.
        max_tokens: Longest answer, tokens.
        name: Under which it is known.
        http_client: Sends the requests; the SDK's own where there is none.
    """

    def __init__(
        self,
        api_key: str,
        model: str,
        base_url: str,
        max_tokens: int,
        *,
        name: str = "anthropic",
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        self.name: Final = name
        self.model: Final = model
        self.max_tokens: Final = max_tokens
        # Trace context stays inside: the provider has no use for it.
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            open_telemetry={"propagation": False},
            http_client=http_client,
        )
        # Looked up now: the SDK imports its resources at first use, which would hold up every loop of the process.
        self._create = self._client.messages.with_raw_response.create
        self._stream: Callable[..., AbstractAsyncContextManager[Lines]] = (
            self._client.messages.with_streaming_response.create
        )

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """See `Provider.complete`."""
        async with until(deadline) as left:
            with _typed():
                response = await self._create(timeout=left, **self._options(prompt))
            return completion_of(await response.read())

    def stream(self, prompt: Prompt, deadline: float) -> AsyncGenerator[str | Completion, None]:
        """See `Provider.stream`."""

        def open_(left: float) -> AbstractAsyncContextManager[Lines]:
            return self._stream(timeout=left, stream=True, **self._options(prompt))

        return streamed(open_, Gathered(), _typed, deadline)

    async def close(self) -> None:
        """See `Provider.close`."""
        await self._client.close()

    def _options(self, prompt: Prompt) -> dict[str, Any]:
        options: dict[str, Any] = {
            "model": self.model,
            "max_tokens": self.max_tokens,
            "system": prompt.instructions,
            "messages": messages_of(prompt),
            "thinking": {"type": "disabled"},  # thinks by default, for which a deadline of seconds leaves no time
        }
        if prompt.schema is not None:
            options["output_config"] = {"format": {"type": "json_schema", "schema": prompt.schema}}
        return options


def messages_of(prompt: Prompt) -> list[MessageParam]:
    """The messages of a prompt: data, and the answer that was not taken with the complaint."""
    messages: list[MessageParam] = [{"role": "user", "content": prompt.data}]
    if prompt.rejected is not None:
        messages.append({"role": "assistant", "content": prompt.rejected.text})
        messages.append({"role": "user", "content": prompt.rejected.complaint})
    return messages


@contextmanager
def _typed() -> Iterator[None]:
    """Types the SDK's errors."""
    try:
        yield
    except anthropic.APITimeoutError as error:
        raise TimeoutError from error
    except anthropic.APIStatusError as error:
        codes = (error.error_code, error.type)
        raise failure_of_status(error.status_code, codes, error.api_message, error.response.headers) from error
    except anthropic.APIConnectionError as error:
        raise disconnected(error) from error
    except anthropic.AnthropicError as error:
        sentence = f"The request failed ({type(error).__name__})."
        raise ProviderFailure(FailureKind.UNAVAILABLE, sentence, may_cost=True) from error
