"""Russian: features, more and less."""

from __future__ import annotations

import re
from typing import Final

from resonance_llm_orchestrator.claims.lexicon import DOWN, MESSAGES, UP, Lexicon, Term

_NUMBER: Final = r"(?<![\w.,])[-\u2212]?\d+(?:[.,\u00a0]\d+)*"
_ASIDE: Final = (
    r"(?! (?:важност|серь[её]зност|приоритет|срочност|риск|уверенност|значимост|степен|оценк|вероятн|всего|"
    r"подробн|внимани|времени|данных|деталей))"
)

RUSSIAN: Final = Lexicon(
    terms=(
        Term(
            r"сообщени\w+ (?:на|в|по) (?:один |каждый |каждом |одном )?канал\w*|активност\w+ (?:в|на) канал\w+",
            {"channel_activity": 1},
            named=True,
        ),
        Term(r"размер\w*(?: \w+)? сообщени\w+", {"avg_message_size": 1}, named=True),
        Term(r"(?:большие|больших|крупн\w+|длинн\w+) сообщени\w+", {"avg_message_size": 1}, says=UP),
        Term(r"(?:маленьк\w+|мелк\w+|коротк\w+|небольш\w+) сообщени\w+", {"avg_message_size": 1}, says=DOWN),
        Term(r"дол\w+ (?:сообщений с )?ошиб\w+|частот\w+ ошибок|процент\w* ошибок", {"error_rate": 1}, named=True),
        Term(r"ошиб\w+", {"error_rate": 1, "rate_limit_violations": 0}),
        Term(
            r"отказ\w* ограничител\w+|превышени\w+ (?:лимит\w*|ограничени\w+)|кадр\w+ сверх лимита",
            {"rate_limit_violations": 1},
            named=True,
        ),
        Term(r"частот\w+ сообщени\w+|сообщени\w+ в минуту", {"messages_per_minute": 1}, named=True),
        Term(r"интервал\w+ между сообщени\w+|ритм\w* сообщени\w+", {"burstiness_score": 0}, named=True),
        Term(r"неравномерност\w+(?: сообщени\w+)?", {"burstiness_score": 1}, named=True),
        Term(r"сообщени\w+", MESSAGES),
        Term(r"числ\w+ запросов|количеств\w+ запросов|частот\w+ запросов", {"requests_per_user": 1}, named=True),
        Term(r"запрос\w*", {"requests_per_user": 1, "rate_limit_violations": 0}),
        Term(r"(?:длительност\w+|продолжительност\w+) соединени\w+", {"connection_duration": 1}, named=True),
        Term(r"(?:долг\w+|длительн\w+|продолжительн\w+) соединени\w+", {"connection_duration": 1}, says=UP),
        Term(r"(?:коротк\w+|недолг\w+) соединени\w+", {"connection_duration": 1}, says=DOWN),
        Term(r"(?:числ\w+|количеств\w+) каналов", {"channels_count": 1}, named=True),
        Term(r"канал\w*", {"channels_count": 1, "channel_activity": 0}),
        Term(r"адрес\w* (?:у|на) (?:одного |один |каждый |каждого )?токен\w*", {"jwt_token_reuse": 1}, named=True),
        Term(r"(?:один|одного|одним|того же) токен\w*", {"jwt_token_reuse": 0, "jwt_token_churn": 0, "ip_entropy": 0}),
        Term(r"(?:числ\w+|количеств\w+|смен\w+) токенов", {"jwt_token_churn": 1}, named=True),
        Term(r"токен(?:ы|ов|ами|ах|ам)", {"jwt_token_churn": 1, "jwt_token_reuse": 0}),
        Term(r"энтропи\w+(?: ip-?)?(?: адресов)?|разброс\w* (?:ip-)?адресов", {"ip_entropy": 1}, named=True),
        Term(r"адрес(?:а|ов|ами|ах|ам)?", {"ip_entropy": 1, "jwt_token_reuse": 1}),
        Term(r"(?:интервал\w*|врем\w+|перерыв\w*|промежут\w+) между входами", {"login_intervals": 1}, named=True),
        Term(r"вход(?:ы|ов|ами|ах|ам)", {"login_intervals": -1}),
    ),
    more=(
        rf"(?:больше|много|многих|выше|высок\w+|чаще|часты\w+|часто|вырос\w*|раст[её]т|растут|рост|увелич\w+|возрос\w*|"
        rf"повышен\w+|превыша\w+|превыси\w+|завышен\w+){_ASIDE}"
    ),
    less=(
        rf"(?:меньше|мало|малого|немногих|ниже|низк\w+|реже|редк\w+|снизил\w*|снижен\w*|упал\w*|падени\w+|сократил\w*|"
        rf"уменьшил\w*|понижен\w+){_ASIDE}"
    ),
    larger=r"дольше|длиннее|крупнее",
    smaller=r"короче|мельче",
    unusual=r"необычн\w+|аномал\w+|нетипичн\w+|ненормальн\w+|вне нормы",
    hedges=(
        r"может|могут|могл[аио]|мог|если|не ли|ли|возможн\w+|вероятн\w+|скорее всего|похоже|проверьте|посмотрите|"
        r"сравните|спросите|выясните"
    ),
    raises=r"повыша\w+|повысил\w*|увеличива\w+|увеличил\w*|поднима\w+|поднял\w*|говорит за|добавля\w+",
    lowers=r"снижа\w+|снизил\w*|уменьша\w+|уменьшил\w*|понижа\w+|понизил\w*|говорит против",
    scores=r"(?:оценк|прогноз|предсказани|вероятност)\w*",
    before_no=re.compile(r"\b(?:не|столь|как|так|столь же|настолько) $"),
    before_turned=re.compile(r"\bобычно (?:было |бывает |их )?$"),
    than=re.compile(
        r"\b(?:(?P<up>больше|выше|более|чаще|дольше|превыша\w+|превыси\w+)|(?P<down>меньше|ниже|менее|реже|короче))\b"
        r"[^.;!?\d(]{0,12}?(?:чем|обычн\w+|порог\w*|норм\w+|предел\w*|лимит\w*|средн\w+|типичн\w+|:)"
        r"(?:[^.;!?\d(]{0,40}?|[^.;!?\d(]{0,30}?(?:(?:обычн|норм|порог|типичн)\w*)? \()"
        rf"(?P<b>{_NUMBER})"
    ),
    between=re.compile(
        r"\b(?:(?P<up>вырос\w*|увеличил\w*|поднял\w*|возрос\w*)|(?P<down>упал\w*|снизил\w*|сократил\w*|уменьшил\w*))\b"
        rf"[^.;!?\d]{{0,20}}?\bсо? [^.;!?\d]{{0,12}}?(?P<a>{_NUMBER})[^.;!?\d]{{0,30}}?\bдо [^.;!?\d]{{0,8}}?"
        rf"(?P<b>{_NUMBER})"
    ),
    joints=re.compile(r"[.;:!?\n(),](?=\s|$)|[()]|\s[—–-]\s|\b(?:и|а|но|тогда как|хотя)\b"),
    severity=re.compile(
        r"\b(?:важност|серь[её]зност)\w*(?: (?:инцидента|события|оста[её]тся|была|теперь|только|лишь))*(?: [—-]|:)? "
        r"(низк|средн|высок|критич)|\b(низк|средн|высок|критич)\w+ (?:важност|серь[её]зност)"
    ),
    grades={"низк": "low", "средн": "medium", "высок": "high", "критич": "critical"},
    times=re.compile(r" ?(?:раз|кратн)"),
    decimal=",",
)
