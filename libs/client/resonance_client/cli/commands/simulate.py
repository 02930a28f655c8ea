"""`resonance simulate`: the demonstration's traffic alone."""

from __future__ import annotations

import argparse
from itertools import count
from secrets import token_hex
from time import monotonic

from resonance_client.cli import options
from resonance_client.cli.output import say_json
from resonance_client.cli.scenario import add_scenario, scenario
from resonance_client.cli.target import add_target, target
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
JSON = {
    "scenario": "what was asked for: seed, people, hours",
    "planted": "the incidents: who, which kind, from when to when, and which kinds of alert count as finding it",
    "frames": "how many were stored; with --dry-run how many there are of each chapter",
    "stream": "the stream of the replay",
    "connections": "how many were opened",
    "reconnects": "how many of them after a cut",
    "refused": "frames that the gateway refused",
    "seconds": "how long it took",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_scenario(parser)
    parser.add_argument("--stream", help="id of the replay stream (sim-SEED-…, new with every run)")
    parser.add_argument("--endless", action="store_true", help="go on with one more incident each 30 min of event time")
    parser.add_argument("--dry-run", action="store_true", help="send nothing, print the plan")
    options.add_json(parser, "changes nothing: what was planted and sent is JSON in any case")
    add_target(parser)


async def run(arguments: argparse.Namespace) -> int:
    """Run it; 0 once every frame is stored."""
    plan = make_plan(scenario(arguments))
    if arguments.dry_run:
        say_json(plan.as_json())
        return 0
    asked = target(arguments)
    signer = asked.signer()
    stream = arguments.stream or f"sim-{arguments.seed}-{token_hex(4)}"
    actions = [*plan.learning.actions, *plan.incidents.actions]
    first_us, span_us = actions[0].time_us, max(1, actions[-1].time_us - actions[0].time_us)
    began = monotonic()
    with screen_for(lines_beside=True) as screen:

        def tell(progress: Progress) -> None:
            share = min(1.0, (progress.event_us - first_us) / span_us)
            screen.progress("Traffic", f"{clock(progress.event_us)}, {progress.acknowledged} frames stored", share)

        async with Driver(asked.gateway, stream, signer, Pace(arguments.speed_up), on_progress=tell) as driver:
            await driver.play(actions)
            for number in count(1) if arguments.endless else ():
                await driver.play(further(plan, number).actions)
            progress = await driver.finish()
    outcome = {
        "stream": f"replay:{stream}", "frames": progress.acknowledged, "connections": progress.connections,
        "reconnects": progress.reconnects, "refused": progress.refused, "seconds": round(monotonic() - began, 2),
    }  # fmt: skip
    say_json(plan.as_json() | outcome)
    return 0
