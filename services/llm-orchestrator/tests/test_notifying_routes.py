"""The file of routes: what it says, and the sentence for what is wrong in it."""

from __future__ import annotations

import pytest

from resonance_llm_orchestrator.notifying.labels import NAMES
from resonance_llm_orchestrator.notifying.matchers import Matcher, Operator, all_hold, parsed
from resonance_llm_orchestrator.notifying.plan import NotifyingPlan
from resonance_llm_orchestrator.notifying.routes_file import plan_of, read_plan
from resonance_llm_orchestrator.notifying.routing import group_name
from resonance_runtime.errors import SettingsError

GOOD = """
route:
  receiver: ops
  group_by: [kind]
  routes:
    - matchers: [severity=~"high|critical"]
      receiver: security
      continue: true
      group_wait: 1m30s
      routes:
        - matchers: [stream="live"]
          group_by: ["..."]
    - matchers: [severity="critical"]
      receiver: pages
receivers: [{name: ops}, {name: security, slack: [{}]}, {name: pages, pagerduty: [{}], webhook: [{}, {}]}]
"""


def labels(**given: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, "") | given


def plan(text: str = GOOD) -> NotifyingPlan:
    return plan_of(text, "routes.yml")


def test_an_incident_goes_to_the_deepest_routes_that_take_it_and_on_where_a_route_says_so() -> None:
    root = plan().root

    def taken(**given: str) -> list[tuple[str, str]]:
        return [(route.receiver, route.key) for route in root.taking(labels(**given))]

    assert taken(severity="low") == [("ops", "{}")]
    assert [receiver for receiver, _ in taken(severity="critical", stream="live")] == ["security", "pages"]
    assert taken(severity="high", stream="live") == [("security", '{}/{severity=~"high|critical"}/{stream="live"}')]


def test_a_route_has_of_the_one_above_what_it_leaves_out() -> None:
    deepest = plan().root.taking(labels(severity="high", stream="live"))[0]
    assert deepest.pace.wait_us == 90_000_000 and deepest.pace.interval_us == 300_000_000
    assert deepest.group_labels(labels(kind="k"))["kind"] == "k" and len(deepest.group_labels(labels())) == len(NAMES)


def test_groups_are_named_by_route_and_labels_as_alertmanager_does() -> None:
    root = plan().root
    one, two = (group_name(root, {"kind": kind}) for kind in ("a", 'b"c'))
    assert (one.key, two.key) == ('{}:{kind="a"}', '{}:{kind="b\\"c"}')
    assert one.id != two.id and len(one.id) == 64


def test_a_receiver_without_ways_is_told_by_the_topic_and_one_with_several_by_all() -> None:
    receivers = plan().receivers
    assert [way.name for way in receivers["ops"].ways] == ["kafka"]
    assert [way.name for way in receivers["pages"].ways] == ["webhook/0", "webhook/1", "pagerduty/0"]


def test_the_file_that_comes_with_the_service_is_right() -> None:
    assert list(read_plan(None).receivers) == ["topic"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("route: [", "is not YAML"),
        ("", "the file: Input should be"),
        (GOOD.replace("1m30s", "soon"), "route.routes.0.group_wait: 'soon' is not a duration; expected one like 30s"),
        (GOOD.replace("receiver: pages", "receiver: nobody"), "no receiver 'nobody'; expected one of ops, security"),
        (GOOD.replace("group_by: [kind]", "group_by: [colour]"), "there is no label 'colour'; expected some of"),
        (GOOD.replace('stream="live"', "stream"), "'stream' is not a matcher; expected one like"),
        (GOOD.replace("high|critical", "(a+)+"), "the pattern '(a+)+' is not one that is understood"),
        (GOOD.replace("continue: true", "colour: red"), "route.routes.0.colour: Extra inputs are not permitted"),
        (GOOD.replace("{name: ops},", "{name: ops}, {name: ops},"), "two receivers have the same name"),
        (GOOD.replace("  receiver: ops\n  group", "  group"), "the first route takes everything"),
        (GOOD.replace("slack: [{}]", "slack: [{url: ftp://s3cret}]"), "receivers.1.slack.0.url: String should match"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_would_be_right(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as fault:
        plan(text)
    assert sentence in str(fault.value) and "s3cret" not in str(fault.value)


def test_a_file_that_is_not_there_is_said_so() -> None:
    with pytest.raises(SettingsError, match="RESONANCE_NOTIFY_ROUTES is '/nowhere', which cannot be read"):
        read_plan("/nowhere")


@pytest.mark.parametrize(
    ("written", "kind", "holds"),
    [
        ('kind="a"', "a", True),
        ("kind=a", "b", False),
        ('kind!="a"', "b", True),
        ('kind=~"flood|unusual_.*"', "unusual_timing", True),
        ('kind=~"flood"', "message_flood", False),
        ('kind!~"flood.*"', "flood_of_all", False),
    ],
)
def test_a_matcher_holds_of_the_whole_value(written: str, kind: str, holds: bool) -> None:
    assert all_hold([parsed(written)], labels(kind=kind)) is holds


def test_a_matcher_is_written_as_it_is_read() -> None:
    matcher = Matcher("kind", Operator.EQUAL, 'a"b\\c')
    assert parsed(str(matcher)) == matcher
