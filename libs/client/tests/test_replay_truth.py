from __future__ import annotations

import pytest

from resonance_client.alerts.events import Alert
from resonance_client.replay.judge import judge
from resonance_client.replay.log_format import Entry
from resonance_client.replay.sessions import (
    ELSEWHERE,
    MOST_CHANNELS,
    SILENCE_US,
    frequent_segments,
    segment,
    timeline,
    visits,
)
from resonance_client.replay.truth import Truth, names_itself, truth_of
from resonance_client.timeline import Kind

BROWSER = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36"


def entry(address: str = "192.0.2.1", time_s: float = 0, path: str = "/", status: int = 200, agent: str = "") -> Entry:
    return Entry(address, round(time_s * 1_000_000), path, status, 100, agent)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "msnbot-media/1.1",
        "Twitterbot/1.0",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", "360Spider",
        "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)", "nutch-1.4/Nutch-1.4",
        "FeedBurner/1.0 (http://www.FeedBurner.com)", "Tiny Tiny RSS/1.11 (http://tt-rss.org/)",
        "Feedbin - 1 subscribers",
        "UniversalFeedParser/4.2 +http://feedparser.org/", "facebookexternalhit/1.1", "Wget/1.14 (linux-gnu)",
        "curl/7.22.0 (i686-pc-linux-gnu)", "python-requests/1.2.0", "Python-urllib/2.7", "Ruby", "LWP::Simple/5.827",
        "Xenu Link Sleuth/1.3.8", "Pingdom.com_bot_version_1.4", "Mozilla/5.0 (Unknown) PhantomJS/1.9.2 Safari/534.34",
        "ia_archiver (+http://www.alexa.com/site/help/webmasters)", "Go-http-client/1.1", "Java/1.7.0_51",
    ],
)  # fmt: skip
def test_robots_that_say_so(agent: str) -> None:
    assert names_itself(agent)


@pytest.mark.parametrize(
    "agent",
    [
        BROWSER, "", "Opera/9.80 (Windows NT 6.1; U; ru) Presto/2.7.39 Version/11.00",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.9; rv:27.0) Gecko/20100101 Firefox/27.0",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; .NET CLR 2.0.50727; Feedback)",
        "Mozilla/5.0 (Linux; Android 4.1; Robotech) Mobile", "Dalvik/1.6.0 (Linux; U; Android 4.1.2)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 6_0) Mobile/10A5376e Safari/8536.25", "Lynx/2.8.7rel.2 libwww-FM/2.14",
    ],
)  # fmt: skip
def test_browsers_are_not_robots(agent: str) -> None:
    assert not names_itself(agent)


def test_one_request_shows_what_an_address_is() -> None:
    truth = truth_of(
        [
            entry("192.0.2.1", agent=BROWSER), entry("192.0.2.2", agent=BROWSER),
            entry("192.0.2.2", agent="Wget/1.14"), entry("192.0.2.3", path="/robots.txt", agent=BROWSER),
            entry("192.0.2.4", path="/robots.txt.html", agent=BROWSER),
        ]
    )  # fmt: skip
    assert truth.robots == {"192.0.2.2", "192.0.2.3"}
    assert truth.ordinary == {"192.0.2.1", "192.0.2.4"}


def test_a_visit_ends_with_half_an_hour_of_silence() -> None:
    silence_s = SILENCE_US / 1e6
    times = [0.0, 10.0, 10.0 + silence_s, 10.0 + 2 * silence_s + 1]
    assert [len(visit) for visit in visits([entry(time_s=t) for t in reversed(times)])] == [3, 1]
    assert list(visits([])) == []


def test_a_log_becomes_users_connections_and_messages() -> None:
    actions = timeline(
        [
            entry("192.0.2.1", 5, "/blog/a", 404, "agent one"), entry("192.0.2.1", 3, "/blog/b", 200, "agent two"),
            entry("2001:db8::1", 4, "/", 200, "agent three"),
        ]
    )  # fmt: skip
    assert [(a.time_us // 1_000_000, a.user, a.kind) for a in actions] == [
        (3, "192.0.2.1", Kind.CONNECT), (3, "192.0.2.1", Kind.MESSAGE), (4, "2001:db8::1", Kind.CONNECT),
        (4, "2001:db8::1", Kind.MESSAGE), (4, "2001:db8::1", Kind.DISCONNECT), (5, "192.0.2.1", Kind.MESSAGE),
        (5, "192.0.2.1", Kind.DISCONNECT),
    ]  # fmt: skip
    messages = [a for a in actions if a.kind is Kind.MESSAGE]
    assert [(a.channels, a.size, a.error) for a in messages] == [
        (("blog",), 100, False), (("root",), 100, False), (("blog",), 100, True),
    ]  # fmt: skip
    assert len({a.connection for a in actions}) == 2


def test_the_agent_which_is_the_truth_is_sent_in_no_form() -> None:
    def log(agents: list[str]) -> list[Entry]:
        return [entry(f"192.0.2.{n % 3}", n, agent=agent) for n, agent in enumerate(agents)]

    assert timeline(log(["Googlebot/2.1"] * 6)) == timeline(log([BROWSER, "", "Wget/1.14", "x", "y", "z"]))


def test_channels_are_bounded() -> None:
    entries = [entry(path=f"/scan-{n}/x", time_s=n) for n in range(500)] + [entry(path="/blog", time_s=600)] * 2
    names = {a.channels[0] for a in timeline(entries) if a.channels}
    assert "blog" in names
    assert ELSEWHERE in names
    assert len(names) == MOST_CHANNELS + 1
    assert len(frequent_segments(entries)) == MOST_CHANNELS


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "root"), ("", "root"), ("/a/b", "a"), ("//a", "a"), ("/\x00b", "?b"), ("/" + "x" * 99, "x" * 64)],
)
def test_segments(path: str, name: str) -> None:
    assert segment(path) == name


def alert(alert_id: str, user: str, kind: str = "clockwork_timing") -> Alert:
    return Alert(state="open", alert_id=alert_id, user_id=user, kind=kind)


def test_precision_and_recall() -> None:
    truth = Truth(frozenset("abcdefgh"), frozenset("abcd"))
    requests = {"a": 70, "b": 10, "c": 10, "d": 10, "e": 5, "f": 1, "g": 1, "h": 1}
    alerts = [alert("1", "a"), alert("1", "a"), alert("2", "b"), alert("3", "b", "error_spike"), alert("4", "e")]
    verdict = judge(truth, [*alerts, alert("5", "not in the log")], requests)
    assert (verdict.flagged, verdict.robots_flagged, verdict.ordinary_flagged) == (3, 2, 1)
    assert (verdict.precision, verdict.recall, verdict.recall_of_requests) == (0.6667, 0.5, 0.8)
    assert verdict.kinds == {
        "clockwork_timing": {"robots": 2, "ordinary": 1}, "error_spike": {"robots": 1, "ordinary": 0},
    }  # fmt: skip
    assert (verdict.addresses, verdict.robots, verdict.ordinary, verdict.events) == (8, 4, 4, 108)


def test_nothing_flagged_has_no_precision() -> None:
    verdict = judge(Truth(frozenset("a"), frozenset()), [], {"a": 1})
    assert (verdict.precision, verdict.recall, verdict.recall_of_requests) == (None, None, None)
