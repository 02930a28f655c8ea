"""How Russian tells series of measurements."""

from __future__ import annotations

from typing import Final

from resonance_narration.facts import Role
from resonance_narration.performance_phrases import PerformancePhrases, SeriesNote
from resonance_narration.ru.grammar import count, noun, number

_VALUES: Final = noun("значение", "значения", "значений")
_SERIES: Final = noun("ряд", "ряда", "рядов")


def _departed(name: str, value: str, expected: str, values: int) -> str:
    said = f"{name}: до {value} вместо ожидаемых {expected}"
    return f"{said}." if values == 1 else f"{said} ({count(values, _VALUES)})."


PHRASES: Final = PerformancePhrases(
    title=lambda notable: f"Необычных рядов: {number(notable)}",
    title_one="Необычен ряд {name}",
    title_none="Необычного нет",
    out_of=lambda notable, series: f"Необычных рядов: {number(notable)} из {number(series)}.",
    none=lambda series: f"Необычного нет: просмотрено {count(series, _SERIES)}.",
    rose="{name}: рост с {before} до {after} ({ago}).",
    fell="{name}: падение с {before} до {after} ({ago}).",
    ago="до конца — {duration}",
    ago_values=lambda values: f"до конца — {count(values, _VALUES)}",
    departed=_departed,
    trend_up="{name}: ровный рост, с {first} до {last}.",
    trend_down="{name}: ровное падение, с {first} до {last}.",
    above="{name}: {value}, выше обычного ({usual}).",
    below="{name}: {value}, ниже обычного ({usual}).",
    full="{name}: занято {share} предела.",
    left="Если так пойдёт дальше, {name} достигнет предела; осталось — {duration}.",
    left_values=lambda values: count(values, _VALUES),
    leads="{source} меняется раньше, чем {target} (разница — {lag}), и помогает его предсказать "
    "(корреляция {correlation}).",
    both="{source} меняется раньше, чем {target} (разница — {lag}, корреляция {correlation}), и каждый помогает "
    "предсказать другой: возможна обратная связь или общая причина.",
    follows="{target} следует за {source} (разница — {lag}, корреляция {correlation}), но предсказать его это не "
    "помогает.",
    together="{source} и {target} меняются одновременно (корреляция {correlation}): один может менять другой, или у "
    "них общая причина.",
    after="{duration}",
    after_values=lambda values: count(values, _VALUES),
    first="Первым изменился ряд {name}; вскоре за ним — {others}. Первое изменение может быть причиной, но не обязано.",
    alone="Первым изменился ряд {name}; вскоре за ним ничего не изменилось.",
    may="Это может быть причиной, но не доказательство: оба ряда может менять то, что не измерено.",
    code_change="{name}: {before} → {after}, {ago}.",
    code_lead="{source} → {target}: {lag}, r = {correlation}.",
    notes={
        SeriesNote.TOO_SHORT: "В ряду {name} слишком мало значений, чтобы его изучить.",
        SeriesNote.GAPS: "В ряду {name} есть пропуски; они не учтены.",
        SeriesNote.NO_BASELINE: "Для ряда {name} не дано обычных значений; он сравнён только с самим собой.",
        SeriesNote.TOO_SHORT_TO_RELATE: "Ряды слишком коротки, чтобы узнать, какой из них меняется первым.",
    },
    for_role={
        Role.DEVOPS: "Искать начинают с того, что изменилось первым; причиной это быть не обязано.",
        Role.SECURITY: "Сами по себе ряды не отличают обычную нагрузку от атаки потоком запросов.",
        Role.DEVELOPER: "Изменение во время выпуска указывает на код, без выпуска — на нагрузку или данные.",
        Role.SUPPORT: "Что замечают пользователи, по рядам видно, только если один из них это измеряет.",
        Role.MANAGEMENT: "Задеты ли пользователи и обязательства, из одних рядов не следует.",
    },
    steps={
        Role.DEVOPS: (
            "Посмотрите выпуски, настройки и трафик в момент первого изменения.",
            "Сначала проверьте ряд, названный возможной причиной; если это ресурс, дайте ему запас.",
            "Сравните с экземпляром или регионом, где ничего не изменилось.",
        ),
        Role.SECURITY: (
            "Сравните изменившиеся ряды со входами и трафиком по адресам в то же время.",
            "Прежде чем добавлять ресурсы, исключите наводнение запросами.",
        ),
        Role.DEVELOPER: (
            "Профилируйте код, стоящий за рядом, который меняется первым, до и после изменения.",
            "Повторите нагрузку в тесте и проверьте, появится ли та же разница во времени между рядами.",
        ),
        Role.SUPPORT: (
            "Обратившимся скажите, что с системой разбираются; сроков не обещайте.",
            "Передайте, когда это заметили пользователи, чтобы сопоставить с измерениями.",
        ),
        Role.MANAGEMENT: (
            "Убедитесь, что ответственный есть за причину, а не только за симптом.",
            "Спросите, не пришёлся ли на это время запланированный выпуск или кампания.",
        ),
    },
    no_steps={
        Role.DEVOPS: ("Сохраните эти ряды как обычные для следующего сравнения.",),
        Role.SECURITY: ("Из-за этих рядов меры не нужны.",),
        Role.DEVELOPER: ("Если сбой всё же ощущается, измеряйте дольше или чаще.",),
        Role.SUPPORT: ("Спросите у жалующихся время и место: по этим рядам ничего не видно.",),
        Role.MANAGEMENT: ("Из-за этих рядов решать ничего не нужно.",),
    },
)
