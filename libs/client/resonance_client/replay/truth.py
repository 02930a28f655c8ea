"""Which addresses are robots: those that say so.

An address is a robot if one of its user agents names itself as one (below), or if it asked for /robots.txt,
which only programs read. Neither is seen by any detector. The truth is one-sided: a robot that calls itself a
browser and never reads robots.txt counts as ordinary, so measured precision is a lower bound.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from resonance_client.replay.log_format import Entry

NAMES_OF_ROBOTS: Final[dict[str, str]] = {
    "crawlers": r"bot(?![a-z])|spider|crawl|slurp|archiver|nutch|ezooms|spinn3r|yandex\w+/",
    "feed readers": r"feed(?!back)|\brss|rss/|aggregator|simplepie|liferea|newsify|reeder|reader[/.]|theoldreader|"
    r"livejournal\.com",
    "previews": r"facebookexternalhit|embedly|twitterbot|flipboard|google desktop",
    "monitors and link checkers": r"monitor|pingdom|uptime|nagios|check_http|link (?:sleuth|validator)|portscout|"
    r"siteexplorer|distilator|changedetection|genieo|validator",
    "libraries and tools": r"^(?:wget|curl|ruby|java|php|perl|python|go-http|okhttp|lwp|libwww|httpie)\b|python-|"
    r"libwww-perl|urllib|httpclient|http_request|libfetch|indy library|chef client|apachebench|winhttp|superblock",
    "browsers without a person": r"phantomjs|headless|selenium|puppeteer|playwright",
    "a page about the robot": r"\+https?://",
}
"""Patterns of user agents that name themselves, by what they are; case does not matter.

`bot` counts at the end of a word or before a digit, slash or hyphen (Googlebot/2.1, bingbot, msnbot-media),
so that a browser called "Cubot" on a phone of that make would count, too: such names were not seen in logs.
"A page about the robot" is the convention to give, after a plus sign, an address that says what it does.
"""
_NAMED: Final = re.compile("|".join(NAMES_OF_ROBOTS.values()), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Truth:
    """Addresses of a log: all of them, and those that are robots."""

    addresses: frozenset[str]
    robots: frozenset[str]

    @property
    def ordinary(self) -> frozenset[str]:
        """Addresses that did not say they are robots."""
        return self.addresses - self.robots


def names_itself(agent: str) -> bool:
    """Whether a user agent says that it is no person's browser."""
    return _NAMED.search(agent) is not None


def is_robot(entry: Entry) -> bool:
    """Whether one request shows that its address is a robot's."""
    return entry.path == "/robots.txt" or names_itself(entry.agent)


def truth_of(entries: Iterable[Entry]) -> Truth:
    """The truth about every address of a log."""
    shown: dict[str, bool] = defaultdict(bool)
    for entry in entries:
        shown[entry.address] |= is_robot(entry)
    return Truth(frozenset(shown), frozenset(address for address, robot in shown.items() if robot))
