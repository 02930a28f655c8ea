"""Writes what is made of the catalogue of service levels and of the runbooks, beside this file.

python -m deploy.prometheus.generate            write rules/levels.yml, {rules,tests}/budgets.yml, consoles/runbooks
python -m deploy.prometheus.generate --check    exit with 1 if a file is not what this would write
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.prometheus.burning import alert_rules, recording_rules
from deploy.prometheus.burning_tests import tests
from deploy.prometheus.pages import pages

HERE: Final = Path(__file__).resolve().parent
RUNBOOKS: Final = HERE.parents[1] / "docs/operations/runbooks"
PAGES: Final = HERE / "consoles/runbooks"


def made() -> Mapping[Path, str]:
    """Content of each file that is made."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RUNBOOKS.glob("*.md"))}
    return {
        HERE / "rules/levels.yml": recording_rules(),
        HERE / "rules/budgets.yml": alert_rules(),
        HERE / "tests/budgets.yml": tests(),
        **{PAGES / f"{name}.html": page for name, page in pages(texts).items()},
    }


def main(arguments: Sequence[str]) -> int:
    """Writes or checks."""
    files = made()
    stray = [path for path in PAGES.glob("*.html") if path not in files]
    if arguments == ["--check"]:
        wrong = [*stray, *(p for p, text in files.items() if not p.exists() or p.read_text(encoding="utf-8") != text)]
        for path in wrong:
            print(f"{path.name} is not what `python -m deploy.prometheus.generate` writes: run it.", file=sys.stderr)
        return 1 if wrong else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in stray:
        path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
