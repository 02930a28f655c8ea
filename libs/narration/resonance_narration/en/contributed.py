"""How English tells what values add to a decision."""

from __future__ import annotations

from typing import Final

from resonance_narration.contributed_phrases import ContributedPhrases
from resonance_narration.facts import Role

PHRASES: Final = ContributedPhrases(
    cause="{label}{value} carries {share} of the decision.",
    above="higher than the usual {usual}",
    below="lower than the usual {usual}",
    alike="as usual",
    why='Why {model} says "{prediction}"',
    says='The model {model} says "{prediction}".',
    says_sure='The model {model} says "{prediction}" with a confidence of {confidence}.',
    speak_for="What speaks for it most: {reasons}.",
    speaks_for="What speaks for it: {reasons}.",
    against="What speaks against it: {reasons}.",
    named="{name}{value} ({attribution})",
    sure="The model's confidence is {confidence}.",
    tail="{share} of ordinary activity is at least as unusual.",
    unseen="No ordinary activity known to the model is as unusual.",
    for_role={
        Role.DEVOPS: "What adds to the answer is what the model was given: a faulty measurement adds as well.",
        Role.SECURITY: "What moved the answer is no evidence of misuse: harmless activity can have the same values.",
        Role.DEVELOPER: "Each contribution belongs to this model; another one may weigh the same values otherwise.",
        Role.SUPPORT: "It is an automatic assessment of measurements, not a finding about the user.",
        Role.MANAGEMENT: "It is the answer of a model; how far it holds depends on how often such answers were right.",
    },
    steps={
        Role.DEVOPS: (
            "Check that the values that weigh most were measured correctly before anything acts on this answer.",
            "Watch whether the share of such answers changes: that would point to the data, not to one case.",
        ),
        Role.SECURITY: (
            "Treat the answer as a lead, not as evidence: confirm the values that weigh most in the logs.",
            "Look for other cases with the same combination of values.",
        ),
        Role.DEVELOPER: (
            "Change the value that weighs most in a test and see whether the model's answer follows.",
            "Check units and scale of the values: a wrong unit looks like an extreme value.",
        ),
        Role.SUPPORT: (
            "Tell those who ask that an automatic assessment was made and that a person can review it.",
            "Pass the case on if the values do not match what you know.",
        ),
        Role.MANAGEMENT: (
            "Do not let a decision about a person rest on this answer alone.",
            "Ask how often such answers turned out to be right.",
        ),
    },
)
