"""Options of commands that simulate."""

from __future__ import annotations

import argparse

from resonance_client.cli.options import positive, positive_integer
from resonance_client.errors import UsageError
from resonance_client.simulation.plan import Scenario


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
