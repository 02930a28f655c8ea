"""The writer as a whole: cache, budget, breaker, bulkhead, guard, critical briefs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from resonance_llm_orchestrator.brief import Brief, Text, Verdict
from resonance_llm_orchestrator.budgets.ledger import Allowance
from resonance_llm_orchestrator.budgets.money import nano
from resonance_llm_orchestrator.routing.breaker import BreakerPolicy, BreakerState
from resonance_llm_orchestrator.routing.routes import ModelFacts, Routes, UnknownPrice
from resonance_llm_orchestrator.writing.state_report import budget_of, state_of
from resonance_llm_orchestrator.writing.writer import offline
from resonance_narration import Language, Role
from tests.support.llm_faults import FAULTS
from tests.support.llm_server import FACTS, WORDS, LlmServer, llm_server
from tests.support.llm_writer import OFFLINE_TEXTS, Scene, brief, provider, routes_of, scene

Make = Callable[..., Scene]


@pytest.fixture
async def server() -> AsyncIterator[LlmServer]:
    async with llm_server() as running:
        yield running


@pytest.fixture
async def make(server: LlmServer) -> AsyncIterator[Make]:
    scenes: list[Scene] = []

    def made(*names: str, max_tokens: int = 2000, **options: Any) -> Scene:
        asked = [provider(name, server.url, max_tokens=max_tokens) for name in names]
        scenes.append(scene(asked, **options))
        return scenes[-1]

    yield made
    for one in scenes:
        await one.writer.close()


def fault(server: LlmServer, name: str, provider_: str = "openai", times: int = 100) -> None:
    respond = FAULTS[name].respond
    assert respond is not None
    server.plan[provider_] = [respond] * times


def kinds(degraded: Any) -> list[str]:
    return [reason.split(": ")[1] for reason in degraded]


async def settled(played: Scene) -> None:
    """Waits for what nobody has to wait for."""
    await asyncio.gather(*played.writer._pending)


async def test_without_providers_our_own_words_are_given_and_nothing_failed(make: Make) -> None:
    wording, _ = await make().write(brief())
    assert wording == offline(brief())
    assert make().writer.deterministic


async def test_the_same_question_is_paid_once_and_another_role_language_user_or_fact_is_another_question(
    make: Make, server: LlmServer
) -> None:
    played = make("openai")
    first, _ = await played.write(brief(user_key="u_a"))
    await settled(played)
    again, _ = await played.write(brief(user_key="u_a"))
    assert again == first
    assert server.count("openai") == 1
    others = [
        brief(user_key="u_b"),
        brief(user_key="u_a", role=Role.SUPPORT),
        brief(Language.RUSSIAN, user_key="u_a"),
        brief(user_key="u_a", facts={**FACTS, "more": 1}),
        brief(user_key="u_a", task="incident_plan"),
    ]
    for other in others:
        await played.write(other)
    assert server.count("openai") == 1 + len(others)


async def test_words_of_our_own_are_not_kept(make: Make, server: LlmServer) -> None:
    played = make("openai")
    fault(server, "refusal", times=1)
    assert (await played.write(brief()))[0].provider == "offline"
    await settled(played)
    assert (await played.write(brief()))[0].provider == "openai"


async def test_kept_words_of_a_person_are_forgotten_also_those_on_their_way(make: Make, server: LlmServer) -> None:
    played = make("openai")
    await played.write(brief(user_key="u_a"))
    await settled(played)
    await played.writer.forget("u_a")
    server.seconds = 0.3
    writing = asyncio.create_task(played.write(brief(user_key="u_a")))
    while server.count("openai") < 2:
        await asyncio.sleep(0.01)
    await played.writer.forget("u_a")
    await writing
    await settled(played)
    server.seconds = 0.0
    await played.write(brief(user_key="u_a"))
    assert server.count("openai") == 3


def poor(budget: float, **tasks: float) -> Routes:
    allowance = Allowance(nano(budget), {task: nano(amount) for task, amount in tasks.items()})
    return replace(routes_of(["openai"]), allowance=allowance)


async def test_a_budget_that_is_used_up_ends_in_our_own_words(make: Make, server: LlmServer) -> None:
    played = make("openai", routes=poor(0.0146))
    assert (await played.write(brief()))[0].provider == "openai"
    await settled(played)
    # What is left is more than an answer costs, and less than one can cost: nothing is overrun.
    assert (await played.write(brief(user_key="u_1")))[0].provider == "openai"
    await settled(played)
    wording, _ = await played.write(brief(user_key="u_2"))
    assert (wording.provider, kinds(wording.degraded)) == ("offline", ["budget"])
    assert server.count("openai") == 2
    left = budget_of(poor(0.0146).allowance, played.writer.spending.spent)["day"]["left"]
    assert left == pytest.approx(0.0146 - 2 * 0.002025)


async def test_many_at_once_never_overrun_the_budget(make: Make, server: LlmServer) -> None:
    routes = replace(poor(0.05), concurrency={"openai": 100})
    played = make("openai", routes=routes)
    server.seconds = 0.05
    wordings = await asyncio.gather(*(played.write(brief(user_key=f"u_{i}"), 10.0) for i in range(40)))
    await settled(played)
    written = sum(wording.provider == "openai" for wording, _ in wordings)
    assert written == server.count("openai")
    assert 0 < written * 0.002025 <= 0.05
    assert played.writer.spending.spent["day"] == written * 2_025_000


async def test_a_task_without_money_leaves_the_others_theirs(make: Make) -> None:
    played = make("openai", routes=poor(1.0, analyze_anomaly=0.0))
    assert kinds((await played.write(brief()))[0].degraded) == ["budget"]
    assert (await played.write(brief(task="incident_plan")))[0].provider == "openai"


def unpriced(policy: UnknownPrice) -> Routes:
    models = {"other": ModelFacts(read_price(), 400_000)}
    return replace(routes_of(["openai"]), models=models, unknown_price=policy)


def read_price() -> Any:
    return routes_of(["openai"]).facts_of("gpt-5.4").price


async def test_a_model_without_a_price_counts_at_the_worst_one_and_raises_an_alarm(make: Make) -> None:
    labels = {"provider": "openai", "model": "gpt-5.4-mini"}
    before = REGISTRY.get_sample_value("resonance_llm_unpriced_requests_total", labels) or 0.0
    played = make("openai", routes=unpriced(UnknownPrice.WORST))
    assert (await played.write(brief()))[0].provider == "openai"
    # gpt-5.4 alone has a price, and the dearer one of two: that of long prompts.
    assert played.cost == pytest.approx((900 * 5 + 300 * 22.5) / 1e6)
    assert REGISTRY.get_sample_value("resonance_llm_unpriced_requests_total", labels) == before + 1


@pytest.mark.parametrize("routes", [unpriced(UnknownPrice.REFUSE), replace(unpriced(UnknownPrice.WORST), models={})])
async def test_or_it_is_not_asked_as_where_no_price_is_known_at_all(
    make: Make, server: LlmServer, routes: Routes
) -> None:
    wording, _ = await make("openai", routes=routes).write(brief())
    assert kinds(wording.degraded) == ["unpriced"]
    assert server.count("openai") == 0


async def test_a_provider_that_keeps_failing_is_left_alone_and_comes_back_by_one_probe(
    make: Make, server: LlmServer
) -> None:
    routes = replace(routes_of(["openai"]), breaker=BreakerPolicy(failures=2, open_s=0.3))
    played = make("openai", routes=routes)
    fault(server, "500_always", times=2)
    assert kinds((await played.write(brief()))[0].degraded) == ["unavailable", "unavailable"]
    wording, _ = await played.write(brief(), 0.25)
    assert kinds(wording.degraded) == ["open"]
    gate = played.desk.gates["openai"]
    assert state_of(gate)["breaker"] == "open"
    assert state_of(gate)["failure"].startswith("unavailable: ")
    while gate.state() is BreakerState.OPEN:
        await asyncio.sleep(0.02)
    server.seconds = 0.2
    both = await asyncio.gather(*(played.write(brief(user_key=f"u_{i}")) for i in range(2)))
    assert sorted(wording.provider for wording, _ in both) == ["offline", "openai"]
    assert state_of(gate) | {"last_success": None, "last_failure": None} == {
        "breaker": "closed", "open_for_s": 0, "last_success": None, "last_failure": None, "failure": None,
    }  # fmt: skip


async def test_words_of_the_next_one_say_who_was_left_alone(make: Make, server: LlmServer) -> None:
    routes = replace(routes_of(["openai", "anthropic"]), breaker=BreakerPolicy(failures=1, open_s=60))
    played = make("openai", "anthropic", routes=routes)
    fault(server, "500_always", times=1)
    assert kinds((await played.write(brief(user_key="u_1")))[0].degraded) == ["unavailable"]
    wording, _ = await played.write(brief(user_key="u_2"))
    assert (wording.provider, kinds(wording.degraded)) == ("anthropic", ["open"])
    assert wording.degraded[0].startswith("openai: open: It was not asked: it is left alone for 60 s more")
    assert server.count("openai") == 1


async def test_whoever_comes_after_the_author_is_not_why_somebody_else_wrote(make: Make, server: LlmServer) -> None:
    routes = replace(routes_of(["openai", "anthropic"]), breaker=BreakerPolicy(failures=1, open_s=60))
    played = make("openai", "anthropic", routes=routes)
    played.desk.gates["anthropic"]._breaker.hold(asyncio.get_running_loop().time() + 60)
    wording, _ = await played.write(brief())
    assert (wording.provider, wording.degraded) == ("openai", ())


@pytest.mark.parametrize(("name", "seconds"), [("429_hour", 3600), ("quota", 3600), ("401", 300)])
async def test_who_will_not_answer_for_long_is_not_asked_for_long(
    make: Make, server: LlmServer, name: str, seconds: int
) -> None:
    played = make("openai", "anthropic")
    fault(server, name)
    for user in ("u_1", "u_2"):
        assert (await played.write(brief(user_key=user)))[0].provider == "anthropic"
    assert server.count("openai") == 1
    assert played.desk.gates["openai"].open_for() == pytest.approx(seconds, abs=5)


async def test_a_provider_has_no_more_requests_than_it_may(make: Make, server: LlmServer) -> None:
    routes = replace(routes_of(["openai", "anthropic"]), concurrency={"openai": 2, "anthropic": 100})
    played = make("openai", "anthropic", routes=routes)
    server.seconds = 0.5
    wordings = await asyncio.gather(*(played.write(brief(user_key=f"u_{i}"), 2.0) for i in range(6)))
    assert server.count("openai") == 2
    assert sorted(w.provider for w, _ in wordings) == ["anthropic"] * 4 + ["openai"] * 2
    assert {kind for wording, _ in wordings for kind in kinds(wording.degraded)} == {"busy"}


async def test_a_critical_brief_waits_for_nothing(make: Make, server: LlmServer) -> None:
    fault(server, "429_soon", times=1)
    wording, _ = await make("openai").write(brief(critical=True), 5.0)
    assert kinds(wording.degraded) == ["limit"]
    fault(server, "prose", times=1)
    wording, _ = await make("openai").write(brief(critical=True), 5.0)
    assert kinds(wording.degraded) == ["broken_answer"]
    assert server.count("openai") == 2


async def test_the_second_try_is_told_what_was_wrong(make: Make, server: LlmServer) -> None:
    fault(server, "made_up", times=1)
    wording, _ = await make("openai").write(brief())
    assert (wording.provider, wording.degraded) == ("openai", ())
    complaint = server.requests["openai"][1]["messages"][-1]["content"]
    assert "424242, which is not in the facts" in complaint


class Strict:
    """Hides names, and lets nothing of openai's first words through."""

    def __init__(self) -> None:
        self.judged: list[Mapping[Language, Text]] = []

    def hide(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        return {**facts, "who": "[USER_1]"}, {"[USER_1]": facts["who"]}

    def restore(self, text: str, hidden: Mapping[str, str]) -> str:
        return text.replace("[USER_1]", hidden["[USER_1]"])

    def judge(self, brief: Brief, texts: Mapping[Language, Text]) -> Verdict:
        self.judged.append(texts)
        return Verdict(("no_blame",) if len(self.judged) == 1 else ())


async def test_a_guard_hides_restores_and_vetoes(
    make: Make, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WORDS["en"], "title", "Flood by [USER_1]")
    guard = Strict()
    played = make("openai", "anthropic", guard=guard)
    wording, _ = await played.write(brief(facts={**FACTS, "who": "Ivan"}))
    assert (wording.provider, wording.vetoed, kinds(wording.degraded)) == ("anthropic", ("no_blame",), ["vetoed"])
    assert wording.texts[Language.ENGLISH].title == "Flood by Ivan"
    assert "Ivan" not in str(server.requests)
    assert guard.judged[0][Language.ENGLISH].title == "Flood by Ivan"
    assert state_of(played.desk.gates["openai"])["breaker"] == "closed"


async def test_no_more_languages_are_asked_for_than_are_wanted(make: Make, server: LlmServer) -> None:
    wording, _ = await make("anthropic").write(brief(Language.RUSSIAN))
    assert list(wording.texts) == [Language.RUSSIAN] != list(OFFLINE_TEXTS)
    schema = server.requests["anthropic"][0]["output_config"]["format"]["schema"]
    assert list(schema["properties"]) == ["ru"]
