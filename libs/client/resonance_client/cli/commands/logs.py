"""`resonance logs`: what a log says, as templates: how often each came, and which are new, rare or came in bursts.

A template is a message with <num>, <ip>, <*> and the like where its lines differ. FILE is a log of any format, plain or
compressed by gzip; `-` is standard input. Times and levels are read where lines have any; lines of a stack trace belong
to the line before.

New is what came in the last tenth of the log alone or, with --baseline, what is not in that log. Rare is what came at
most three times, and in fewer than one of two hundred entries. A burst is a time in which a template came at least
three times as often as at its own rate, so that of a hundred logs without any at most one would have one by chance.

Needs no gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resonance_client.cli import options
from resonance_client.cli.output import note, say, say_json, table
from resonance_client.errors import UsageError
from resonance_client.log_file import STANDARD_INPUT, LogFile, opened

if TYPE_CHECKING:
    from resonance_logs import LogReader, Report, TemplateFound

EXAMPLES = """\
examples:
  resonance logs app.log                              templates, the most frequent first
  resonance logs app.log.gz --baseline yesterday.log  which of them yesterday's log has not
  journalctl -u app | resonance logs - --json         the same as JSON, with times and samples
  resonance logs app.log --assign templates.txt       the number of the template of each line, a line each
"""
JSON = {
    "lines": "lines that were read",
    "entries": "entries they are, since a stack trace belongs to the line before",
    "templates": "the most frequent first: `id`, `text`, `count`, what is new, rare or in bursts, and samples",
    "…": "docs/how-to/read-logs.md says the rest",
}
SHOWN: Final = 40
TELL_EVERY_S: Final = 5.0
LINES_BETWEEN: Final = 5_000
MEGABYTE: Final = 1_000_000


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the log; - is standard input")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="an earlier log: what is not in it is new")
    parser.add_argument("--assign", type=Path, metavar="OUT", help="file for the number of each line's template")
    options.add_json(parser, "everything as JSON")
    parser.add_argument(
        "--top", type=options.positive_integer, metavar="N", default=SHOWN,
        help=f"templates in the table ({SHOWN}); up to {SHOWN} more that are new, rare or in bursts follow",
    )  # fmt: skip


async def run(arguments: argparse.Namespace) -> int:
    """Read, print; says how far it is on standard error."""
    if arguments.file == arguments.baseline == STANDARD_INPUT:
        raise UsageError("FILE and --baseline are both standard input; one of them must be a file.")
    if arguments.assign is not None and _same(arguments.assign, arguments.file, arguments.baseline):
        raise UsageError(f"--assign would write over {arguments.assign}, which is to be read: name another file.")
    report = await asyncio.to_thread(_read, arguments)
    if arguments.json:
        say_json(report.as_dict())
    else:
        _print(report, arguments.top)
    return 0


def _same(path: Path, *others: Path | None) -> bool:
    return any(other is not None and other.exists() and path.exists() and path.samefile(other) for other in others)


def _read(arguments: argparse.Namespace) -> Report:
    try:
        from resonance_logs import LogReader
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`resonance logs` needs {error.name}, which is not installed: pip install 'resonance-client[logs]'."
        ) from error
    reader = LogReader()
    if arguments.baseline is not None:
        with opened(arguments.baseline) as file:
            for line in _told(file):
                reader.learn(line)
        reader.begin()
    with opened(arguments.file) as file:
        if arguments.assign is None:
            for line in _told(file):
                reader.read(line)
            report = reader.report()
        else:
            report = _assign(reader, file, arguments.assign)
    if not report.lines:
        raise UsageError(f"{file.name} is empty: there are no lines to find templates in.")
    return report


def _assign(reader: LogReader, file: LogFile, out: Path) -> Report:
    """Reads a log and writes the number of the template of each line.

    Which templates are the same is known at the end, so numbers wait in a temporary file until then.
    """
    try:
        out.open("a").close()  # Whether it can be written is known before a long log is read.
        with tempfile.TemporaryFile() as waiting:
            numbers = array("q")
            for line in _told(file):
                numbers.append(reader.read(line))
                if len(numbers) >= LINES_BETWEEN:
                    numbers.tofile(waiting)
                    numbers = array("q")
            numbers.tofile(waiting)
            report = reader.report()
            waiting.seek(0)
            with out.open("w", encoding="ascii") as target:
                while chunk := waiting.read(LINES_BETWEEN * numbers.itemsize):
                    target.writelines(f"{reader.number(number)}\n" for number in array("q", chunk))
    except OSError as error:
        raise UsageError(f"Templates' numbers cannot be written to {out}: {error.strerror}.") from error
    return report


def _told(file: LogFile) -> Iterator[str]:
    """Lines of a log; says every few seconds how much of it was read."""
    from resonance_logs import lines_of

    began = told = time.monotonic()
    number = 0
    for number, line in enumerate(lines_of(file), 1):
        if number % LINES_BETWEEN == 0 and (now := time.monotonic()) - told >= TELL_EVERY_S:
            told = now
            of = "" if not file.size else f" of {file.size / MEGABYTE:,.0f} MB, {file.done / file.size:.0%}"
            note(f"{file.name}: {number:,} lines, {file.done / MEGABYTE:,.0f} MB{of}.")
        yield line
    if told > began:
        note(f"{file.name}: read, {number:,} lines in {time.monotonic() - began:.0f} s.")


def _print(report: Report, top: int) -> None:
    told, odd = report.templates[:top], [one for one in report.templates[top:] if _marks(one)][:SHOWN]
    rows = [
        (
            str(one.id),
            f"{one.count:,}",
            "" if one.level is None else one.level.name.lower(),
            _marks(one),
            one.text or "(blank)",
        )
        for one in (*told, *odd)
    ]
    table(("#", "Count", "Level", "Found", "Template"), rows, whole=("#", "Count", "Level", "Found"))
    for sentence in _sentences(report, len(told), len(odd)):
        say(sentence)


def _marks(one: TemplateFound) -> str:
    kinds: tuple[tuple[str, object], ...] = (("new", one.new), ("rare", one.rare), ("burst", one.burst))
    return " ".join(name for name, is_so in kinds if is_so)


def _sentences(report: Report, shown: int, odd: int) -> Iterator[str]:
    new, rare, bursts = (
        sum(kind in _marks(one).split() for one in report.templates) for kind in ("new", "rare", "burst")
    )
    entries = "" if report.entries == report.lines else f" in {_counted(report.entries, 'entry', 'entries')}"
    lines, templates = _counted(report.lines, "line", "lines"), _counted(len(report.templates), "template", "templates")
    yield f"{lines}{entries}, {templates}: {new:,} new, {rare:,} rare, {bursts:,} with bursts."
    if report.first is not None and report.last is not None:
        whole = report.as_dict()
        yield f"From {whole['first']} to {whole['last']}."
    if report.levels:
        yield (
            "Levels: " + ", ".join(f"{level} {number:,}" for level, number in report.as_dict()["levels"].items()) + "."
        )
    left = len(report.templates) - shown - odd
    if left:
        yield f"Not shown: {_counted(left, 'template', 'templates')}; --top {len(report.templates)} shows all."
    if report.forgotten:
        forgotten = _counted(report.forgotten, "entry", "entries")
        yield f"Not in any of them: {forgotten}, whose templates came too seldom to be kept."
    if report.baseline is not None:
        yield f"In the baseline: {_counted(report.baseline, 'entry', 'entries')}."


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
