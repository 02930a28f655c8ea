"""What English says of any model's answer, on request."""

from __future__ import annotations

from typing import Final

from resonance_narration.asked_phrases import AskedPhrases

ASKED: Final = AskedPhrases(
    said={
        "probability": "The model gives {output} a probability of {value}, against {base} for {against}.",
        "score": "The model gives {output} the value {value}, against {base} for {against}.",
    },
    against={"population": "a typical row", "user": "what is normal here"},
    compared={"population": "the medians of ordinary rows", "user": "what is normal here"},
    raised="What raises it most: {causes}.",
    lowered="What lowers it most: {causes}.",
    cause="{name} ({value} against {reference}, {attribution})",
    alike="The row does not differ from what it is compared with.",
    method={
        "shapley-enumeration": "Method: exact Shapley values by enumeration, reference: {reference}.",
        "shapley-sampling": "Method: Shapley values by sampled orders, reference: {reference}.",
    },
    bound="No attribution is farther than {bound} from the exact one, with a probability of {confidence}.",
    sum="{score} = base {base} {terms}; residual {residual}.",
    column="{name}: {value}, reference {reference}, attribution {attribution}",
    change="{value} instead of {now}",
    change_named="{label} at {value} instead of {now}",
    or_else="; or with ",
    goal={
        "ordinary": "The score would be ordinary with {suggestions}.",
        "class": "The model would decide otherwise with {suggestions}.",
    },
    no_way={
        "ordinary": "No change was found, of what can be changed, that makes the score ordinary.",
        "class": "No change was found, of what can be changed, with which the model decides otherwise.",
    },
    no_need="The score is ordinary already: nothing has to change.",
    no_time="Time ran out before a change was found.",
    no_model="No model scored this, so there is none to ask what would have been ordinary.",
    differs="LIME, a straight line fitted to the model around this vector, sees it differently (rank correlation "
    "{rank}, the same sign for {sign} of the weight): take the order of the causes with care.",
    poor_fit="LIME's line follows the model poorly here (R² {r2}).",
    cut_short="Time ran out for: {parts}.",
    parts={
        "shap": "exact attributions",
        "lime": "LIME",
        "counterfactual": "suggestions",
        "plots": "plots",
        "tree": "the decision tree",
    },
    lower="lower {what} to {value}",
    heighten="raise {what} to {value}",
    too="{what} to {value}",
    taken_prediction="The request takes the prediction to be “{given}”, but the model says “{said}”.",
    taken_confidence="The request takes the confidence to be {given}, but the model's is {said}.",
    predictions={"anomaly": "anomaly", "normal": "normal"},
)
