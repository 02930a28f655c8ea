"""What Russian says of any model's answer, on request.

A changed value and the present one stand in the same case around "а не", so that no number has to be declined.
"""

from __future__ import annotations

from typing import Final

from resonance_narration.asked_phrases import AskedPhrases

ASKED: Final = AskedPhrases(
    said={
        "probability": "Вероятность «{output}» по модели — {value}; {against} — {base}.",
        "score": "Значение «{output}» по модели — {value}; {against} — {base}.",
    },
    against={"population": "для типичной строки", "user": "для обычных здесь значений"},
    compared={"population": "медианы обычных строк", "user": "обычные здесь значения"},
    raised="Сильнее всего повышают: {causes}.",
    lowered="Сильнее всего понижают: {causes}.",
    cause="{name} ({value}, а не {reference}: {attribution})",
    alike="Строка не отличается от того, с чем её сравнивают.",
    method={
        "shapley-enumeration": "Метод: точные значения Шепли полным перебором, точка отсчёта — {reference}.",
        "shapley-sampling": "Метод: значения Шепли по случайным порядкам, точка отсчёта — {reference}.",
    },
    bound="Ни один вклад не отличается от точного больше чем на {bound}; вероятность этого — {confidence}.",
    sum="{score} = база {base} {terms}; невязка {residual}.",
    column="{name}: {value}, точка отсчёта — {reference}, вклад {attribution}",
    change="{value} (а не {now})",
    change_named="{label} — {value} (а не {now})",
    or_else="; либо ",
    goal={
        "ordinary": "Чтобы оценка стала обычной, достаточно, чтобы было так: {suggestions}.",
        "class": "Модель решила бы иначе, если бы было так: {suggestions}.",
    },
    no_way={
        "ordinary": "Среди того, что можно изменить, не нашлось изменения, после которого оценка стала бы обычной.",
        "class": "Среди того, что можно изменить, не нашлось изменения, после которого модель решила бы иначе.",
    },
    no_need="Оценка и так обычная: менять ничего не нужно.",
    no_time="Время вышло раньше, чем нашлось подходящее изменение.",
    no_model="Модель это не оценивала, поэтому спросить, что было бы обычным, не у кого.",
    differs="LIME, прямая, подогнанная к модели вокруг этого вектора, видит это иначе (ранговая корреляция — {rank}, "
    "доля вкладов с тем же знаком — {sign}): к порядку причин стоит отнестись с осторожностью.",
    poor_fit="Прямая LIME здесь плохо повторяет модель (R² — {r2}).",
    cut_short="Не хватило времени: {parts}.",
    parts={
        "shap": "точные вклады",
        "lime": "LIME",
        "counterfactual": "подсказки",
        "plots": "графики",
        "tree": "дерево решений",
    },
    lower="снизить {what} до {value}",
    heighten="повысить {what} до {value}",
    too="{what} до {value}",
    taken_prediction="В запросе указано предсказание «{given}», а модель говорит: «{said}».",
    taken_confidence="В запросе указана уверенность {given}, а у модели она {said}.",
    predictions={"anomaly": "аномалия", "normal": "норма"},
)
