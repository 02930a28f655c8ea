"""What English advises on lag."""

from __future__ import annotations

from typing import Final

from resonance_narration.facts import Role
from resonance_narration.lag_phrases import LagPlace, LagSubject

SUPPORT: Final = {
    LagPlace.CLIENT: (
        "Suggest lower graphics settings and closing other programs, then ask whether frames are smoother.",
        "Suggest a restart of the device and current graphics drivers.",
    ),
    LagPlace.OWN_LINE: (
        "Suggest a cable instead of Wi-Fi, and a pause of downloads and videos at home.",
        "Suggest a restart of the router; if that does not help, the provider can check the line.",
    ),
    LagPlace.PROVIDER: (
        "Tell the player that others of the same provider have it too, so changes at home will hardly help.",
        "Suggest asking the provider; pass on the times at which it was measured.",
    ),
    LagPlace.ACCESS: (
        "Suggest a cable instead of Wi-Fi, and a pause of downloads and videos at home.",
        "If that does not help, suggest asking the provider.",
    ),
    LagPlace.ROUTE: (
        "Tell the player that the way to the server is slow, which neither the device nor the home network causes.",
        "Offer a server in another region, if there is one.",
    ),
    LagPlace.SERVER: (
        "Tell the player that the game server is slow and that it is being looked into; promise no times.",
        "Offer another server, if there is one.",
    ),
    LagPlace.SERVICE: (
        "Tell the player that a service behind the game answers slowly and that it is being looked into.",
        "Pass on what the player was doing when it happened: sign-in, shop, matchmaking.",
    ),
}
STEPS: Final = {
    Role.SUPPORT: {
        LagSubject.NOTHING: (
            "Ask when it happens and have it measured then; what is measured now is as usual.",
            "Ask whether it is one game mode or all of them.",
        ),
        LagSubject.DEVICE: (),
        LagSubject.OUTSIDE: (),
        LagSubject.OURS: (),
    },
    Role.DEVOPS: {
        LagSubject.NOTHING: ("Keep the measurements; compare them with the next ones of the same player.",),
        LagSubject.DEVICE: (
            "See whether frame times rose for many players at once: then it is a release, not one device.",
        ),
        LagSubject.OUTSIDE: (
            "Compare traces from several access networks and routes to find the hop at which the delay begins.",
            "Move traffic to another exchange or region if many players share the part.",
        ),
        LagSubject.OURS: (
            "Look at load, pauses and releases of the server or service from the time at which the lag began.",
            "Take the host out of rotation or add capacity if its ticks or answers stay slow.",
        ),
    },
    Role.DEVELOPER: {
        LagSubject.NOTHING: ("Check that the client measures during play and not in the menu.",),
        LagSubject.DEVICE: (
            "Profile the frames of this kind of device and of the last releases of the client.",
            "Check that network work does not run on the thread that draws.",
        ),
        LagSubject.OUTSIDE: (
            "Check whether prediction and interpolation cope with the measured jitter and loss.",
            "Record frame times and network times with one clock, so that they can be told apart.",
        ),
        LagSubject.OURS: (
            "Profile what a tick or an answer spends its time on, with the load of that time.",
            "Look for calls to other services inside of the tick.",
        ),
    },
    Role.SECURITY: {
        LagSubject.NOTHING: ("Nothing here points to an attack; no measure is needed.",),
        LagSubject.DEVICE: ("A slow device alone points to no attack; do not restrict the player because of it.",),
        LagSubject.OUTSIDE: (
            "See whether a flood is aimed at the shared access network or route; one line alone points to none.",
            "Do not restrict the player because of these measurements.",
        ),
        LagSubject.OURS: (
            "Rule out a flood of the server or service by its traffic at that time.",
            "Check that limits and filters put in place lately are not what delays the answers.",
        ),
    },
    Role.MANAGEMENT: {
        LagSubject.NOTHING: ("Nothing needs to be decided.",),
        LagSubject.DEVICE: (
            "Ask how many devices of this kind are in use before the game's requirements are changed.",
        ),
        LagSubject.OUTSIDE: (
            "Expect complaints that we cannot mend alone; decide whether another region or provider is worth its cost.",
            "Ask how many players share the part before anything is announced.",
        ),
        LagSubject.OURS: (
            "Make sure that somebody owns the repair and that players are told.",
            "Ask how many players it reaches and since when.",
        ),
    },
}
