"""Secrets that should not be here: in the tree, and in everything that was ever committed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector

from tests.supply.outcome import ROOT, Outcome, output

BASELINE: Final = ROOT / ".secrets.baseline"
# Words before a value say little of old versions of files; they are looked for in the tree alone.
VAGUE: Final = ("Secret Keyword", "Public IP (ipv4)")
# Longer files are data or locks.
MAX_BYTES: Final = 400_000


def check() -> Iterator[Outcome]:
    """Both."""
    yield tree()
    yield history()


def tree() -> Outcome:
    """What detect-secrets finds in the tree and nobody has looked at."""
    files = output("git", "ls-files", "-z").decode().split("\0")[:-1]
    faults = new_in([file for file in files if file != BASELINE.name])
    return Outcome("no secret in the tree", f"{len(files)} files; {len(known())} that are none were looked at", faults)


def new_in(files: Sequence[str]) -> list[str]:
    """What is new in files of the repository, a sentence each."""
    with tempfile.TemporaryDirectory() as folder:
        # The hook writes into its baseline where lines moved, and says so with status 3.
        baseline = Path(shutil.copy2(BASELINE, folder))
        command = [str(Path(sys.executable).with_name("detect-secrets-hook")), "--baseline", str(baseline), "--json"]
        done = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 1:
        results = json.loads(done.stdout)["results"]
        new = [one for found in results.values() for one in found]
        return [f"{one['filename']}:{one['line_number']} has what may be a secret: {one['type']}." for one in new]
    if done.returncode not in {0, 3}:
        return [f"detect-secrets did not end well: {done.stderr.strip()[-500:]}"]
    return []


def history() -> Outcome:
    """What has the form of a known kind of secret in any commit that is here."""
    seen, faults = 0, []
    for path, text in blobs(output("git", "rev-list", "--objects", "--all").decode().splitlines()):
        seen += 1
        faults += [f"{path}, in some commit, has what may be a secret: {kind}." for kind in found_in(text)]
    shallow = output("git", "rev-parse", "--is-shallow-repository").decode().strip() == "true"
    notice = "The clone is shallow: older commits are not here." if shallow else ""
    return Outcome("no secret in any commit", f"{seen} versions of files", sorted(set(faults)), notice)


def found_in(text: str) -> Iterator[str]:
    """Kinds of secrets in a text, but for those that somebody has looked at."""
    for kind, patterns in forms():
        for pattern in patterns:
            for match in pattern.finditer(text):
                value = next((group for group in match.groups() if group), match[0])
                if not {hashlib.sha1(v.encode()).hexdigest() for v in (value, match[0])} & known():  # noqa: S324 - its own
                    yield kind


@cache
def forms() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    """Patterns of secrets that are known by their form, by kind."""
    classes: dict[str, Any] = dict(get_mapping_from_secret_type_to_class())
    return tuple(
        (kind, tuple(one.denylist))
        for kind, one in sorted(classes.items())
        if issubclass(one, RegexBasedDetector) and kind not in VAGUE
    )


@cache
def known() -> frozenset[str]:
    """Hashes of what is no secret, though it has the form: somebody has looked at each."""
    results = json.loads(BASELINE.read_text(encoding="utf-8"))["results"]
    return frozenset(one["hashed_secret"] for found in results.values() for one in found)


def blobs(objects: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Path and text of each file version among git's objects, binary and long ones left out."""
    paths = dict(line.split(" ", 1) for line in objects if " " in line)
    command = ["git", "cat-file", "--batch"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as git:
        assert git.stdin is not None and git.stdout is not None
        for name, path in paths.items():
            git.stdin.write(f"{name}\n".encode())
            git.stdin.flush()
            _, kind, size = git.stdout.readline().split()
            content = git.stdout.read(int(size) + 1)
            if kind == b"blob" and len(content) <= MAX_BYTES and b"\0" not in content:
                yield path, content.decode(errors="replace")
        git.stdin.close()
