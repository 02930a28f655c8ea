"""English: features, more and less."""

from __future__ import annotations

import re
from typing import Final

from resonance_llm_orchestrator.claims.lexicon import DOWN, MESSAGES, UP, Lexicon, Term

_NUMBER: Final = r"(?<![\w.,])[-\u2212]?\d+(?:[.,]\d+)*"
_ASIDE: Final = (
    r"(?! (?:severity|priority|urgency|risk|confidence|importance|impact|score|likel\w+|probab\w+|detail\w*|"
    r"information|care|time|context|data|level of severity)\b|-severity|-priority)"
)

ENGLISH: Final = Lexicon(
    terms=(
        Term(
            r"(?:messages?|activity) (?:per|in each|for each|in a) channel|channel activity",
            {"channel_activity": 1},
            named=True,
        ),
        Term(
            r"message sizes?|payload sizes?|sizes? of (?:the |its |their )?messages",
            {"avg_message_size": 1},
            named=True,
        ),
        Term(r"(?:large|larger|big|bigger|long|longer) messages", {"avg_message_size": 1}, says=UP),
        Term(r"(?:small|smaller|short|shorter|tiny) messages", {"avg_message_size": 1}, says=DOWN),
        Term(r"error (?:rates?|share)|shares? of errors|failure rates?", {"error_rate": 1}, named=True),
        Term(r"errors?|failed messages", {"error_rate": 1, "rate_limit_violations": 0}),
        Term(
            r"(?:rate[- ]limit|limiter) (?:violations?|refusals?|hits?)|frames (?:over|beyond|refused)[\w ]{0,20}"
            r"|refused frames|refusals? by the limiter",
            {"rate_limit_violations": 1},
            named=True,
        ),
        Term(r"message (?:rates?|frequency|volume)|messages (?:a|per) minute", {"messages_per_minute": 1}, named=True),
        Term(
            r"intervals? between (?:its |the )?messages|rhythm of (?:its |the )?messages",
            {"burstiness_score": 0},
            named=True,
        ),
        Term(r"burstiness", {"burstiness_score": 1}, named=True),
        Term(r"messages?", MESSAGES),
        Term(r"(?:number|count) of requests|request (?:rates?|counts?|volume)", {"requests_per_user": 1}, named=True),
        Term(r"requests?", {"requests_per_user": 1, "rate_limit_violations": 0}),
        Term(
            r"connection (?:duration|length|age)s?|durations? of (?:the |its )?connections?",
            {"connection_duration": 1},
            named=True,
        ),
        Term(r"long(?:er)?(?:-lived)? connections?", {"connection_duration": 1}, says=UP),
        Term(r"short(?:er)?(?:-lived)? connections?", {"connection_duration": 1}, says=DOWN),
        Term(r"(?:number|count) of channels|channel counts?", {"channels_count": 1}, named=True),
        Term(r"channels?", {"channels_count": 1, "channel_activity": 0}),
        Term(
            r"addresses (?:per|of one|of a single) token|token (?:reuse|sharing)",
            {"jwt_token_reuse": 1},
            named=True,
        ),
        Term(r"(?:one|same|single|each) token", {"jwt_token_reuse": 0, "jwt_token_churn": 0, "ip_entropy": 0}),
        Term(r"(?:number|count) of tokens|token (?:churn|turnover)", {"jwt_token_churn": 1}, named=True),
        Term(r"tokens", {"jwt_token_churn": 1, "jwt_token_reuse": 0}),
        Term(
            r"(?:address|ip) entropy|entropy of (?:its |the )?addresses|spread (?:over|of|across) (?:its |the )?"
            r"addresses",
            {"ip_entropy": 1},
            named=True,
        ),
        Term(r"addresses|ips", {"ip_entropy": 1, "jwt_token_reuse": 1}),
        Term(
            r"(?:time|intervals?) between (?:its |the |the account's )?logins|login intervals?",
            {"login_intervals": 1},
            named=True,
        ),
        Term(r"logins?", {"login_intervals": -1}),
    ),
    more=(
        rf"(?:more|many|higher|high|greater|increas(?:e|es|ed|ing)|rise|rises|rose|risen|rising|grew|grown|growing|"
        rf"climbed|jumped|surged?|exceed(?:s|ed|ing)?|elevated|above|excessive|frequent|frequently|often)"
        rf"{_ASIDE}"
    ),
    less=(
        rf"(?:fewer|few|less|lower|low|decreas(?:e|es|ed|ing)|dropped|drops|fell|fallen|falling|declin(?:e|es|ed|ing)|"
        rf"below|rare|rarely|rarer|seldom){_ASIDE}"
    ),
    larger=r"larger|longer|bigger",
    smaller=r"smaller|shorter|shrank",
    unusual=r"unusual(?:ly)?|abnormal(?:ly)?|anomal(?:y|ous|ously)|atypical(?:ly)?|out of the ordinary",
    hedges=r"may|might|can|could|would|if|whether|possibl[ey]|perhaps|check|see|compare|ask",
    guesses=r"likely|probably|apparently|typically|presumably",
    raises=r"rais(?:e|es|ed|ing)|push(?:es|ed) up|lift(?:s|ed)?|increas(?:e|es|ed|ing)|adds?(?: to)?|speaks? for",
    lowers=r"lowers|lowered|lowering|reduc(?:e|es|ed|ing)|decreas(?:e|es|ed|ing)|pulls? down|speaks? against",
    scores=r"scores?|prediction|probability",
    before_no=re.compile(r"(?:\bno|\bnot|n't|\bas|\bso|\bnor|\ba|\bmost|\bhow) $"),
    before_turned=re.compile(r"\b(?:usually|normally|typically)(?: (?:sends?|has|is|are|makes?))? $"),
    than=re.compile(
        r"(?:(?P<up>more|higher|greater|larger|longer|above|exceed\w*|up)|(?P<down>fewer|less|lower|smaller|shorter|"
        r"below|down))\b(?: (?!\w*ly\b)\w+){0,2}?(?: (?:than|from|the|its|of)\b|(?<=above)|(?<=below))"
        r"(?:[^.;!?\d(]{0,40}?|[^.;!?\d(]{0,30}?(?:usual|normal|typical|threshold|limit)\w* \()"
        rf"(?P<b>{_NUMBER})"
    ),
    between=re.compile(
        r"\b(?:(?P<up>rose|grew|increased|climbed|jumped|up|risen|grown)|(?P<down>fell|dropped|decreased|declined|down|"
        rf"fallen))\b[^.;!?\d]{{0,20}}?\bfrom [^.;!?\d]{{0,12}}?(?P<a>{_NUMBER})[^.;!?\d]{{0,30}}?\bto "
        rf"[^.;!?\d]{{0,8}}?(?P<b>{_NUMBER})"
    ),
    joints=re.compile(r"[.;:!?\n(),](?=\s|$)|[()]|\s[—–-]\s|\b(?:and|but|while|whereas|although|though)\b"),
    severity=re.compile(
        r"\bseverity(?: level)?(?: (?:is|was|of|remains|stays|only|set|to|as))*:? (low|medium|moderate|high|critical)\b"
        r"|\b(low|medium|moderate|high|critical)[- ]severity\b"
    ),
    grades={"low": "low", "medium": "medium", "moderate": "medium", "high": "high", "critical": "critical"},
    times=re.compile(r"[ -]?(?:times|fold|x\b)"),
    decimal=".",
)
