"""How Russian tells a player's lag."""

from __future__ import annotations

from typing import Final

from resonance_narration.lag_phrases import LagDoubt, LagGroup, LagMeasure, LagPhrases, LagPlace
from resonance_narration.ru.grammar import number
from resonance_narration.ru.lag_advice import STEPS, SUPPORT

_GROUPS: Final = {
    LagGroup.ACCESS: "в той же сети доступа",
    LagGroup.ROUTE: "на том же маршруте из других сетей доступа",
    LagGroup.SERVER: "на том же сервере по другим маршрутам",
    LagGroup.ELSEWHERE: "на других серверах",
}


def _have_it(group: LagGroup, players: int) -> str:
    return f"Игроков {_GROUPS[group]}: {number(players)}; у большинства то же самое."


def _have_it_not(group: LagGroup, players: int) -> str:
    return f"Игроков {_GROUPS[group]}: {number(players)}; у большинства этого нет."


PHRASES: Final = LagPhrases(
    places={
        LagPlace.CLIENT: "устройство игрока",
        LagPlace.OWN_LINE: "домашняя сеть или линия игрока",
        LagPlace.PROVIDER: "сеть доступа провайдера",
        LagPlace.ACCESS: "домашняя сеть или сеть доступа",
        LagPlace.ROUTE: "маршрут до сервера",
        LagPlace.SERVER: "игровой сервер",
        LagPlace.SERVICE: "другой сервис, от которого зависит игра",
    },
    nothing="Необычных задержек нет",
    nothing_told="Измерения не показывают необычных задержек.",
    mostly="Задержка: вероятнее всего {party} ({share})",
    either="Задержка: {one} или {other}",
    extra="Задержка сверх обычной — около {ms} мс.",
    shares="Судя по сравнению, источники задержки: {shares}.",
    share="{party} ({share})",
    sure="Уверенность — {confidence}, измерения согласуются.",
    unsure="Уверенность — {confidence}: это вероятно, но не наверняка.",
    guess="Уверенность — {confidence}: это лишь предположение, измерений мало или они не сходятся.",
    no_verdict="Это сравнение измерений; о чьём-либо поведении оно не говорит.",
    value="{measure} — {value} мс, обычно {usual} мс.",
    loss="{measure} — {value}, обычно {usual}.",
    measures={
        LagMeasure.ROUND_TRIP: "Время пути до сервера и обратно",
        LagMeasure.JITTER: "Дрожание задержки",
        LagMeasure.LOSS: "Доля потерянных пакетов",
        LagMeasure.FRAME: "Время кадра",
        LagMeasure.TICK: "Такт сервера",
        LagMeasure.SERVICE: "Время ответа другого сервиса",
        LagMeasure.FIRST_HOP: "Время пути до роутера игрока и обратно",
    },
    have_it=_have_it,
    have_it_not=_have_it_not,
    doubts={
        LagDoubt.NO_HISTORY: "Неизвестно, что обычно для этого игрока; прежние измерения сделали бы вывод надёжнее.",
        LagDoubt.HOP_OVER_TRIP: "Путь до роутера дольше пути до сервера: что-то из этого измерено неверно.",
        LagDoubt.TICK_DISAGREES: "Другие игроки измеряют иной такт того же сервера; взят их такт.",
        LagDoubt.LOST: "По измерениям потеряны все пакеты, но время пути известно: что-то измерено неверно.",
        LagDoubt.FRAMES_OF_ALL: "Кадры стали дольше у большинства игроков: возможно, медленнее стала сама игра.",
    },
    missing={
        LagMeasure.ROUND_TRIP: "Время пути до сервера и обратно не измерено.",
        LagMeasure.JITTER: "Дрожание задержки не измерено.",
        LagMeasure.LOSS: "Доля потерянных пакетов не измерена.",
        LagMeasure.FRAME: "Время кадра не измерено, поэтому об устройстве ничего не известно.",
        LagMeasure.TICK: "Такт сервера не измерен.",
        LagMeasure.SERVICE: "Другие сервисы не измерены.",
        LagMeasure.FIRST_HOP: "Время пути до роутера игрока не измерено.",
    },
    few={
        LagGroup.ACCESS: "Слишком мало игроков в той же сети доступа, чтобы отличить линию игрока от провайдера.",
        LagGroup.ROUTE: "Слишком мало игроков на том же маршруте, чтобы отличить сеть доступа от маршрута.",
        LagGroup.SERVER: "Слишком мало игроков на том же сервере с других маршрутов: маршрут и сервер не различить.",
        LagGroup.ELSEWHERE: "Слишком мало игроков на других серверах, чтобы отличить сервер от других сервисов.",
    },
    code="{shares}.",
    support=SUPPORT,
    steps=STEPS,
)
