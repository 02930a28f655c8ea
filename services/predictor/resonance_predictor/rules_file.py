"""The file of rules: read at the start, read again when it changes.

One that is wrong, or that does not pass its own tests, keeps the rules before it.
"""

from __future__ import annotations

import logging
from pathlib import Path

from resonance_predictor.errors import RulesError
from resonance_predictor.rule_trial import refuse_failing
from resonance_predictor.rules import RuleBook
from resonance_runtime import metrics
from resonance_runtime.health import Health

log = logging.getLogger(__name__)


class RulesFile:
    """Rules as the file says.

    Attributes:
        rules: The newest good ones.

    Args:
        path: The file; the package's default rules where there is none.

    Raises:
        RulesError: The file cannot be read or is wrong: without good rules there is nothing to start with.
    """

    def __init__(self, path: Path | None, health: Health) -> None:
        self._path = path
        self._health = health
        self._seen = self._stamp()
        self.rules = read_rules(path)
        self._tell()

    def refresh(self) -> None:
        """Read the file again if it is not as it was when it was read last."""
        stamp = self._stamp()
        if self._path is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            rules = read_rules(self._path)
        except RulesError as error:
            metrics.PREDICTOR_RULES_RELOADS.labels(outcome="refused").inc()
            log.error("rules were not taken", extra={"reason": str(error)})
            return self._health.degraded("rules", f"The rules before stay in force: {error}")
        metrics.PREDICTOR_RULES_RELOADS.labels(outcome="taken").inc()
        self._health.clear("rules")
        if rules.version != self.rules.version:
            self.rules = rules
            self._tell()

    def _tell(self) -> None:
        self._health.details["rules"] = f"{self._path or 'default'} {self.rules.version}"

    def _stamp(self) -> tuple[int, int, int] | None:
        """What changes when the file does; None where it cannot be seen."""
        try:
            found = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)


def read_rules(path: Path | None) -> RuleBook:
    """The rules of a file, or those of the package where there is none; they pass their own tests.

    Raises:
        RulesError: The file cannot be read or is wrong, or a test fails.
    """
    if path is None:
        rules = RuleBook.default()
    else:
        try:
            rules = RuleBook.parse(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise RulesError(f"{path} cannot be read: {error}.") from error
    refuse_failing(rules, str(path or "the default rules"))
    return rules
