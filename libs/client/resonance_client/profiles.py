"""Profiles: gateways by name, each with what opens it, as files of the person who uses them.

A profile is `<folder>/<name>.toml`, readable by its owner alone; `<folder>/current` names the one that is used where
none is asked for, and without it that is `local`, which is there while `resonance up` runs.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from resonance_client.errors import UsageError

LOCAL: Final = "local"
"""The profile of the system that runs on this machine, for as long as it runs."""

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Profile:
    """A gateway, and what opens it.

    Attributes:
        name: Lower-case letters, digits, - and _, at most 63.
        gateway: Address of the gateway.
        kafka: Brokers, as host:port[,host:port].
        token, token_file: A token or an API key, or a file that holds it.
        secret, secret_file: The secret that the gateway's tokens are signed with, or a file that holds it.
    """

    name: str
    gateway: str
    kafka: str | None = None
    token: str | None = None
    token_file: str | None = None
    secret: str | None = None
    secret_file: str | None = None


class Profiles:
    """The profiles of the person whose environment this is.

    Args:
        environment: Says where: `$XDG_CONFIG_HOME/resonance/profiles`, else `~/.config/resonance/profiles`.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        home = Path(environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home()) / ".config")
        self.folder = home / "resonance" / "profiles"

    def names(self) -> list[str]:
        """Names of all of them, in alphabetical order."""
        return sorted(path.stem for path in self.folder.glob("*.toml") if NAME.fullmatch(path.stem))

    def current(self) -> str | None:
        """The one that is used where none is asked for; None where there is none."""
        chosen = self._chosen()
        return chosen or (LOCAL if self._path(LOCAL).exists() else None)

    def read(self, name: str) -> Profile:
        """One of them.

        Raises:
            UsageError: There is none of this name, or its file is not that of a profile.
        """
        path = self._path(name)
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(self._unknown(name)) from None
        except (OSError, ValueError) as error:
            raise UsageError(f"The profile {name} cannot be read from {path}: {error}.") from error
        known = {field.name for field in fields(Profile)} - {"name"}
        wrong = [key for key, value in given.items() if key not in known or not isinstance(value, str)]
        if wrong or "gateway" not in given:
            fault = f"has {', '.join(wrong)}" if wrong else "has no gateway"
            raise UsageError(f"{path} {fault}; expected texts for gateway and some of {', '.join(sorted(known))}.")
        return Profile(name, **given)

    def save(self, profile: Profile) -> Path:
        """Writes one, in place of that of the same name; returns its file.

        Raises:
            UsageError: The name is none, or the file cannot be written.
        """
        path = self._path(profile.name)
        settings = {key: value for key, value in asdict(profile).items() if key != "name" and value is not None}
        # A JSON string is a basic string of TOML.
        self._write(path, "".join(f"{key} = {_quoted(value)}\n" for key, value in settings.items()))
        return path

    def use(self, name: str) -> None:
        """Makes one the current one; raises UsageError where there is none of this name."""
        self.read(name)
        self._write(self.folder / "current", f"{name}\n")

    def remove(self, name: str) -> None:
        """Removes one; raises UsageError where there is none of this name."""
        path = self._path(name)
        if not path.exists():
            raise UsageError(self._unknown(name))
        path.unlink()
        if self._chosen() == name:
            (self.folder / "current").unlink()

    def _chosen(self) -> str | None:
        try:
            return (self.folder / "current").read_text(encoding="utf-8").strip() or None
        except OSError:
            return None

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name of a profile; expected 1 to 63 of a-z, 0-9, - and _.")
        return self.folder / f"{name}.toml"

    def _unknown(self, name: str) -> str:
        there = ", ".join(self.names()) or "none yet: `resonance profile save NAME --gateway URL` makes one"
        return f"There is no profile {name}; there are: {there}."

    def _write(self, path: Path, text: str) -> None:
        """As a whole, and for its owner's eyes alone."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8") as file:
                file.write(text)
            Path(file.name).replace(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
