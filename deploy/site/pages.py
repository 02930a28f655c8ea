"""What the site has beside the files of `docs/`: contents, pages from the top of the tree, links that stay true.

The contents are those of `docs/README.md`: a section is a heading there, its pages are what its table links to. A
folder's README brings the pages of its folder; what nobody links to there stands in the last section.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).resolve().parents[2]
INDEX: Final = "README.md"
BROUGHT: Final = {"start.md": "README.md", "CHANGELOG.md": "CHANGELOG.md", "CONTRIBUTING.md": "CONTRIBUTING.md"}
"""Pages of the site by the files of the tree that they are made from."""
LINK: Final = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The contents."""
    index = (ROOT / "docs" / INDEX).read_text(encoding="utf-8")
    sections: dict[str, list[Any]] = {"Start": ["start.md", INDEX]}
    listed = {"start.md", INDEX}
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        for text, target, _ in LINK.findall(body):
            page = _page(target, "")
            if page is None or page in listed:
                continue
            beside = [one for one in _beside(page) if one not in {*listed, page}]
            listed |= {page, *beside}
            sections.setdefault(title, []).extend([{text[:1].upper() + text[1:]: page}, *beside])
    every = (path.relative_to(ROOT / "docs").as_posix() for path in sorted((ROOT / "docs").rglob("*.md")))
    sections[title].extend(page for page in every if page not in listed)
    config.nav = [{name: pages} for name, pages in sections.items()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Pages from the top of the tree."""
    for name, source in BROUGHT.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to pages of the site; what leads to files of the tree that are no pages is their name."""
    folder = posixpath.dirname(page.file.src_uri)
    source = BROUGHT.get(page.file.src_uri)

    def replaced(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return match[0]
        found = _page(target, folder if source is None else None)
        if found is None:
            return f"{text} (`{_in_tree(target, folder if source is None else None)}`)"
        return f"[{text}]({posixpath.relpath(found, folder or '.')}{anchor})"

    # A link in a block of code is no link.
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else LINK.sub(replaced, part) for part in parts)


def _in_tree(target: str, folder: str | None) -> str:
    """The file that a link leads to, from the top of the tree; `folder` is the page's in docs, None for the top."""
    base = "" if folder is None else posixpath.join("docs", folder)
    return posixpath.normpath(posixpath.join(base, target))


def _page(target: str, folder: str | None) -> str | None:
    """The page or file of the site that a link leads to; None where it is none of the site."""
    path = _in_tree(target, folder)
    brought = {source: name for name, source in BROUGHT.items()}
    if path in brought:
        return brought[path]
    if path.startswith("docs/") and (ROOT / path).is_file():
        return path.removeprefix("docs/")
    return None


def _beside(page: str) -> list[str]:
    """Pages that a page of a folder leads to in its own folder and below, in their order there."""
    folder = posixpath.dirname(page)
    if not folder or posixpath.basename(page) != INDEX:
        return []
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = (_page(target, folder) for _, target, _ in LINK.findall(text))
    linked = [one for one in found if one is not None and one.startswith(f"{folder}/") and one.endswith(".md")]
    every = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs" / folder).rglob("*.md"))
    return list(dict.fromkeys([*linked, *every]))
