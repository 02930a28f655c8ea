"""What pictures say beside names and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resonance_narration import say_number
from resonance_xai.asked.surrogate import Surrogate


@dataclass(frozen=True, slots=True)
class Words:
    """Titles and labels; the names in braces are filled in."""

    waterfall: str
    deviation: str
    base: str
    others: str
    none: str
    beeswarm: str
    attribution: str
    low: str
    high: str
    trends: str
    tree: str
    fidelity: str
    kinds: str
    planted: str
    changed: str
    poor: str
    poor_ordinary: str
    scale: str
    share: str
    legend: str


WORDS: Final = {
    "en": Words(
        waterfall="Why the {unit} of “{output}” is {value}",
        deviation="Distance from the account's own normal: {value}",
        base="reference {base}",
        others="{count} others",
        none="nothing adds to it",
        beeswarm="What moves the {unit} of “{output}”",
        attribution="attribution to the {unit}",
        low="low value",
        high="high value",
        trends="How values move the {unit} of “{output}”",
        tree="A decision tree that imitates the {unit} of “{output}”",
        fidelity="It explains {r2} of the model's variance (R²{scale}) on {rows} rows it was not fitted to.",
        kinds="Of the ordinary ones alone {ordinary}, of those {unusual} {r2}.",
        planted="with a planted incident",
        changed="with changed values",
        poor="It imitates badly: do not rely on it.",
        poor_ordinary="It hardly tells ordinary ones from each other: do not read it for them.",
        scale=" of log(1 + surprise)",
        share="{share} of rows",
        legend="Solid lines lead on where the answer is yes, dashed ones where it is no.",
    ),
    "ru": Words(
        waterfall="Почему {unit} «{output}» — {value}",
        deviation="Отклонение от собственной нормы учётной записи: {value}",
        base="точка отсчёта {base}",
        others="остальные ({count})",
        none="вкладов нет",
        beeswarm="Что меняет: {unit} «{output}»",
        attribution="вклад ({unit})",
        low="малое значение",
        high="большое значение",
        trends="Как значения меняют: {unit} «{output}»",
        tree="Дерево решений, которое повторяет: {unit} «{output}»",
        fidelity="Доля объяснённой дисперсии модели (R²{scale}) — {r2}; проверочных строк — {rows}.",
        kinds="Только на обычных — {ordinary}, на строках {unusual} — {r2}.",
        planted="с внесённым инцидентом",
        changed="с изменёнными значениями",
        poor="Дерево повторяет модель плохо: полагаться на него нельзя.",
        poor_ordinary="Обычные строки оно между собой почти не различает: для них оно не годится.",
        scale=", ln(1 + неожиданность)",
        share="{share} строк",
        legend="Сплошная линия — ответ «да», штриховая — «нет».",
    ),
}
_OUTPUTS: Final = {("anomaly score", "ru"): "аномальность", ("anomaly score", "en"): "anomaly"}
UNITS: Final = {
    "en": {"probability": "probability", "score": "score", "deviations": "standard deviations"},
    "ru": {"probability": "вероятность", "score": "оценка", "deviations": "стандартные отклонения"},
}


def output_name(output: str, language: str) -> str:
    """What the served ensemble's number is called in a language; any other model's output is called what it is."""
    return _OUTPUTS.get((output, language), output)


def fidelity_of(found: Surrogate, language: str) -> list[str]:
    """How well a tree imitates, in lines: altogether, by kind of row, and what it is not good for, if anything."""
    words = WORDS[language]
    told = words.fidelity.format(
        r2=_share(found.r2, language),
        rows=say_number(found.held_out, language),
        scale=words.scale if found.planted else "",
    )
    kinds = words.kinds.format(
        ordinary=_share(found.r2_ordinary, language),
        unusual=words.planted if found.planted else words.changed,
        r2=_share(found.r2_unusual, language),
    )
    if found.poor:
        return [told, kinds, words.poor]
    return [told, kinds, words.poor_ordinary] if found.poor_ordinary else [told, kinds]


def _share(r2: float, language: str) -> str:
    return "–" if r2 != r2 else say_number(r2, language)
