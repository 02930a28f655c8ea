"""Runbooks as pages that Prometheus serves itself, so that the link in an alert works without any other server.

Prometheus executes them as templates: what fires now is at their top.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Final

from markdown_it import MarkdownIt

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "pre{background:#f4f4f4;padding:.7em;overflow:auto}code{font-size:.92em}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}.now{background:#fff3cd;padding:.5em 1em}"
)
FIRING: Final = """<div class="now"><b>Firing now:</b>
{{ with query "ALERTS{alertstate=\\"firing\\",alertname=~\\"NAMES\\"}" }}<ul>
{{ range . }}<li>{{ range $name, $value := .Labels }}
{{ if and (ne $name "__name__") (ne $name "alertstate") }}{{ $name }}=<b>{{ $value }}</b>{{ end }}
{{ end }}</li>
{{ end }}</ul>{{ else }}nothing that this page is about.{{ end }}</div>
"""


def alerts_of(text: str) -> list[str]:
    """Names of the alerts that a runbook is about, as its line "Alerts:" has them."""
    line = re.search(r"^Alerts?: (.+)$", text, re.MULTILINE)
    return re.findall(r"`(\w+)`", line[1]) if line else []


def pages(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Page of each runbook by its name, and an index."""
    titles = {name: text.partition("\n")[0].removeprefix("# ") for name, text in texts.items()}
    found = {name: _page(titles[name], _firing("|".join(alerts_of(text))), text) for name, text in texts.items()}
    listed = [f"| [{titles[name]}]({name}.md) | {', '.join(alerts_of(text))} |" for name, text in texts.items()]
    table = "\n".join(["# Runbooks", "", "| | alerts |", "|---|---|", *listed])
    return found | {"index": _page("Runbooks", _firing(".+"), table)}


def _firing(names: str) -> str:
    return FIRING.replace("NAMES", names)


def _page(title: str, top: str, text: str) -> str:
    body = str(MarkdownIt().enable("table").render(text))
    body = re.sub(r'href="(?:\.\./runbooks/)?([\w-]+)\.md(#[\w-]*)?"', r'href="\1.html\2"', body)
    escaped = body.replace("{{", '{{ "{{" }}')
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        f"<style>{STYLE}</style></head><body>\n{top}{escaped}"
        '<p><a href="index.html">All runbooks</a></p></body></html>\n'
    )
