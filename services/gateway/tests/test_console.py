"""The console: which files there are, and how they are sent."""

from __future__ import annotations

import gzip
import re

import pytest

from resonance_gateway.console.files import INDEX, ConsoleFile, console_files
from resonance_gateway.console.pages import BASE

HTML = {"Accept": "text/html,application/xhtml+xml"}
MOST_BYTES = 300_000


def assets_of(page: str) -> list[str]:
    """Addresses of what a page loads."""
    return [name for name in re.findall(r'(?:src|href)="([^"]+)"', page) if name.startswith(BASE)]


@pytest.mark.parametrize("path", ["/", "/ml/console", "/ml/console/"])
async def test_browsers_are_shown_the_page_wherever_they_look(running, path):
    answer = await running.client.get(path, headers=HTML)

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Accept" in answer.headers["Vary"]


async def test_nothing_but_what_comes_from_the_gateway_is_let_in(running):
    answer = await running.client.get("/", headers=HTML)
    rules = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))

    assert rules["default-src"] == "'none'"
    assert {rules[kind] for kind in ("script-src", "style-src", "connect-src", "worker-src", "img-src")} == {"'self'"}
    assert {rules[kind] for kind in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == ("nosniff", "no-referrer")


async def test_the_page_holds_no_script_or_style_and_asks_nobody_else(running):
    page = await (await running.client.get("/", headers=HTML)).text()

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|https?://", page) == []
    assert len(assets_of(page)) >= 3
    for address in assets_of(page):
        assert (await running.client.get(address)).status == 200


async def test_what_is_named_by_its_content_is_kept_for_ever(running):
    page = await (await running.client.get("/", headers=HTML)).text()
    kept = {address: (await running.client.get(address)).headers["Cache-Control"] for address in assets_of(page)}

    assert {"immutable" in how for address, how in kept.items() if "/assets/" in address} == {True}
    assert {how for address, how in kept.items() if "/assets/" not in address} == {"no-store"}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("gzip;q=0.000", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_file_is_packed_as_the_client_takes_it(running, accepted, coding):
    plain = console_files()[INDEX].plain
    answer = await running.client.get("/ml/console/", headers={"Accept-Encoding": accepted}, auto_decompress=False)
    content = await answer.read()

    assert answer.headers.get("Content-Encoding") == coding
    assert len(content) <= len(plain)
    assert {"gzip": gzip.decompress, None: bytes}.get(coding, lambda _: plain)(content) == plain


@pytest.mark.parametrize("path", ["nothing.js", "assets/../index.html", "%2e%2e/pages.py", "assets/", "index.html.br"])
async def test_there_is_nothing_else(running, path):
    answer = await running.client.get(f"/ml/console/{path}")

    assert answer.status == 404 or answer.url.path == "/ml/console/index.html"


async def test_all_of_it_is_small():
    assert sum(len(file.encodings["br"]) for file in console_files().values()) < MOST_BYTES


async def test_the_licences_of_what_is_in_it_come_with_it(running):
    text = await (await running.client.get("/ml/console/licences.txt")).text()

    assert "preact " in text
    assert "@preact/signals" in text
    assert text.count("Permission is hereby granted") >= 2


def test_the_smallest_coding_comes_first():
    file = ConsoleFile("text/plain", {"br": b"1", "gzip": b"22"}, b"333")

    assert file.encoded_for("gzip, br") == (b"1", "br")
    assert file.encoded_for("gzip") == (b"22", "gzip")
    assert file.encoded_for("zstd") == (b"333", None)
