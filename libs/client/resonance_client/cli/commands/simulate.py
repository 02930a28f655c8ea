"""`resonance simulate`: the demonstration's traffic alone."""

from __future__ import annotations

import argparse
import json
import sys
from itertools import count
from secrets import token_hex
from time import monotonic

from rich.console import Console

from resonance_client.cli import options
from resonance_client.cli.scenario import add_scenario, scenario
from resonance_client.simulation.plan import further, make_plan
from resonance_client.terminal.screen import screen_for
from resonance_client.terminal.words import clock
from resonance_client.traffic.driver import Driver, Progress
from resonance_client.traffic.pacing import Pace

EXAMPLES = """\
examples:
  resonance simulate --seed 3                    send the traffic of seed 3; the last line tells what was planted
  resonance simulate --users 300 --speed-up 120  more people, slower
  resonance simulate --endless                   then half an hour of event time with one more incident, on and on
  resonance simulate --dry-run                   what would be sent
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_gateway(parser)
    add_scenario(parser)
    parser.add_argument("--stream", help="id of the replay stream (sim-SEED-…, new with every run)")
    parser.add_argument("--endless", action="store_true", help="go on with one more incident each 30 min of event time")
    parser.add_argument("--dry-run", action="store_true", help="send nothing, print the plan")


async def run(arguments: argparse.Namespace) -> int:
    """Run it; 0 once every frame is stored."""
    plan = make_plan(scenario(arguments))
    if arguments.dry_run:
        sys.stdout.write(json.dumps(plan.as_json()) + "\n")
        return 0
    stream = arguments.stream or f"sim-{arguments.seed}-{token_hex(4)}"
    actions = [*plan.learning.actions, *plan.incidents.actions]
    first_us, span_us = actions[0].time_us, max(1, actions[-1].time_us - actions[0].time_us)
    began = monotonic()
    with screen_for(Console(highlight=False, stderr=True)) as screen:

        def tell(progress: Progress) -> None:
            share = min(1.0, (progress.event_us - first_us) / span_us)
            screen.progress("Traffic", f"{clock(progress.event_us)}, {progress.acknowledged} frames stored", share)

        signer = options.signer(arguments)
        async with Driver(arguments.gateway, stream, signer, Pace(arguments.speed_up), on_progress=tell) as driver:
            await driver.play(actions)
            for number in count(1) if arguments.endless else ():
                await driver.play(further(plan, number).actions)
            progress = await driver.finish()
    outcome = {
        "stream": f"replay:{stream}", "frames": progress.acknowledged, "connections": progress.connections,
        "reconnects": progress.reconnects, "refused": progress.refused, "seconds": round(monotonic() - began, 2),
    }  # fmt: skip
    sys.stdout.write(json.dumps(plan.as_json() | outcome) + "\n")
    return 0
