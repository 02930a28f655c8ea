"""What somebody took a model to say, where it says something else."""

from __future__ import annotations

from resonance_narration.languages import voice_of
from resonance_narration.telling import paragraph, telling_apart


def tell_differences(
    language: str, *, prediction: tuple[str, str] | None = None, confidence: tuple[float, float] | None = None
) -> str:
    """A sentence for each difference; "" where there is none. Raises UnknownLanguage.

    Args:
        language: "en" or "ru".
        prediction: What was taken to be the prediction, in somebody's words, and what is: "anomaly" or "normal".
        confidence: What was taken to be the confidence, and what is, 0 to 1.
    """
    voice, sentences = voice_of(language), list[str]()
    if prediction is not None:
        given, said = (voice.asked.predictions.get(one.strip().lower(), " ".join(one.split())) for one in prediction)
        sentences.append(voice.asked.taken_prediction.format(given=given, said=said))
    if confidence is not None:
        say = voice.grammar.percent
        extra = telling_apart(say, *confidence) or 0
        given, said = (say(one, extra) for one in confidence)
        sentences.append(voice.asked.taken_confidence.format(given=given, said=said))
    return paragraph(*sentences)
