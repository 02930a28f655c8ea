"""`DELETE /ml/users/{id}`: erases a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import MAX_USER_ID_BYTES
from resonance_gateway.people.erasing import Erasing
from resonance_gateway.rest.routing import Call, Nothing, Route

# Until nothing that computes or shows knows the person any more; minutes of state are written anew for it.
WITHIN_S: Final = 60
SNAPSHOTS_WITHIN_S: Final = 600
# The longest retention of a topic that names people, see `resonance_contracts.topics`; a day until a segment of the log
# is closed, and until the broker looks.
LOG_WITHIN_DAYS: Final = 33


def _short_enough(user_id: str) -> str:
    try:
        size = len(user_id.encode())
    except UnicodeEncodeError:
        raise ValueError("expected text that UTF-8 can hold") from None
    if size > MAX_USER_ID_BYTES:
        raise ValueError(f"expected at most {MAX_USER_ID_BYTES} bytes, but it has {size}")
    return user_id


class Person(BaseModel):
    """Who is meant: a user id, or a pseudonym as it stands in answers."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=MAX_USER_ID_BYTES), AfterValidator(_short_enough)]


class Erasure(BaseModel):
    """An erasure that began.

    Attributes:
        erasure_id: The same whenever the same person is erased.
        user_keys: Pseudonyms under which the person is erased, the present one first.
        erased_us: What was received until then is forgotten, microseconds since the epoch.
        within_s: Time until nothing that computes, answers or is looked at knows the person, seconds.
        snapshots_within_s: Time until no snapshot in the object store holds the person, seconds.
        log_within_days: Time until the last record on a topic that carries the pseudonym is deleted by its
            retention, days.
    """

    erasure_id: str
    user_keys: list[str]
    erased_us: int
    within_s: int = WITHIN_S
    snapshots_within_s: int = SNAPSHOTS_WITHIN_S
    log_within_days: int = LOG_WITHIN_DAYS


@dataclass(frozen=True, slots=True)
class People:
    """Routes about people.

    Attributes:
        erasing: Begins erasures.
    """

    erasing: Erasing

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "DELETE",
                "/ml/users/{id}",
                Role.ADMIN,
                "Erases a person everywhere; asked for again, it does no harm.",
                self.erase,
                Person,
                Nothing,
                Nothing,
                Erasure,
                status=202,
                tag="people",
            )
        ]

    async def erase(self, call: Call[Person, Nothing, Nothing]) -> Erasure:
        """`DELETE /ml/users/{id}`; raises Unavailable while the broker does not take it."""
        begun = await self.erasing.begin(call.path.id)
        return Erasure(erasure_id=begun.erasure_id, user_keys=list(begun.user_keys), erased_us=begun.erased_us)
