"""What OpenAI's chat completions send, checked: the SDK builds its models without validation."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.providers.provider import Completion
from resonance_llm_orchestrator.providers.statuses import failure_of_status

DONE: Final = "[DONE]"


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    finish_reason: str
    message: _Message


class _Usage(BaseModel):
    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt

    def usage(self) -> Usage:
        return Usage(self.prompt_tokens, self.completion_tokens)


class _ChatCompletion(BaseModel):
    model: str
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class _Piece(BaseModel):
    finish_reason: str | None = None
    delta: _Message = _Message()


class _Error(BaseModel):
    code: str | int | None = None
    type: str | None = None
    message: str | None = None


class _Chunk(BaseModel):
    model: str = ""
    choices: list[_Piece] = []
    usage: _Usage | None = None
    error: _Error | None = None


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
    choice = answer.choices[0]
    return _checked(
        choice.message.content or "",
        answer.model,
        choice.finish_reason,
        bool(choice.message.refusal),
        None if answer.usage is None else answer.usage.usage(),
    )


class Gathered:
    """A stream of chunks, put together again."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._model = ""
        self._finish = ""
        self._refused = False
        self._usage: Usage | None = None

    def take(self, event: str) -> str:
        """The text that one event adds, maybe none.

        Raises:
            ProviderFailure: The event is an error, or no chunk.
        """
        if event == DONE:
            return ""
        try:
            chunk = _Chunk.model_validate_json(event)
        except ValidationError as error:
            sentence = "The provider streamed something that is not a chunk."
            raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence) from error
        if chunk.error is not None:
            raise failure_of_status(200, (chunk.error.code, chunk.error.type), chunk.error.message)
        self._model = chunk.model or self._model
        self._usage = self._usage if chunk.usage is None else chunk.usage.usage()
        if not chunk.choices:
            return ""
        piece = chunk.choices[0]
        self._finish = piece.finish_reason or self._finish
        self._refused = self._refused or bool(piece.delta.refusal)
        self._text.append(piece.delta.content or "")
        return self._text[-1]

    def completion(self) -> Completion:
        """The whole.

        Raises:
            ProviderFailure: The model did not finish by itself.
        """
        return _checked("".join(self._text), self._model, self._finish, self._refused, self._usage)


def _checked(text: str, model: str, finish: str, refused: bool, usage: Usage | None) -> Completion:
    if refused or finish == "content_filter":
        raise ProviderFailure(FailureKind.REFUSAL, "The model refused to write.", usage=usage)
    if finish != "stop" or not text:
        sentence = f"The text is not complete (finish_reason {plain(finish, 32) or 'missing'})."
        raise ProviderFailure(FailureKind.BROKEN_ANSWER, sentence, usage=usage)
    return Completion(text, model, usage)
