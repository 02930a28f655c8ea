"""The sentences of English."""

from __future__ import annotations

from typing import Final

from resonance_narration.voice import Phrases

PHRASES: Final = Phrases(
    conjunction="and",
    instead_of_usual=" instead of the usual {usual}",
    as_usual=", as usual",
    against_typical=" against {typical} for a typical user",
    as_typical=", as for a typical user",
    something_unusual="The account's activity differs from what is ordinary",
    rule="The rule {kind} flagged it: its threshold is {threshold}.",
    rule_bare="The rule {kind} flagged it.",
    baseline="It was flagged as far from the account's own normal, which varies by about {spread}{learned}.",
    baseline_steady="It was flagged as far from the account's own normal, which hardly ever changes{learned}.",
    baseline_bare="It was flagged as far from the account's own normal{learned}.",
    model="The model gave it a score of {score} on a scale from zero to one; {share} of ordinary activity "
    "scores as high.",
    model_unseen="The model gave it a score of {score} on a scale from zero to one; no ordinary activity known "
    "to it scores as high.",
    model_bare="The model flagged the combination of values.",
    custom_rule_title="Rule {kind}",
    resolved_title="Resolved: {title}",
    one_reason="The main reason is {reasons}.",
    reasons="The main reasons are {reasons}.",
    advice="What to do: {advice}",
    so_far="So far: {observations}.",
    so_far_lasting="So far: {observations} in {duration}.",
    over="It is over after {observations}.",
    over_lasting="It is over after {observations} in {duration}.",
    replay="This is replayed traffic, not live traffic.",
    severity_sentence="An incident of {severity} severity: {title}.",
    developer_line="Feature {name}: {value}",
    developer_threshold=", threshold {threshold}",
    developer_kind="Kind {kind}, detector {detector}.",
    ordinary_behaviour="ordinary",
    technical_method={
        "shapley-enumeration": "Method: exact Shapley values by enumeration",
        "baseline-deviation": "Method: deviation from the account's baseline",
        "rule": "Method: rule",
    },
    technical_reference={
        "population": ", reference: the population's medians",
        "user": ", reference: the account's own means{learned}",
    },
    technical_model="Model {name}, version {version}.",
    technical_no_attribution="No attributions: neither a model nor a baseline was there to attribute.",
    technical_sum="{score} = base {base} {terms}; residual {residual}.",
    technical_unit={
        "score": "Attributions of the score (zero to one):",
        "probability": "Attributions of the probability (zero to one):",
        "deviations": "Attributions in standard deviations:",
    },
    technical_feature="{name}: {value}{against}{usual}, attribution {attribution}",
    technical_against=", reference {reference}",
    technical_usual=", usual {usual} ± {spread}",
    technical_finding="Finding: {detector} {kind}, severity {severity}{compared}.",
    technical_compared=", observed {observed}, threshold {threshold}",
    technical_score="Score served: {score}, tail probability {tail}.",
    technical_rules="Rules, version {version}.",
)
