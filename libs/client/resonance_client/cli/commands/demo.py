"""`resonance demo`: people write, some misbehave, and what is raised is told as it comes."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress

from resonance_client.cli import exit_codes, options
from resonance_client.cli.output import note, say_json
from resonance_client.cli.scenario import add_scenario, scenario
from resonance_client.cli.target import add_target, target
from resonance_client.demo import Demo, DemoOptions
from resonance_client.errors import ClientError
from resonance_client.simulation.judge import Summary
from resonance_client.terminal.screen import Screen, screen_for

EXAMPLES = """\
examples:
  resonance demo                     traffic, incidents and explanations, until Ctrl-C
  resonance demo --once --seed 11    one round; the last line of the output is a JSON summary
  resonance demo --language ru       explanations in Russian

exit codes: 0 all planted incidents were detected and explained, 1 something is missing, 2 wrong usage
"""
JSON = Summary


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_scenario(parser)
    options.add_language(parser)
    parser.add_argument("--once", action="store_true", help="end when every planted incident was explained")
    parser.add_argument("--ready-timeout", type=options.positive, default=120.0, help="seconds for services (120)")
    parser.add_argument("--model-timeout", type=options.positive, default=120.0, help="seconds for a model (120)")
    parser.add_argument("--verdict-timeout", type=options.positive, default=30.0, help="seconds without any news (30)")
    options.add_json(parser, "only the summary on standard output, all else on standard error")
    add_target(parser)


async def run(arguments: argparse.Namespace) -> int:
    """Run it; 0 where every planted incident was detected and explained."""
    asked = target(arguments)
    signer = asked.signer()
    chosen = DemoOptions(
        asked.gateway, scenario(arguments), arguments.language, arguments.speed_up,
        arguments.ready_timeout, arguments.model_timeout, arguments.verdict_timeout,
    )  # fmt: skip
    with screen_for(lines_beside=arguments.json) as screen:
        summary = await _demonstrate(Demo(chosen, signer, screen), screen, once=arguments.once)
    return _conclude(summary)


async def _demonstrate(demo: Demo, screen: Screen, *, once: bool) -> Summary:
    async with demo:
        screen.line(f"{demo.people} people, {demo.frames} frames, {len(demo.planted)} planted incidents.")
        summary = await _first_round(demo)
        tell_summary(summary, screen)
        if not once:
            screen.line("Further traffic with a new incident now and then; Ctrl-C ends it.", "bold")
            with suppress(asyncio.CancelledError):
                await demo.go_on()
        return summary


async def _first_round(demo: Demo) -> Summary:
    """The verdict, also where the traffic failed half way: what was found until then counts."""
    try:
        return await demo.run()
    except ClientError as error:
        note(str(error))
        return demo.interrupted_summary()


def tell_summary(summary: Summary, screen: Screen) -> None:
    """The verdict in words."""
    screen.line(
        f"{summary.detected} of {summary.incidents} planted incidents detected, {summary.explained} explained; "
        f"{summary.false_alerts} false alerts on {summary.ordinary_users_flagged} of {summary.ordinary_users} "
        "ordinary users.",
        "bold green" if summary.complete else "bold red",
    )
    if summary.latency_ms_p50 is not None:
        screen.line(f"From message to alert: p50 {summary.latency_ms_p50} ms, p99 {summary.latency_ms_p99} ms.")


def _conclude(summary: Summary) -> int:
    say_json(summary.as_json())
    for sentence in summary.missing:
        note(sentence)
    return exit_codes.DONE if summary.complete else exit_codes.NO
