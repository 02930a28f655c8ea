"""What pictures say beside names and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


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
        fidelity="It explains {r2} of the model's variance (R²) on {rows} rows it was not fitted to.",
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
        fidelity="Доля объяснённой дисперсии модели (R²) — {r2}; проверочных строк — {rows}.",
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
