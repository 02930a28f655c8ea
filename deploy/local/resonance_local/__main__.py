"""`resonance-local up`, `demo` and `demo-once`: all of Resonance on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from resonance_contracts.topics import Service
from resonance_local.parts import Unsupported
from resonance_local.stack import Stack, StartFailed

DESCRIPTION = """Starts broker, object store, Redis and the six services of Resonance on this machine.

up         until Ctrl-C
demo       with traffic of simulated people and planted incidents, until Ctrl-C
demo-once  until every planted incident was detected and explained; prints a JSON summary as its last line
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        "resonance-local", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["up", "demo", "demo-once"])
    options, further = parser.parse_known_args(arguments)
    # SIGTERM ends us as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    stack = Stack(tell)
    try:
        stack.start()
        return _serve(stack) if options.command == "up" else _demo(stack, options.command, further)
    except (Unsupported, StartFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0 if options.command != "demo-once" else 130
    finally:
        # A second Ctrl-C must not leave half of it running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        tell("Stopping what was started.")
        stack.stop()


def tell(sentence: str) -> None:
    """A line for people; standard output stays for results."""
    print(sentence, file=sys.stderr, flush=True)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _addresses(stack: Stack) -> str:
    gateway, command = stack.url(Service.GATEWAY), Path(sys.executable).with_name("resonance")
    return "\n".join(
        [
            "",
            f"  gateway       {gateway}          WebSocket at {gateway.replace('http', 'ws')}/ws",
            f"  status        {gateway}/ml/status",
            f"  Kafka         {stack.environment['RESONANCE_KAFKA_BOOTSTRAP']}  topic resonance.alerts.raised.v1",
            *(f"  {service:<13} {stack.url(service)}/health" for service in Service if service != Service.GATEWAY),
            f"  logs          {stack.folder}",
            "",
            f"  export RESONANCE_GATEWAY={gateway} RESONANCE_JWT_SECRET={stack.jwt_secret}",
            f'  curl -H "Authorization: Bearer $({command} token --user me --role operator)" {gateway}/ml/status',
            "",
            "Ctrl-C stops all of it.",
        ]
    )


def _serve(stack: Stack) -> int:
    print(_addresses(stack), flush=True)
    while (dead := stack.died()) is None:
        time.sleep(0.5)
    raise StartFailed(f"{dead.name} ended with status {dead.exit_status}:\n{dead.last_words()}")


def _demo(stack: Stack, command: str, further: Sequence[str]) -> int:
    if command == "demo":
        tell(_addresses(stack))
    arguments = ["demo", "--gateway", stack.url(Service.GATEWAY), *(["--once"] if command == "demo-once" else [])]
    environment = {**os.environ, "RESONANCE_JWT_SECRET": stack.jwt_secret}
    demo = subprocess.Popen(  # noqa: S603  # our own command line
        [sys.executable, "-m", "resonance_client", *arguments, *further], env=environment
    )
    try:
        return demo.wait()
    except KeyboardInterrupt:
        # Ctrl-C reached it too; it ends by itself.
        try:
            return demo.wait(timeout=10)
        except subprocess.TimeoutExpired:
            demo.kill()
            return 130


if __name__ == "__main__":
    sys.exit(main())
