"""Writes the documents into a folder: `python -m resonance_gateway.documents docs/reference`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from resonance_gateway.app import Gateway
from resonance_gateway.documents.asyncapi import asyncapi
from resonance_gateway.documents.openapi import openapi
from resonance_gateway.settings import MIN_SECRET, GatewaySettings
from resonance_runtime.health import Health


def documents() -> dict[str, str]:
    """Names of files and what is in them."""
    secret = "x" * MIN_SECRET
    settings = GatewaySettings.model_validate({"jwt_secret": secret, "pseudonym_key": secret})
    # Documents are made without a running gateway: nothing is sent, asked or started.
    nobody: Any = object()
    gateway = Gateway(settings, nobody, nobody, Health(stall_s=30), nobody)
    return {"openapi.json": _text(openapi(gateway.rest())), "asyncapi.json": _text(asyncapi())}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
