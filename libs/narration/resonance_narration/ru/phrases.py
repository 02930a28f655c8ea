"""The sentences of Russian."""

from __future__ import annotations

from typing import Final

from resonance_narration.voice import Phrases

PHRASES: Final = Phrases(
    conjunction="и",
    instead_of_usual=", обычно — {usual}",
    as_usual=", как обычно",
    instead_of_usual_then=", обычно {when} — {usual}",
    as_usual_then=", как обычно {when}",
    against_typical=", у типичного пользователя — {typical}",
    as_typical=", как у типичного пользователя",
    something_unusual="Активность учётной записи отличается от обычной",
    rule="Сработало правило {kind}: его порог — {threshold}.",
    rule_bare="Сработало правило {kind}.",
    baseline="Это далеко от нормы самой учётной записи: обычный разброс — {spread}{learned}.",
    baseline_steady="Это далеко от нормы самой учётной записи: обычно значение почти не меняется{learned}.",
    baseline_bare="Это далеко от нормы самой учётной записи{learned}.",
    model="Модель оценила это в {score} по шкале от нуля до единицы; столь же высокую оценку получает {share} "
    "обычной активности.",
    model_unseen="Модель оценила это в {score} по шкале от нуля до единицы; ни одно известное ей обычное "
    "наблюдение не получило столь высокой оценки.",
    model_bare="Модель отметила сочетание значений.",
    custom_rule_title="Правило {kind}",
    resolved_title="Завершено: {title}",
    one_reason="Главная причина: {reasons}.",
    reasons="Главные причины: {reasons}.",
    compared_with_usual="; по сравнению с обычным для этой учётной записи{at}: {reasons}",
    also_compared_with_usual=", в том числе по сравнению с обычным для этой учётной записи{at}",
    before_made_it="Неожиданным это делает прежде всего то, что было раньше: {which}.",
    before_eased_it="Отчасти этого можно было ожидать по тому, что было раньше: {which}.",
    right_before="последнее наблюдение перед этим",
    one_before="{ordinal} наблюдение перед этим",
    advice="Что делать: {advice}",
    so_far="На данный момент: {observations}.",
    so_far_lasting="На данный момент: {observations}, длительность — {duration}.",
    over="Инцидент завершён: {observations}.",
    over_lasting="Инцидент завершён: {observations}, длительность — {duration}.",
    replay="Это воспроизведение записанного трафика, а не живой трафик.",
    severity_sentence="Инцидент {severity} важности: {title}.",
    risen_title="{title} (был {before} важности, теперь — {severity})",
    risen="Инцидент был {before} важности, теперь — {severity}.",
    risen_by_rule="Инцидент был {before} важности, теперь — {severity}: {observed}, порог для этого — {threshold}.",
    risen_by_evidence="Инцидент был {before} важности, теперь — {severity}: сила свидетельств в порогах инцидента — "
    "{evidence}, для этого достаточно {enough}.",
    developer_line="Признак {name}: {value}",
    developer_threshold=", порог — {threshold}",
    developer_kind="Вид — {kind}, детектор — {detector}.",
    ordinary_behaviour="обычные",
    technical_method={
        "shapley-enumeration": "Метод: точные значения Шепли полным перебором",
        "shapley-sampling": "Метод: значения Шепли по выборке коалиций",
        "baseline-deviation": "Метод: отклонение от личной нормы учётной записи",
        "rule": "Метод: правило",
    },
    technical_reference={
        "population": ", точка отсчёта — медианы по всем пользователям",
        "user": ", точка отсчёта — средние самой учётной записи{learned}",
    },
    technical_model="Модель {name}, версия {version}.",
    technical_no_attribution="Вкладов нет: не было ни модели, ни личной нормы, по которым их можно вычислить.",
    technical_sum="{score} = база {base} {terms}; невязка {residual}.",
    technical_unit={
        "score": "Вклады в оценку (от нуля до единицы):",
        "probability": "Вклады в вероятность (от нуля до единицы):",
        "deviations": "Вклады в стандартных отклонениях:",
    },
    technical_feature="{name}: {value}{against}{usual}, вклад {attribution}",
    technical_against=", точка отсчёта — {reference}",
    technical_usual=", обычно — {usual} ± {spread}",
    technical_finding="Причина: {detector} {kind}, {severity} важности{compared}.",
    technical_compared=", наблюдалось {observed}, порог — {threshold}",
    technical_score="Выданная оценка — {score}, вероятность хвоста — {tail}.",
    technical_rules="Правила, версия {version}.",
    technical_bound="Каждый вклад отличается от вычисленного по всем коалициям не более чем на {bound} в девяноста "
    "пяти случаях из ста.",
    technical_against_usual="Относительно обычных значений самой учётной записи (в скобках): {score} = база {base} "
    "{terms}.",
    technical_against_usual_then="Относительно обычных значений самой учётной записи {when} по времени {zone}, "
    "собранных за {weeks} (в скобках): {score} = база {base} {terms}.",
    technical_against_expected="Неожиданность по {name} относительно того, что следовало из предыдущих векторов (в "
    "скобках): {score} = база {base} {terms}.",
    technical_before="Неожиданность по {name} по предыдущим векторам, точка отсчёта для каждого — медианы по всем "
    "пользователям: {score} = база {base} {vector}{terms}.",
    technical_before_features="То же по признакам предыдущих векторов: {score} = база {base} {vector}{terms}.",
    technical_itself="сам вектор",
    technical_before_bound="Каждый вклад предыдущих векторов и их признаков отличается от вычисленного по всем "
    "коалициям не более чем на {bound} в девяноста пяти случаях из ста.",
    technical_detectors="Неожиданность по детекторам: {detectors}.",
    technical_detector="{name} {score}",
    technical_detector_mainly="{name} {score} (главным образом {feature})",
    technical_skipped="Пропущено, так как аномалии поступали быстрее, чем их можно объяснить полностью: {parts}. На "
    "вопрос об этом векторе будет дан полный ответ.",
    technical_parts={
        "user_reference": "сравнение с обычными значениями самой учётной записи",
        "user_then_reference": "сравнение с обычными значениями самой учётной записи в это время недели",
        "expected": "сравнение с тем, что следовало из предыдущих векторов",
        "sequence": "какие из предыдущих векторов на это повлияли",
    },
    technical_checks={
        "sequence": "Проверка не пройдена: после предыдущих векторов модель ожидает не того, чего ожидала, когда этот "
        "вектор оценивался.",
        "score": "Проверка не пройдена: модель даёт этому вектору не ту оценку, что была выдана; вклады складываются в "
        "оценку, которую даёт модель.",
        "detectors": "Проверка не пройдена: один из детекторов модели оценивает этот вектор не так, как при выдаче "
        "оценки.",
    },
)
