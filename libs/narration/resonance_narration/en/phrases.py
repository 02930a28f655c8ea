"""The sentences of English."""

from __future__ import annotations

from typing import Final

from resonance_narration.voice import Phrases

PHRASES: Final = Phrases(
    conjunction="and",
    instead_of_usual=" instead of the usual {usual}",
    as_usual=", as usual",
    instead_of_usual_then=" instead of the usual {usual} {when}",
    as_usual_then=", as usual {when}",
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
    compared_with_usual="; compared with what is usual for this account{at}: {reasons}",
    also_compared_with_usual=", also compared with what is usual for this account{at}",
    before_made_it="What makes this unexpected is above all what came before it: {which}.",
    before_eased_it="Some of it was to be expected from what came before it: {which}.",
    right_before="the observation right before it",
    one_before="the {ordinal} observation before it",
    advice="What to do: {advice}",
    so_far="So far: {observations}.",
    so_far_lasting="So far: {observations} in {duration}.",
    over="It is over after {observations}.",
    over_lasting="It is over after {observations} in {duration}.",
    replay="This is replayed traffic, not live traffic.",
    severity_sentence="An incident of {severity} severity: {title}.",
    risen_title="{title} (was {before}, now {severity})",
    risen="The incident was of {before} severity and is {severity} now.",
    risen_by_rule="The incident was of {before} severity and is {severity} now: {observed}, where the threshold for "
    "that is {threshold}.",
    risen_by_evidence="The incident was of {before} severity and is {severity} now: the evidence has come to "
    "{evidence} times what makes an incident, where {enough} times are enough for that.",
    developer_line="Feature {name}: {value}",
    developer_threshold=", threshold {threshold}",
    developer_kind="Kind {kind}, detector {detector}.",
    ordinary_behaviour="ordinary",
    technical_method={
        "shapley-enumeration": "Method: exact Shapley values by enumeration",
        "shapley-sampling": "Method: Shapley values from a sample of the coalitions",
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
    technical_bound="Each attribution is within {bound} of what all coalitions would give, ninety-five times in "
    "a hundred.",
    technical_against_usual="Against the account's own usual values (in brackets): {score} = base {base} {terms}.",
    technical_against_usual_then="Against the account's own usual values {when}, {zone} time, learned in {weeks} (in "
    "brackets): {score} = base {base} {terms}.",
    technical_against_expected="Surprise of {name} against what the vectors before led to expect (in brackets): "
    "{score} = base {base} {terms}.",
    technical_before="Surprise of {name} by the vectors before, each against the population's medians: {score} = base "
    "{base} {vector}{terms}.",
    technical_before_features="The same by features of the vectors before: {score} = base {base} {vector}{terms}.",
    technical_itself="the vector itself",
    technical_before_bound="Each attribution of the vectors before and of their features is within {bound} of what all "
    "coalitions would give, ninety-five times in a hundred.",
    technical_detectors="Surprise by detector: {detectors}.",
    technical_detector="{name} {score}",
    technical_detector_mainly="{name} {score} (mainly {feature})",
    technical_skipped="Skipped, because anomalies came faster than they could be explained in full: {parts}. A "
    "question about this vector is answered in full.",
    technical_parts={
        "user_reference": "the comparison with the account's own usual values",
        "user_then_reference": "the comparison with the account's own usual values at that time of the week",
        "expected": "the comparison with what the vectors before led to expect",
        "sequence": "which of the vectors before had a part in it",
    },
    technical_checks={
        "sequence": "A check failed: after the vectors before, the model expects something else than it had expected "
        "when this vector was served.",
        "score": "A check failed: the model gives this vector another score than was served; the attributions add up "
        "to what the model gives.",
        "detectors": "A check failed: a detector of the model says something else of this vector than when it was "
        "served.",
    },
)
