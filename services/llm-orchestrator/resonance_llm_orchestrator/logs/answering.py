"""The answer to `analyze_logs`: analysed beside the event loop, put into words by whoever writes."""

from __future__ import annotations

import asyncio
from typing import Final

from resonance_llm_orchestrator.brief import Brief, Text, Writer
from resonance_llm_orchestrator.logs.analysis import Analysis, analyse
from resonance_llm_orchestrator.logs.facts import brief_facts, cause_fact, log_facts, sample_texts, template_text
from resonance_llm_orchestrator.tasks.wording import written_of
from resonance_logs import BurstFound, TemplateFound, rfc3339
from resonance_narration import Language, Role
from resonance_narration.logs import tell_log, tell_log_cause, tell_log_rule
from resonance_tasks.logs import ANALYZE_LOGS, LogBurst, LogsAnswer, LogsQuestion, LogTemplate, RootCause
from resonance_tasks.task import Written

MOST_TEMPLATES: Final = 50


async def answer_logs(writer: Writer, question: LogsQuestion, deadline: float) -> LogsAnswer:
    """What the log of a question says.

    Args:
        writer: Puts the facts into words.
        question: Has been checked.
        deadline: Time of the running loop's clock.
    """
    analysis = await asyncio.to_thread(analyse, question)
    wording = await writer.write(brief_of(analysis, question.language, question.recipient_role), deadline)
    words = wording.texts[question.language]
    return answer_of(analysis, question.language, words, written_of(wording))


def brief_of(analysis: Analysis, language: Language, role: Role) -> Brief:
    """What is to be put into words, with our own writer's."""
    offline = {language: Text(*tell_log(log_facts(analysis), language, role))}
    return Brief(task=ANALYZE_LOGS.name, facts=brief_facts(analysis), role=role, offline=offline)


def answer_of(analysis: Analysis, language: Language, words: Text, written: Written) -> LogsAnswer:
    """The answer: words by whoever wrote them; severity, causes and templates by code."""
    report = analysis.report
    likely = {one.id for one, _ in analysis.causes}
    shown = [
        *report.templates[:MOST_TEMPLATES],
        *(one for one in report.templates[MOST_TEMPLATES:] if one.id in likely),
    ]
    return LogsAnswer(
        language=language,
        summary=words.summary,
        recommendations=list(words.recommendations),
        written=written,
        severity=analysis.grade,
        rule=tell_log_rule(analysis.rule, language),
        lines=report.lines,
        entries=report.entries,
        first=rfc3339(report.first),
        last=rfc3339(report.last),
        bucket_s=report.bucket_s,
        levels={level.name.lower(): report.levels[level] for level in sorted(report.levels, reverse=True)},
        patterns=dict(report.patterns),
        root_causes=[
            RootCause(text=tell_log_cause(cause_fact(one), language), because=because, evidence=_template(one))
            for one, because in analysis.causes
        ],
        templates=[_template(one) for one in shown],
        templates_total=len(report.templates),
    )


def _template(one: TemplateFound) -> LogTemplate:
    return LogTemplate(
        id=one.id,
        template=template_text(one),
        count=one.count,
        share=round(one.share, 6),
        level=None if one.level is None else one.level.name.lower(),
        first=rfc3339(one.first),
        last=rfc3339(one.last),
        new=one.new,
        rare=one.rare,
        matched=one.matched,
        burst=None if one.burst is None else _burst(one.burst),
        samples=sample_texts(one),
    )


def _burst(found: BurstFound) -> LogBurst:
    return LogBurst(
        start=rfc3339(found.start) or "",
        end=rfc3339(found.end) or "",
        count=found.count,
        expected=round(found.expected, 2),
        chance=float(f"{found.chance:.2g}"),
    )
