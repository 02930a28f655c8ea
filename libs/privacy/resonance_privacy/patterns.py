"""What personal data and secrets look like."""

from __future__ import annotations

import re
from typing import Final

EMAIL: Final = re.compile(r"[\w.+'-]+@(?:[\w-]+\.)+[\w-]{2,}")

PHONE: Final = re.compile(
    r"(?<![\w.+])(?:"
    r"(?:\+?7|8)[ -]?\(?[3489]\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}"
    r"|\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,6}"
    r")(?![\w.]?\d)"
)

INN: Final = re.compile(r"(?<![\w.-])(?:\d{12}|\d{10})(?![\w-]|\.\d)")
INN_NAMED: Final = re.compile(r"(?i)\b(?:ИНН|INN)\b\W{0,3}$")

SNILS: Final = re.compile(r"(?<![\w-])\d{3}-\d{3}-\d{3}[ -]\d{2}(?![\w-])")
SNILS_BARE: Final = re.compile(r"(?<![\w.-])\d{11}(?![\w-])")
SNILS_NAMED: Final = re.compile(r"(?i)\b(?:СНИЛС|SNILS)\b\W{0,3}$")

PASSPORT: Final = re.compile(r"(?<![\w.-])(?:\d{2} \d{2} (?:№ ?)?\d{6}|\d{4} № ?\d{6})(?![\w-])")
PASSPORT_LOOSE: Final = re.compile(r"(?<![\w-])(?:\d{2} ?\d{2}(?: ?№?) ?\d{6}|\d{2} ?\d{7}|[A-Z]{1,2}\d{6,8})(?![\w-])")
PASSPORT_NAMED: Final = re.compile(r"(?i)\b(?:паспорт\w{0,3}|passport|серия)\b[^\d\n]{0,24}$")

CARD: Final = re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d{4}){2}(?:[ -]?\d{1,7})(?![\w-]|\.\d)|"
                         r"(?<![\w.-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\w-])")  # fmt: skip

TOKEN: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|\b(?:sk|rk|pk)[-_](?:[\w]+-)?[\w-]{16,}"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_\w{20,}"
    r"|\bxox[abeprs]-[\w-]{10,}"
    r"|\bAIza[\w-]{30,}"
)
TOKEN_SIGNS: Final = (
    *(f"{letters}{mark}" for letters in ("sk", "rk", "pk") for mark in "-_"),
    *(f"gh{letter}_" for letter in "pousr"),
    "-----begin",
    "eyj",
    "akia",
    "xox",
    "aiza",
)
"""One of these, but for its case, is in every token."""
SECRET: Final = re.compile(
    r"(?i)(?:\b(?:bearer|basic|digest)\s+|"
    r"(?<!<)\b(?:authorization|password|passwd|pwd|(?:client[_-]?)?secret|(?:api|access|private)[_-]?key|"
    r"(?:access|auth)[_-]?token|token|cookie|session[_-]?id|credential|signature|пароль|токен|ключ)s?\b"
    r"[\"']?\s*[=:]\s*[\"']?(?:(?:bearer|basic|digest)\s+)?)([^\s\"',;&)\]}]{3,})"
)
"""The secret is the group; its name stays. After "<" it is the kind of a placeholder."""
USERINFO: Final = re.compile(r"://([^\s/@:]+:[^\s/@]+)@")
LONG: Final = 32
RANDOM: Final = re.compile(
    rf"(?<![\w/+.=-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{{{LONG},}}={{0,2}}(?![\w/+])"
)

IPV4: Final = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)")
IPV6: Final = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})(?![\w:])")
MAC: Final = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])", re.ASCII)

STREET_RU: Final = re.compile(
    r"(?:\b\d{6}, )?(?:\bг(?:ород|\.) ?[А-ЯЁ][\w-]+,? )?"
    r"\b(?:ул(?:ица|\.)|пр(?:оспект|-т|-кт)\.?|пер(?:еулок|\.)|ш(?:оссе|\.)|б(?:ульвар|-р)|наб(?:ережная|\.)) ?"
    r"[А-ЯЁ][\w-]+(?: [А-ЯЁ][\w-]+)*(?:,? ?(?:д(?:ом|\.) ?)?\d+\w?)?(?:,? ?(?:корп|к|стр)\. ?\d+)?"
    r"(?:,? ?(?:кв(?:артира|\.)|оф(?:ис|\.)) ?\d+)?"
)
STREET_RU_SIGNS: Final = (
    "ул.", "улица", "проспект", "пр-т", "пр-кт", "пер.", "переулок", "ш.", "шоссе", "бульвар", "б-р", "наб.",
    "набережная",
)  # fmt: skip
STREET_EN: Final = re.compile(
    r"\b\d{1,5}[A-Za-z]? (?:[A-Z][a-z]+ ){1,3}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Square)\b\.?"
)
STREET_EN_SIGNS: Final = (" st", " ave", " ro", " rd", " bou", " blv", " la", " ln", " dr", " sq")
