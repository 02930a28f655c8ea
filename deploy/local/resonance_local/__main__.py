"""`resonance-local up`, `demo` and `demo-once`: all of Resonance on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from resonance_client.errors import UsageError
from resonance_client.profiles import LOCAL, Profile, Profiles
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
    if options.command == "up":
        return up()
    return _run(lambda stack: _demo(stack, options.command, further), 0 if options.command == "demo" else 130)


def up(*, as_json: bool = False) -> int:
    """Runs all of it until Ctrl-C; says where it is, in words or as one line of JSON. Returns the exit status."""
    return _run(lambda stack: _serve(stack, as_json=as_json), 0)


def _run(work: Callable[[Stack], int], interrupted: int) -> int:
    """Starts everything, works, and stops what was started; the exit status, also where it was interrupted."""
    # SIGTERM ends us as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    stack = Stack(tell)
    try:
        stack.start()
        return work(stack)
    except (Unsupported, StartFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return interrupted
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
            f"  console       {gateway}/          sign in with the token below",
            f"  status        {gateway}/ml/status",
            f"  Kafka         {stack.environment['RESONANCE_KAFKA_BOOTSTRAP']}  topic resonance.alerts.raised.v1",
            *(f"  {service:<13} {stack.url(service)}/health" for service in Service if service != Service.GATEWAY),
            f"  logs          {stack.folder}",
            "",
            f"  {command} status        from another terminal; `watch`, `simulate`, `alerts` and others find it, too",
            f"  export RESONANCE_GATEWAY={gateway} RESONANCE_JWT_SECRET={stack.jwt_secret}",
            f"  {command} token --user me --role operator",
            f'  curl -H "Authorization: Bearer $({command} token --user me --role operator)" {gateway}/ml/status',
            "",
            "Ctrl-C stops all of it.",
        ]
    )


def _serve(stack: Stack, *, as_json: bool) -> int:
    with _profile(stack):
        print(json.dumps(_places(stack)) if as_json else _addresses(stack), flush=True)
        while (dead := stack.died()) is None:
            time.sleep(0.5)
    raise StartFailed(f"{dead.name} ended with status {dead.exit_status}:\n{dead.last_words()}")


def _places(stack: Stack) -> dict[str, object]:
    """What `resonance up --json` prints."""
    return {
        "gateway": stack.url(Service.GATEWAY),
        "kafka": stack.environment["RESONANCE_KAFKA_BOOTSTRAP"],
        "services": {str(service): stack.url(service) for service in Service},
        "profile": LOCAL,
        "logs": str(stack.folder),
    }


@contextmanager
def _profile(stack: Stack) -> Iterator[None]:
    """The profile that leads commands here while it runs; it stays where another run has put its own meanwhile."""
    profile = Profile(
        LOCAL, stack.url(Service.GATEWAY), stack.environment["RESONANCE_KAFKA_BOOTSTRAP"], secret=stack.jwt_secret
    )
    profiles = Profiles()
    try:
        profiles.save(profile)
    except UsageError as error:
        tell(f"{error} Commands have to be told where it is.")
    try:
        yield
    finally:
        if LOCAL in profiles.names() and profiles.read(LOCAL) == profile:
            profiles.remove(LOCAL)


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
