"""Options that several commands share, and where their values come from."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from resonance_client.errors import UsageError
from resonance_client.simulation.plan import Scenario
from resonance_client.terminal.words import language_of
from resonance_client.tokens import TokenSigner

DEFAULT_GATEWAY: Final = "http://127.0.0.1:8000"
SECRET: Final = "RESONANCE_JWT_SECRET"  # noqa: S105 - the name of a variable, not a secret.


def add_gateway(parser: argparse.ArgumentParser) -> None:
    """--gateway and the secret that signs tokens for it."""
    parser.add_argument(
        "--gateway", metavar="URL", default=os.environ.get("RESONANCE_GATEWAY", DEFAULT_GATEWAY),
        help=f"address of the gateway (RESONANCE_GATEWAY, else {DEFAULT_GATEWAY})",
    )  # fmt: skip
    add_secret(parser)


def add_secret(parser: argparse.ArgumentParser) -> None:
    """--secret and --secret-file."""
    parser.add_argument("--secret", help=f"the gateway's JWT secret; safer by {SECRET}, since options show")
    parser.add_argument("--secret-file", metavar="PATH", type=Path, help=f"file that holds it ({SECRET}_FILE)")


def add_language(parser: argparse.ArgumentParser) -> None:
    """--language."""
    parser.add_argument(
        "--language", choices=("en", "ru"), default=language_of(os.environ), help="of explanations (from LANG)"
    )


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """What is simulated, and how fast."""
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same traffic (7)")
    parser.add_argument("--users", type=positive_integer, default=80, help="ordinary people (80)")
    parser.add_argument("--speed-up", type=positive, default=540.0, help="event seconds per real second (540)")
    parser.add_argument("--learning-hours", type=positive, default=2.5, help="event time before incidents (2.5)")
    parser.add_argument("--incident-hours", type=positive, default=1.5, help="event time with incidents (1.5)")


def scenario(arguments: argparse.Namespace) -> Scenario:
    """The scenario asked for."""
    if arguments.incident_hours < Scenario.SHORTEST_INCIDENT_HOURS:
        raise UsageError(
            f"--incident-hours is {arguments.incident_hours:g}, expected at least "
            f"{Scenario.SHORTEST_INCIDENT_HOURS:g}: the longest incident would not fit."
        )
    return Scenario(
        seed=arguments.seed, ordinary_users=arguments.users, learning_hours=arguments.learning_hours,
        incident_hours=arguments.incident_hours,
    )  # fmt: skip


def positive(text: str) -> float:
    """A number above 0; raises ValueError, which argparse turns into a sentence."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def positive_integer(text: str) -> int:
    """A whole number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def signer(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> TokenSigner:
    """Signs with the secret of --secret, --secret-file, RESONANCE_JWT_SECRET or RESONANCE_JWT_SECRET_FILE.

    Raises:
        UsageError: None of them is given, a file cannot be read, or the secret is too short.
    """
    path = arguments.secret_file or environment.get(f"{SECRET}_FILE")
    secret = arguments.secret or (None if arguments.secret_file else environment.get(SECRET))
    if not secret and path:
        secret = _read(Path(path))
    if not secret:
        raise UsageError(
            f"The gateway's JWT secret is needed to sign tokens: set {SECRET} or {SECRET}_FILE to what the gateway "
            "was started with."
        )
    return TokenSigner(secret)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The secret cannot be read from {path}: {error}.") from error
