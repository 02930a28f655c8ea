"""What Anthropic's messages send, checked: the SDK builds its models without validation."""

from __future__ import annotations

from pydantic import BaseModel, NonNegativeInt, ValidationError

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.providers.provider import Completion
from resonance_llm_orchestrator.providers.statuses import failure_of_status


class _Block(BaseModel):
    type: str
    text: str = ""


class _Usage(BaseModel):
    input_tokens: NonNegativeInt | None = None
    output_tokens: NonNegativeInt | None = None
    cache_creation_input_tokens: NonNegativeInt | None = None
    cache_read_input_tokens: NonNegativeInt | None = None

    def read(self) -> int | None:
        """Tokens in, cached ones included."""
        if self.input_tokens is None:
            return None
        return self.input_tokens + (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)


class _Message(BaseModel):
    model: str
    content: list[_Block]
    stop_reason: str
    usage: _Usage


class _Start(BaseModel):
    model: str = ""
    usage: _Usage = _Usage()


class _Delta(BaseModel):
    type: str = ""
    text: str = ""
    stop_reason: str | None = None


class _Details(BaseModel):
    error_code: str | None = None


class _Error(BaseModel):
    type: str | None = None
    message: str | None = None
    details: _Details | None = None


class _Event(BaseModel):
    type: str
    message: _Start | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: _Error | None = None


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
    usage = _usage(answer.usage.read(), answer.usage.output_tokens)
    return _checked(text, answer.model, answer.stop_reason, usage)


class Gathered:
    """A stream of events, put together again."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._model = ""
        self._stop = ""
        self._read: int | None = None
        self._written: int | None = None
        self._ended = False

    def take(self, event: str) -> str:
        """The text that one event adds, maybe none.

        Raises:
            ProviderFailure: The event is an error, or none at all.
        """
        try:
            found = _Event.model_validate_json(event)
        except ValidationError as error:
            sentence = "The provider streamed something that is not an event."
            raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence) from error
        match found.type:
            case "error":
                fault = found.error or _Error()
                codes = (fault.details.error_code if fault.details else None, fault.type)
                raise failure_of_status(200, codes, fault.message)
            case "message_start" if found.message is not None:
                self._model = found.message.model
                self._read = found.message.usage.read()
            case "content_block_delta" if found.delta is not None and found.delta.type == "text_delta":
                self._text.append(found.delta.text)
                return found.delta.text
            case "message_delta":
                self._stop = (found.delta.stop_reason if found.delta else None) or self._stop
                self._written = found.usage.output_tokens if found.usage else self._written
            case "message_stop":
                self._ended = True
        return ""

    def completion(self) -> Completion:
        """The whole.

        Raises:
            ProviderFailure: The model did not finish by itself.
        """
        stop = self._stop if self._ended or self._stop == "refusal" else ""
        return _checked("".join(self._text), self._model, stop, _usage(self._read, self._written))


def _usage(read: int | None, written: int | None) -> Usage | None:
    return None if read is None or written is None else Usage(read, written)


def _checked(text: str, model: str, stop: str, usage: Usage | None) -> Completion:
    if stop == "refusal":
        raise ProviderFailure(FailureKind.REFUSAL, "The model refused to write.", usage=usage)
    if stop == "model_context_window_exceeded":
        sentence = "The text did not fit into the model's context."
        raise ProviderFailure(FailureKind.CONTEXT_TOO_LONG, sentence, usage=usage, may_cost=True)
    if stop != "end_turn" or not text:
        sentence = f"The text is not complete (stop_reason {plain(stop, 32) or 'missing'})."
        raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence, usage=usage)
    return Completion(text, model, usage)
