"""Prints what comes of it all: `python -m tests.untrusted`; with --document it writes docs/untrusted.md."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.support.markdown import table
from tests.untrusted import faithful
from tests.untrusted.courses import FINE, LABEL, NOTHING, REFUSED, Courses, played
from tests.untrusted.explained import explanations
from tests.untrusted.forms import FORMS

MOST: Final = 500
DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs/untrusted.md"
HEAD: Final = f"""# What comes of what cannot be trusted

Written by `make untrusted-test`, which runs the orchestrator's tasks, alerts, notifications and actions in process
against servers on the loopback: two providers of words, a webhook, Slack, PagerDuty, a ticket system.

## What strangers write

One field of a question, of an alert or of its explanation holds instructions with a canary, in {len(FORMS)} forms, or
personal data. Looked at are all bodies that leave the service, its log, metrics, traces and cache, and problems that
are answered; a canary is also found in base64, in other scripts and between characters that cannot be seen. Severity,
recipients, steps, shares and actions have to be those that they are where the field holds an ordinary name.

- `{NOTHING}`: nothing of it was seen anywhere, and nothing changed by it.
- `{REFUSED}`: the question was refused, with a sentence that does not repeat it.
- `{LABEL}`: receivers outside are told of it as the label that it is by their contract, and nobody else is. Keys of
  users are pseudonyms of the gateway's, ids are ours, and kinds and streams are named by whoever runs this Resonance.

"""
OBEYED: Final = """
## Models that obey

Both providers answer as a stranger wants them to, in each language. Each time our own writer's words were given
instead, with the same severity, recipients, causes and steps; the table says what was wrong with the provider's.

"""
FAITHFUL: Final = f"""
## Models that do not keep to the facts

{MOST} explanations by xai of what the simulator planted, each of one anomaly under the model that found it, worded as
alerts in both languages by a provider that lies in its own way, and by another that says the same in other words.
"Refused" counts answers that were not taken, neither at first nor after the provider was told what was wrong with them.

"""


def main(arguments: Sequence[str]) -> int:
    """Plays all of it; the exit status is 1 where something was seen, changed or believed that must not be."""
    logging.getLogger().addHandler(logging.NullHandler())
    courses = asyncio.run(played())
    told = explanations(MOST)
    invented = [one for explanation in told for one in faithful.invented(explanation)]
    lies = asyncio.run(faithful.played(told))
    text = "\n".join(
        [
            *table(_fields(courses)),
            OBEYED,
            *table(_obeyed(courses)),
            FAITHFUL,
            *table(_lies(lies)),
            "",
            f"Our own writer's words on the same explanations, for five readers and as explanations, hold "
            f"{len(invented)} numbers, features or directions that are not in them.",
        ]
    )
    print(text)
    if arguments == ["--document"]:
        DOCUMENT.write_text(f"{HEAD}{text}\n", encoding="utf-8")
    wrong = [*_wrong(courses), *invented, *_believed(lies)]
    for one in wrong:
        print(one, file=sys.stderr)
    return 1 if wrong else 0


def _fields(courses: Courses) -> Iterator[tuple[str, ...]]:
    yield ("where", "what a stranger wrote", *FORMS)
    for (task, name), outcomes in courses.fields.items():
        yield (task, name, *outcomes.values())


def _obeyed(courses: Courses) -> Iterator[tuple[str, ...]]:
    tasks = next(iter(courses.obeyed.values()))
    yield ("what a model does", *tasks)
    for name, outcomes in courses.obeyed.items():
        yield (name, *outcomes.values())


def _lies(lies: dict[faithful.Kind, faithful.Course]) -> Iterator[tuple[str, ...]]:
    yield ("what the first provider does", "in", "answers", "refused", "words by", "slowest, s")
    for (lie, language), course in lies.items():
        authors = ", ".join(f"{name} {count}" for name, count in course.authors.items())
        what = "keeps to the facts, in other words than ours" if lie is None else str(lie)
        yield (what, language or "both", str(course.answers), str(course.refused), authors, f"{course.seconds:.2f}")


def _wrong(courses: Courses) -> Iterator[str]:
    for place, outcomes in courses.fields.items():
        yield from (f"{place}, {form}: {outcome}" for form, outcome in outcomes.items() if outcome not in FINE)
    yield from courses.kept
    for name, tasks in courses.obeyed.items():
        yield from (f"{name}, {task}: {said}" for task, said in tasks.items() if "TAKEN" in said or not said)


def _believed(lies: dict[faithful.Kind, faithful.Course]) -> Iterator[str]:
    for (lie, language), course in lies.items():
        if course.refused != (0 if lie is None else course.answers) or course.shown:
            yield f"{lie} in {language}: {course}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
