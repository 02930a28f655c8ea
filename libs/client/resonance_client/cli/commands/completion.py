"""`resonance completion`: prints what lets the shell complete commands, options, incidents, models, topics by TAB."""

from __future__ import annotations

import argparse

from resonance_client.cli import options
from resonance_client.cli.output import say, say_json

EXAMPLES = """\
examples:
  source <(resonance completion bash)                                     now, in bash; add the line to ~/.bashrc
  source <(resonance completion zsh)                                      in zsh, after compinit; in ~/.zshrc
  resonance completion fish > ~/.config/fish/completions/resonance.fish   in fish, from the next shell on

Ids of incidents and versions of models are asked of the gateway, within 1.5 s, or not offered.
"""
JSON = {"shell": "the shell", "code": "what it is to run"}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints it."""
    from argcomplete.shell_integration import shellcode

    code = shellcode(["resonance"], shell=arguments.shell)
    if arguments.json:
        say_json({"shell": arguments.shell, "code": code})
    else:
        say(code)
    return 0
