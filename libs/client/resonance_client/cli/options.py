"""Options that several commands share, and where their values come from."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from resonance_client.errors import UsageError
from resonance_client.terminal.locale import language_of
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
