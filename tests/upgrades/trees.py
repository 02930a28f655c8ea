"""Other versions of the services: their packages side by side in a folder, which a process finds before those here."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("libs/*/resonance_*", "services/*/resonance_*")
MARK: Final = "next_note"
"""Name of what the next version has everywhere: a field of every message, and of everything that is kept."""
FIELD: Final = 15000
NOTE: Final = "said by the next version"

Edit = tuple[str, str]
"""What stands in a file, and what the next version has in its place."""

SAID: Final[Edit] = (
    """        if self.value is None or isinstance(self.value, bytes):
            return self.value
        return self.value.SerializeToString(deterministic=True)
""",
    f"""        if self.value is None:
            return None
        value = self.value if isinstance(self.value, bytes) else self.value.SerializeToString(deterministic=True)
        return value + self.topic.message({MARK}={NOTE!r}).SerializeToString()
""",
)
"""Every record of the next version carries the new field."""

KEPT: Final[Mapping[str, Edit]] = {
    "resonance_runtime/segments.py": (
        "    doomed_below: int = 0\n\n\nclass _Format",
        f"    doomed_below: int = 0\n    {MARK}: str = {NOTE!r}\n\n\nclass _Format",
    ),
    "resonance_predictor/state.py": (
        "    away: list[tuple[str, str, int]] = []\n",
        f"    away: list[tuple[str, str, int]] = []\n    {MARK}: str = {NOTE!r}\n",
    ),
}
"""State of the next version has a new field in each of its documents."""

OTHER_FORMAT: Final[Mapping[str, Edit]] = {
    "resonance_predictor/state.py": ("FORMAT: Final = 1\n", "FORMAT: Final = 2\n"),
}
"""What a version has that keeps state in another format, and reads that of before as well."""

READS_BOTH: Final[Mapping[str, Edit]] = {
    "resonance_predictor/state.py": ("        if found != FORMAT:\n", "        if found not in (1, FORMAT):\n"),
}


EXTRACTOR: Final = "resonance_feature_extractor"
"""Compiled code is found by its path, and compiling takes a minute: where it is the same, the one here is taken."""


class NoSuchTree(RuntimeError):
    """A version cannot be had; the text says why."""


def next_version() -> Path:
    """The next version: a field more in every message, a value more in every enum, a field more in all that is kept."""

    def make(folder: Path) -> None:
        _collect(ROOT, folder)
        schemas = folder / "schemas"
        shutil.copytree(ROOT / "proto-schemas/resonance", schemas / "proto-schemas/resonance")
        (schemas / "libs/contracts").mkdir(parents=True)
        shutil.copy(ROOT / "libs/contracts/generate", schemas / "libs/contracts/generate")
        for file in (schemas / "proto-schemas").rglob("*.proto"):
            file.write_text(grown(file.read_text(encoding="utf-8")), encoding="utf-8")
        out = folder / "resonance_contracts/pb"
        command = [str(schemas / "libs/contracts/generate"), str(out)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHON": sys.executable}, capture_output=True)
        _edit(folder, {"resonance_runtime/records.py": SAID, **KEPT})

    return _made("next", make)


def other_format() -> Path:
    """A version that keeps state in a format that this one does not read."""

    def make(folder: Path) -> None:
        _collect(ROOT, folder)
        _edit(folder, OTHER_FORMAT)
        _edit(folder, READS_BOTH)

    return _made("other-format", make)


def of_commit(commit: str) -> Path:
    """The packages as they were at a commit.

    Raises:
        NoSuchTree: This is no clone with that commit.
    """
    done = _git("archive", "--format=tar", commit, "--", "libs", "services")
    if done.returncode:
        raise NoSuchTree(f"The version of {commit} cannot be had: {done.stderr.decode().strip()}.")

    def make(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as there, tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(there, filter="data")
            _collect(Path(there), folder)

    return _made(f"commit-{commit[:12]}", make)


def before_the_last_contract() -> str:
    """The commit before the last one that changed the wire contracts.

    Raises:
        NoSuchTree: The history is not here.
    """
    last = _git("log", "-1", "--format=%H", "--", "proto-schemas/resonance").stdout.decode().strip()
    found = _git("rev-parse", "--verify", f"{last}~1")
    if not last or found.returncode:
        raise NoSuchTree("The history of the wire contracts is not here: a whole clone is needed.")
    return found.stdout.decode().strip()


def compile_engine(tree: Path) -> None:
    """Compiles the feature engine of a version that has one of its own."""
    if (tree / EXTRACTOR).exists():
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        subprocess.run([sys.executable, "-m", f"{EXTRACTOR}.engine"], check=True, env=environment)


def grown(schema: str) -> str:
    """A schema with a field more in every message, and a value more in every enum."""
    schema = re.sub(r"(?m)^( *)message \w+ \{\n", rf"\g<0>\1  string {MARK} = {FIELD};\n", schema)
    return re.sub(r"(?ms)^enum (\w+) \{\n.*?^\}", _with_value, schema)


def _with_value(found: re.Match[str]) -> str:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", found[1]).upper()
    return f"{found[0][:-1]}  {name}_OF_NEXT = 99;\n}}"


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    git = shutil.which("git")
    if git is None:
        raise NoSuchTree("git is not installed, so no other version can be had.")
    return subprocess.run([git, *arguments], cwd=ROOT, capture_output=True)


def _collect(root: Path, folder: Path) -> None:
    for pattern in PACKAGES:
        for package in root.glob(pattern):
            shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))


def _edit(folder: Path, edits: Mapping[str, Edit]) -> None:
    for name, (before, after) in edits.items():
        text = (folder / name).read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise NoSuchTree(f"{name} does not hold what the other version has in another way: {before.strip()!r}.")
        (folder / name).write_text(text.replace(before, after), encoding="utf-8")


def _made(name: str, make: Callable[[Path], None]) -> Path:
    """A folder for a version, named by its content."""
    with tempfile.TemporaryDirectory() as there:
        made = Path(there) / name
        made.mkdir()
        make(made)
        extractor = made / EXTRACTOR
        if _content(extractor) == _content(ROOT / "services/feature-extractor" / EXTRACTOR):
            shutil.rmtree(extractor)
        place = Path(tempfile.gettempdir()) / f"resonance-{name}-{_content(made)}"
        if not place.exists():
            shutil.copytree(made, place)
        return place


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    return digest.hexdigest()[:12]
