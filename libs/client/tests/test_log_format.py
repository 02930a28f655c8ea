from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_client.replay.log_format import LONGEST_LINE, BadLine, Entry, parse, parse_line, parse_time

COMBINED = (
    '192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /blog/post?id=1 HTTP/1.1" 200 203023 '
    '"http://example.org/" "Mozilla/5.0 (X11) Firefox/3"'
)


def entry(line: str) -> Entry:
    parsed = parse_line(line)
    assert isinstance(parsed, Entry), parsed
    return parsed


def test_combined() -> None:
    assert entry(COMBINED) == Entry(
        "192.0.2.7", 1_431_857_103_000_000, "/blog/post", 200, 203_023, "Mozilla/5.0 (X11) Firefox/3"
    )


def test_common_has_no_agent_and_a_dash_is_no_size() -> None:
    parsed = entry('192.0.2.7 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 304 -')
    assert (parsed.agent, parsed.size, parsed.status) == ("", 0, 304)
    assert parsed.time_us == 971_211_336_000_000


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("2001:DB8::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"),
        ("Host.example.org", "host.example.org"),
    ],
)  # fmt: skip
def test_addresses(address: str, expected: str) -> None:
    assert entry(COMBINED.replace("192.0.2.7", address)).address == expected


def test_a_virtual_host_may_stand_before_the_address() -> None:
    assert entry(f"www.example.org:443 {COMBINED}").address == "192.0.2.7"


def test_a_user_name_may_have_spaces() -> None:
    assert entry(COMBINED.replace("- - [", "- john doe [")).address == "192.0.2.7"


def test_quotes_and_escapes_in_agents() -> None:
    parsed = entry(COMBINED.replace("Mozilla/5.0 (X11) Firefox/3", r"a \"quoted\" \\ agent\t\x41"))
    assert parsed.agent == 'a "quoted" \\ agent\tA'


def test_fields_after_the_agent_are_tolerated() -> None:
    assert entry(COMBINED + ' "192.0.2.9" 0.003').agent == "Mozilla/5.0 (X11) Firefox/3"


@pytest.mark.parametrize(
    ("request_line", "path"),
    [
        ("GET http://example.org/a/b HTTP/1.1", "/a/b"), ("-", ""), ("", ""), (r"\x16\x03\x01", ""),
        ("GET / HTTP/1.1", "/"), ("POST /x#y HTTP/1.1", "/x"), ("OPTIONS * HTTP/1.0", "*"),
    ],
)  # fmt: skip
def test_paths(request_line: str, path: str) -> None:
    assert entry(COMBINED.replace("GET /blog/post?id=1 HTTP/1.1", request_line)).path == path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("01/Jan/1970:00:00:00 +0000", 0), ("01/Jan/1970:05:30:00 +0530", 0), ("31/Dec/1969:16:00:00 -0800", 0),
        ("29/Feb/2016:23:59:59 +0000", 1_456_790_399),
    ],
)  # fmt: skip
def test_times_with_zones(text: str, seconds: int) -> None:
    assert parse_time(text) == seconds * 1_000_000


@pytest.mark.parametrize(
    "text", ["", "30/Feb/2016:00:00:00 +0000", "17/Mai/2015:10:05:03 +0000", "1/May/2015:10:05:03", "x" * 50]
)
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None


def test_bad_lines_are_named_by_number_and_nothing_stops() -> None:
    cut = COMBINED[: COMBINED.index("Firefox")]
    bad_time, bad_address = COMBINED.replace("May", "Mai"), COMBINED.replace("192.0.2.7", "?")
    lines = [COMBINED, "", "nonsense", cut, bad_time, bad_address, COMBINED]
    parsed = list(parse(lines))
    assert [line.number for line in parsed if isinstance(line, BadLine)] == [3, 4, 5, 6]
    assert sum(isinstance(line, Entry) for line in parsed) == 2
    assert parsed[3] == BadLine(5, "'17/Mai/2015:10:05:03 +0000' is no time such as 17/May/2015:10:05:03 +0000")


def test_an_endless_line_is_not_read() -> None:
    assert parse_line("x" * (LONGEST_LINE + 1)) == BadLine(1, "it has 16385 characters, more than 16384")


@given(st.text(max_size=300))
def test_no_line_raises(line: str) -> None:
    parse_line(line)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=100))
def test_no_agent_raises(agent: str) -> None:
    parse_line(COMBINED.replace("Mozilla/5.0 (X11) Firefox/3", agent))
