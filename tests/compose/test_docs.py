"""Pages of the documentation: each can be found from its index, and what they point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "services/*/*.md", "libs/*/*.md", "deploy/**/*.md", "grafana/*.md")
    for path in ROOT.glob(pattern)
)


def anchors(text: str) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


def links(text: str) -> list[str]:
    """What a page points at within the repository."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize(
    ("index", "folders"), [("docs", ["docs", "docs/how-to"]), ("docs/operations", ["docs/operations"])]
)
def test_every_page_is_in_its_index(index: str, folders: list[str]) -> None:
    front = ROOT / index / "README.md"
    found = {(front.parent / link.split("#")[0]).resolve() for link in links(front.read_text(encoding="utf-8"))}
    pages = {path for folder in folders for path in (ROOT / folder).glob("*.md")}
    assert sorted(page.name for page in pages - found - {front}) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_points_at_is_there(page: Path) -> None:
    for link in links(page.read_text(encoding="utf-8")):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target.read_text(encoding="utf-8")), link
