"""What English says of a log."""

from __future__ import annotations

from typing import Final

from resonance_narration.en.grammar import count, number
from resonance_narration.facts import Role
from resonance_narration.logs import LogPhrases

_NOTHING: Final = "Keep this log as the baseline that the next one is compared with."

LOGS: Final = LogPhrases(
    entries=lambda value: count(value, "entry", "entries"),
    templates=lambda value: count(value, "template", "templates"),
    number=number,
    severities={
        "low": "Low severity",
        "medium": "Medium severity",
        "high": "High severity",
        "critical": "Critical severity",
    },
    title="{severity}: errors in the log: {errors}, of {entries}",
    title_without="{severity}: no errors in the log of {entries}",
    looked="Looked at: {entries}, {templates}.",
    looked_in_time="Looked at: {entries}, {templates}, from {first} to {last}.",
    levels="Errors: {errors}, warnings: {warnings}.",
    no_levels="No entry says a level.",
    unusual="New templates: {new}, rare ones: {rare}.",
    rules={
        "critical_unusual": "The severity is critical because entries of the level critical come in a burst, or "
        "are new and several.",
        "half_errors": "The severity is critical because at least half of the entries are errors, and they come in a "
        "burst.",
        "critical": "The severity is high because there are entries of the level critical.",
        "error_burst": "The severity is high because errors, or entries with a pattern that was asked for, come in a "
        "burst.",
        "many_errors": "The severity is high because at least a fifth of the entries are errors.",
        "errors": "The severity is medium because there are errors, or entries with a pattern that was asked for, but "
        "neither many nor in a burst.",
        "warning_unusual": "The severity is medium because warnings are new or come in a burst.",
        "nothing": "The severity is low because there are no errors, and no unusual warnings.",
    },
    cause="Likely cause: {causes}.",
    causes="Likely causes: {causes}.",
    no_cause="Nothing in it points to a fault.",
    told="“{template}” ({evidence})",
    level="level {level}",
    new="new",
    new_since="new since {time}",
    burst="a burst from {start} to {end}: {entries} where {usual} would be usual",
    for_role={
        Role.DEVOPS: "An error of one component often shows in the entries of those that use it.",
        Role.SECURITY: "Refused logins and denied access can be misuse or a mistake; counts alone do not tell.",
        Role.DEVELOPER: "A template stands for all entries of one form; values that differ between them are masked.",
        Role.SUPPORT: "Whether users notice any of it does not stand in the log.",
        Role.MANAGEMENT: "How many users are concerned does not stand in the log.",
    },
    steps={
        Role.DEVOPS: {
            "burst": "Compare the beginning of the burst with deployments, changes of the configuration and the load.",
            "new": "See what was rolled out right before the new template came for the first time.",
            "error": "Go through the likely causes in the order of their first times: the earliest often brings the "
            "others about.",
            "none": _NOTHING,
        },
        Role.SECURITY: {
            "burst": "Check whether the burst comes from few addresses or accounts, and limit those by the rules in "
            "force.",
            "new": "Find out who or what caused the new template for the first time.",
            "error": "Look among the likely causes for refused logins, denied access and broken tokens.",
            "none": "Keep this log: later ones are compared with what is usual in it.",
        },
        Role.DEVELOPER: {
            "burst": "Reproduce the burst with the load of that time, and look for retries that amplify each other.",
            "new": "Find the line of code that writes the new template and the change that made it reachable.",
            "error": "Read the samples of the likely causes with their stack traces; let them say what they lack.",
            "none": _NOTHING,
        },
        Role.SUPPORT: {
            "burst": "Ask users who complain for the time, and compare it with the burst.",
            "new": "Pass complaints that fit the new template on to development at once: it has not been seen before.",
            "error": "Tell users who ask that the fault is known and is being looked into.",
            "none": "Nothing needs to be said to users.",
        },
        Role.MANAGEMENT: {
            "burst": "Have it decided who clears up the burst, and when they report.",
            "new": "Ask whether a recent release has to be taken back.",
            "error": "Ask which users and which obligations the errors touch.",
            "none": "Nothing needs to be decided.",
        },
    },
)
