"""Lines of a log in, templates out, with counts, times, levels, and which are new, rare or came in bursts."""

from resonance_logs.levels import Level
from resonance_logs.lines import clean, lines_of
from resonance_logs.reading import LogReader, since
from resonance_logs.redaction import redacted
from resonance_logs.report import BurstFound, Report, TemplateFound, rfc3339

__all__ = [
    "BurstFound",
    "Level",
    "LogReader",
    "Report",
    "TemplateFound",
    "clean",
    "lines_of",
    "redacted",
    "rfc3339",
    "since",
]
