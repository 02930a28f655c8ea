"""Reads files of rules and puts them to their own tests: `python -m resonance_predictor.check_rules [FILE...]`.

Without a file, the rules that come with the package. Exit status: 0 all is well; 1 a file is wrong, or a test fails.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from resonance_predictor.errors import RulesError
from resonance_predictor.rules_file import read_rules


def main(arguments: Sequence[str]) -> int:
    """Does what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m resonance_predictor.check_rules", description="Puts files of rules to their own tests."
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: the rules of the package")
    files: list[Path | None] = [*parser.parse_args(arguments).files] or [None]
    return max([_check(path) for path in files])


def _check(path: Path | None) -> int:
    try:
        rules = read_rules(path)
    except RulesError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    name, passed = path or "The default rules", len(rules.tests)
    tests = f"{passed} of {passed} tests pass" if passed else "no tests; write some under `tests`"
    sys.stdout.write(f"{name}: {len(rules.rules)} rules, {tests}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
