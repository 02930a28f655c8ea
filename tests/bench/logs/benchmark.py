"""The benchmark `logs`."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Final

from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

from resonance_logs import LogReader
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.logs.large import read_large, write_large
from tests.bench.logs.truth import Labelled, grouping_accuracy, labelled

DATA: Final = "RESONANCE_DATA"
DEFAULT: Final = "../shared/data"
LOGS: Final = "logs"
LARGE: Final = 100_000_000

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "grouping_accuracy",
        "%",
        "mean over the systems of the lines that stand in exactly the right group",
        bar=Bar(88, Of.OURS),
    ),
    Figure("mb_per_second", "MB/s", "of a log of 100 MB, read to its report on one core"),
    Figure("rss_mib", "MiB", "memory of the process that read it, at most", Better.LOWER, Bar(200, Of.OURS)),
)


def run(surroundings: Surroundings) -> Measured:
    """Measures; raises Unmeasured where there is no data."""
    folder = Path(os.environ.get(DATA, DEFAULT)) / LOGS
    logs = labelled(folder)
    if not logs:
        raise Unmeasured(
            f"No data in {folder}: set {DATA} to a folder that has {LOGS}/X.log with X.log_structured.csv."
        )
    sets = {}
    for log in logs:
        sets[log.name] = {
            "grouping_accuracy": round(grouping_accuracy(ours(log.lines), log.truth), 2),
            "drain3": round(grouping_accuracy(plain(log.messages), log.truth), 2),
            "drain3_with_headers": round(grouping_accuracy(plain(log.lines), log.truth), 2),
            "lines": len(log.lines),
        }
        told = sets[log.name]
        surroundings.tell(f"{log.name}: {told['grouping_accuracy']} % ours, {told['drain3']} % plain Drain3.")
    large = _large(logs, LARGE // 100 if surroundings.trial else LARGE)
    return Measured(
        {
            "grouping_accuracy": Value(
                *(fmean(one[who] for one in sets.values()) for who in ("grouping_accuracy", "drain3"))
            ),
            "mb_per_second": Value(large["mb_per_second"]),
            "rss_mib": Value(large["rss_mib"]),
        },
        f"Drain3 {version('drain3')} with its defaults, given messages whose headers people cut off",
        details={"sets": sets, "large": large, "notes": _notes(large), "tables": [_table(sets)]},
    )


def ours(lines: Sequence[str]) -> list[int]:
    """The template of each line, as `resonance logs --assign` writes it."""
    reader = LogReader()
    numbers = [reader.read(line) for line in lines]
    reader.report()
    return [reader.number(number) for number in numbers]


def plain(messages: Sequence[str]) -> list[int]:
    """The same by Drain3 with its defaults."""
    logging.disable(logging.CRITICAL)
    try:
        miner = TemplateMiner(config=TemplateMinerConfig())
    finally:
        logging.disable(logging.NOTSET)
    return [miner.add_log_message(message)["cluster_id"] for message in messages]


def _large(logs: Sequence[Labelled], size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.log"
        write_large(path, [log.lines for log in logs], size)
        return read_large(path)


def _notes(large: dict[str, float]) -> list[str]:
    return [
        f"The large log has {large['mb']:.0f} MB and {large['lines']:,.0f} lines made of the lines above, with other "
        f"numbers in them, and {large['templates']:.0f} templates.",
        "Drain with a format of headers, masks and a threshold chosen for each system is published with 100, 99.8, "
        "78.8 and 73.3 % for Apache, HDFS, OpenSSH and OpenStack, 88.0 % in the mean (Zhu et al. 2019).",
        "Rules and settings were chosen with these four in view, and after a look at errors of the other twelve of "
        "LogHub (Android, BGL, HPC, Hadoop, HealthApp, Linux, Mac, Proxifier, Spark, Thunderbird, Windows, Zookeeper), "
        "so no result is blind. Those twelve got 84.6 % from lines with headers; plain Drain3 got 72.4 % without and "
        "51.3 % with them.",
    ]


def _table(sets: dict[str, dict[str, float]]) -> dict[str, object]:
    rows = [
        [name, f"{one['grouping_accuracy']:.1f}", f"{one['drain3']:.1f}", f"{one['drain3_with_headers']:.1f}"]
        for name, one in sets.items()
    ]
    return {
        "head": ["system, grouping accuracy, %", "ours", "plain Drain3", "plain Drain3, with headers"],
        "rows": rows,
    }


LOGS_BENCHMARK: Final = Benchmark(
    "logs",
    "How well lines of a log are grouped by the template that made them, as people wrote them down for 2,000 lines "
    "each of Apache, HDFS, OpenSSH and OpenStack (LogHub); a line is right if its group holds exactly the lines of its "
    "template (grouping accuracy, Zhu et al. 2019). Ours gets lines as they stand, headers and all, with one setting "
    "for all; plain Drain3 gets messages whose headers people cut off. And how fast a large log is read, in how much "
    "memory.",
    FIGURES,
    ("resonance-logs", "drain3"),
    run,
)
