"""How Russian tells what values add to a decision."""

from __future__ import annotations

from typing import Final

from resonance_narration.contributed_phrases import ContributedPhrases
from resonance_narration.facts import Role

PHRASES: Final = ContributedPhrases(
    cause="{label}{value}: вклад в решение — {share}.",
    above="обычно меньше: {usual}",
    below="обычно больше: {usual}",
    alike="как обычно",
    why="Почему {model} отвечает «{prediction}»",
    says="Ответ модели {model} — «{prediction}».",
    says_sure="Ответ модели {model} — «{prediction}», уверенность — {confidence}.",
    speak_for="Больше всего за это говорят: {reasons}.",
    speaks_for="За это говорит {reasons}.",
    against="Против этого: {reasons}.",
    named="{name}{value} ({attribution})",
    sure="Уверенность модели — {confidence}.",
    tail="Столь же или более необычна {share} обычной активности.",
    unseen="Модели неизвестна обычная активность, которая была бы столь же необычной.",
    steps={
        Role.DEVOPS: (
            "Прежде чем что-либо сработает по этому ответу, проверьте, верно ли измерены самые весомые значения.",
            "Следите, не меняется ли доля таких ответов: это указало бы на данные, а не на отдельный случай.",
        ),
        Role.SECURITY: (
            "Считайте ответ зацепкой, а не доказательством: подтвердите самые весомые значения по журналам.",
            "Поищите другие случаи с тем же сочетанием значений.",
        ),
        Role.DEVELOPER: (
            "Измените в тесте самое весомое значение и проверьте, следует ли за ним ответ модели.",
            "Проверьте единицы и масштаб значений: неверная единица выглядит как крайнее значение.",
        ),
        Role.SUPPORT: (
            "Обратившимся скажите, что оценка автоматическая и её может пересмотреть человек.",
            "Передайте случай дальше, если значения не сходятся с тем, что вам известно.",
        ),
        Role.MANAGEMENT: (
            "Не принимайте решение о человеке только по этому ответу.",
            "Спросите, как часто такие ответы оказывались верными.",
        ),
    },
)
