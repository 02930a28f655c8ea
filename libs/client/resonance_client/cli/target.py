"""Which system a command speaks to, and as whom: from options, the environment, or a profile."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from resonance_client.blocking import request
from resonance_client.cli.completion import complete, profile_names
from resonance_client.errors import UsageError
from resonance_client.profiles import Profile, Profiles
from resonance_client.tokens import TokenSigner

GATEWAY: Final = "RESONANCE_GATEWAY"
PROFILE: Final = "RESONANCE_PROFILE"
KAFKA: Final = "RESONANCE_KAFKA_BOOTSTRAP"
TOKEN: Final = "RESONANCE_TOKEN"  # noqa: S105 - the name of a variable, as the next.
SECRET: Final = "RESONANCE_JWT_SECRET"  # noqa: S105
DEFAULT_GATEWAY: Final = "http://127.0.0.1:8000"
DEFAULT_KAFKA: Final = "127.0.0.1:9092"
TARGET_GROUP: Final = "which system, and as whom"


@dataclass(frozen=True, slots=True)
class Target:
    """A system, and what opens it.

    Attributes:
        gateway: Address of its gateway.
        kafka: Its brokers, as host:port[,host:port].
        given: A token or an API key; None where there is a secret instead, or neither.
        secret: What its tokens are signed with; None where there is none.
        person: Who acts, where a token is signed for it.
    """

    gateway: str
    kafka: str
    given: str | None
    secret: str | None
    person: str

    def token(self, role: str) -> str:
        """What was given, or a token that is signed now, with this role; raises UsageError where neither can be."""
        return self.given or self.signer().sign(self.person, roles=[role])

    def signer(self) -> TokenSigner:
        """Signs tokens of anybody; raises UsageError where the secret is not known."""
        if self.secret is None:
            raise UsageError(_WITHOUT_SECRET if self.given else _WITHOUT_EITHER)
        return TokenSigner(self.secret)

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, role: str, timeout_s: float = 15.0
    ) -> dict[str, Any]:
        """What the gateway answers to somebody of a role; raises as `blocking.request`."""
        return request(self.gateway, self.token(role), method, path, body, timeout_s)


_WITHOUT_EITHER: Final = (
    f"Nothing opens the gateway: expected a token or an API key in {TOKEN}, {TOKEN}_FILE or --token-file, the "
    f"gateway's JWT secret in {SECRET} or {SECRET}_FILE, or a profile (`resonance profile save --help`)."
)
_WITHOUT_SECRET: Final = (
    f"Tokens of many people are to be signed here, which a token alone cannot do: set {SECRET} or {SECRET}_FILE to "
    "what the gateway was started with."
)


def add_target(parser: argparse.ArgumentParser) -> None:
    """The options that say which gateway, and as whom."""
    group = parser.add_argument_group(TARGET_GROUP)
    group.add_argument("--gateway", metavar="URL", help=f"address of the gateway ({GATEWAY}, else {DEFAULT_GATEWAY})")
    add_profile(group)
    group.add_argument(
        "--token-file", metavar="PATH", type=Path, help=f"file of a token or an API key ({TOKEN}, {TOKEN}_FILE)"
    )
    add_secret(group)
    group.add_argument(
        "--as", dest="person", metavar="NAME", help="who acts, where a token is signed by the secret (your login name)"
    )


def add_kafka(parser: argparse._ActionsContainer) -> None:
    """--kafka."""
    parser.add_argument(
        "--kafka", metavar="HOST:PORT", help=f"brokers ({KAFKA}, else {DEFAULT_KAFKA}); how they are spoken to is in "
        "the other variables RESONANCE_KAFKA_… of the services"
    )  # fmt: skip


def add_profile(parser: argparse._ActionsContainer) -> None:
    """--profile."""
    named = parser.add_argument("--profile", metavar="NAME", help=f"a gateway that was saved by name ({PROFILE})")
    complete(named, profile_names)


def add_secret(parser: argparse._ActionsContainer) -> None:
    """--secret and --secret-file."""
    parser.add_argument("--secret", help=f"the gateway's JWT secret; safer by {SECRET}, since options show")
    parser.add_argument("--secret-file", metavar="PATH", type=Path, help=f"file that holds it ({SECRET}_FILE)")


def target(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Target:
    """What options, the environment and profiles say, in this order.

    A profile that is asked for by --profile comes before the environment. What opens the gateway of a profile is not
    sent to another.

    Raises:
        UsageError: There is no such profile, or a file cannot be read.
    """
    options = vars(arguments)
    named = options.get("profile")
    profiles = Profiles(environment)
    name = named or environment.get(PROFILE) or profiles.current()
    profile = profiles.read(name) if name else None
    gateway = (
        options.get("gateway")
        or (profile.gateway if profile and named else None)
        or environment.get(GATEWAY)
        or (profile.gateway if profile else DEFAULT_GATEWAY)
    )
    kafka = (
        options.get("kafka")
        or (profile.kafka if profile and named else None)
        or environment.get(KAFKA)
        or (profile.kafka if profile else None)
        or DEFAULT_KAFKA
    )
    own = profile if profile is not None and profile.gateway.rstrip("/") == gateway.rstrip("/") else None
    from_profile, from_environment = _of_profile(own), _of_environment(environment)
    sources = [_of_options(options), *((from_profile, from_environment) if named else (from_environment, from_profile))]
    found = next(filter(None, sources), _NOTHING)
    return Target(gateway, kafka, *_opened(found), options.get("person") or _login())


@dataclass(frozen=True, slots=True)
class _Source:
    """What one place gives: a token or a secret, or a file that holds it."""

    token: str | None = None
    token_file: str | Path | None = None
    secret: str | None = None
    secret_file: str | Path | None = None

    def __bool__(self) -> bool:
        return bool(self.token or self.token_file or self.secret or self.secret_file)


_NOTHING: Final = _Source()


def _of_options(options: Mapping[str, Any]) -> _Source:
    return _Source(None, options.get("token_file"), options.get("secret"), options.get("secret_file"))


def _of_environment(environment: Mapping[str, str]) -> _Source:
    return _Source(*(environment.get(name) or None for name in (TOKEN, f"{TOKEN}_FILE", SECRET, f"{SECRET}_FILE")))


def _of_profile(profile: Profile | None) -> _Source:
    if profile is None:
        return _NOTHING
    return _Source(profile.token, profile.token_file, profile.secret, profile.secret_file)


def _opened(source: _Source) -> tuple[str | None, str | None]:
    """The token, and the secret: beside a token it still signs for the people of a simulation."""
    return _text(source.token, source.token_file, "token"), _text(source.secret, source.secret_file, "secret")


def _text(text: str | None, file: str | Path | None, what: str) -> str | None:
    return text or (_read(Path(file), what) if file else None)


def _read(path: Path, what: str) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The {what} cannot be read from {path}: {error}.") from error
    if not text:
        raise UsageError(f"{path} is empty; expected the {what} in it.")
    return text


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "resonance"
