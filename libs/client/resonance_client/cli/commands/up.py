"""`resonance up`: broker, object store, Redis and the six services on this machine, until Ctrl-C.

Other commands find it without being told where: its gateway, brokers and secret are in the profile `local` meanwhile.
What it keeps is gone when it ends. It needs Linux x86-64 and Python 3.11; elsewhere there is docker compose.
"""

from __future__ import annotations

import argparse

from resonance_client.cli import options
from resonance_client.errors import UsageError

EXAMPLES = """\
examples:
  resonance up                    then, in another terminal: resonance status; resonance simulate; resonance watch
  resonance up --json | head -1 | jq -r .gateway
"""
JSON = {
    "gateway": "address of the gateway",
    "kafka": "the brokers, as host:port",
    "services": "address of each service by its name",
    "profile": "the profile that names it while it runs",
    "logs": "folder of the logs",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_json(parser, "once everything is ready, where it is")


def run(arguments: argparse.Namespace) -> int:
    """Runs until Ctrl-C, which is a proper end."""
    try:
        from resonance_local.__main__ import up
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`resonance up` needs {error.name}, which is not installed here: run `make install` in the repository, "
            "or use `docker compose -f docker-compose.ml.yml up -d --wait`."
        ) from error
    return up(as_json=arguments.json)
