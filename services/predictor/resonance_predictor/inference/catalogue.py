"""Which models there are to ask, and in which versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from resonance_predictor.errors import NoVersion, UnknownModel
from resonance_predictor.inference.servable import Servable


@dataclass(frozen=True, slots=True)
class Shelf:
    """All there is of one model at a moment.

    Attributes:
        in_force: Its champion; None while none was promoted.
        loaded: Every version that can be asked for, the champion first.
        aliases: Version by alias, of those that name one.
        needed: Whether the service counts as ready only with a champion; what takes hours to learn is not waited for.
    """

    in_force: Callable[[], Servable | None]
    loaded: Callable[[], Sequence[Servable]]
    needed: bool = True
    aliases: Callable[[], Mapping[str, str]] = dict


class Catalogue:
    """Finds models.

    Attributes:
        names: Of all models that may be served.
    """

    def __init__(self, shelves: Mapping[str, Shelf]) -> None:
        self._shelves = shelves
        self.names = tuple(shelves)

    def find(self, name: str, version: str | None = None) -> Servable:
        """A model; its champion where no version is named.

        Raises:
            UnknownModel: No model has this name, or this version of it is not loaded.
            NoVersion: It has no champion yet.
        """
        shelf = self._shelf(name)
        if version is not None:
            return self._version(name, version)
        if (found := shelf.in_force()) is None:
            raise NoVersion(_none(name))
        return found

    def versions(self, name: str) -> list[str]:
        """Versions of a model that can be asked for, the champion first; errors as `find`."""
        return [servable.version for servable in self._shelf(name).loaded()]

    def aliases(self, name: str) -> Mapping[str, str]:
        """Version by alias of a model, of those that name one; errors as `find`."""
        return self._shelf(name).aliases()

    def missing(self) -> list[str]:
        """A sentence for each model that is needed and has no champion yet."""
        return [_none(name) for name, shelf in self._shelves.items() if shelf.needed and shelf.in_force() is None]

    def _shelf(self, name: str) -> Shelf:
        if (shelf := self._shelves.get(name)) is None:
            raise UnknownModel(f"There is no model {name[:100]!r}: there is {', '.join(self.names)}.")
        return shelf

    def _version(self, name: str, version: str) -> Servable:
        loaded = self._shelf(name).loaded()
        for servable in loaded:
            if servable.version == version:
                return servable
        there = ", ".join(servable.version for servable in loaded) or "none"
        raise UnknownModel(f"Version {version[:100]!r} of {name} is not loaded; loaded: {there}.")


def _none(name: str) -> str:
    return f"No version of {name} was promoted yet: ask again once one was trained."
