"""`GET /ml/presence/…`: who used a channel of late, or came from an address."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.tracking.activity import Activity, Kind
from resonance_gateway.tracking.whereabouts import MOST_PEOPLE, MOST_PLACES, Places, Whereabouts
from resonance_runtime.erasures import Erasures

KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("alice")


def event(user_key, channel, address="ip_1", time_us=1):
    return Activity(user_key, "c_1", 1, time_us, Kind.MESSAGE, 1, channel, address, "", False, time_us)


@pytest.fixture
def ask(running, make_token):
    async def get(query, *roles):
        headers = {"Authorization": f"Bearer {make_token('olga', roles=list(roles) or ['viewer'])}"}
        return await running.client.get(f"/ml/presence/{query}", headers=headers)

    return get


async def test_who_wrote_to_a_channel_is_found_by_it_and_by_their_address(running, ask, make_token, eventually):
    user = await running.client.ws_connect("/ws", headers={"Authorization": f"Bearer {make_token('alice')}"})
    await user.receive_json(timeout=5)
    await user.send_json({"type": "message", "data": "x", "channel": "general"})
    await eventually(lambda: running.gateway.whereabouts.channels.people("general"))

    of_channel = await (await ask("channel?channel=general")).json()
    of_address = await (await ask("address?address=127.0.0.1", "operator")).json()
    nobody = await (await ask("channel?channel=elsewhere")).json()

    assert [(one["user_key"], one["user_id"]) for one in of_channel["people"]] == [(KEY, None)]
    assert [(one["user_key"], one["user_id"]) for one in of_address["people"]] == [(KEY, "alice")]
    assert nobody == {"count": 0, "people": []}
    await user.close()


@pytest.mark.parametrize(
    "query", ["channel", "address", "channel?channel=a&address=b", "channel?channel=", f"channel?channel={'x' * 129}"]
)
async def test_one_place_is_to_be_named(ask, query):
    assert (await ask(query)).status == 400


def test_the_last_one_comes_first_and_all_is_bounded():
    places = Places()
    for i in range(MOST_PEOPLE + 5):
        places.note("general", f"u{i}", i)
    places.note("general", "u50", 1000)
    for i in range(MOST_PLACES):
        places.note(f"channel {i}", "u", 1)

    assert places.people("general") == []
    assert len(places.people("channel 7")) == 1
    for i in range(MOST_PEOPLE + 5):
        places.note("general", f"u{i}", i)
    assert places.people("general")[0] == (f"u{MOST_PEOPLE + 4}", MOST_PEOPLE + 4)
    assert len(places.people("general")) == MOST_PEOPLE


def test_who_was_erased_is_nowhere_and_does_not_come_back_with_what_was_under_way():
    erasures = Erasures()
    whereabouts = Whereabouts(erasures)
    erasures.also(whereabouts.forget)
    whereabouts.saw([event("u_1", "general"), event("u_2", "general")])
    erasures.take(UserErased(user_key="u_1", erased_us=10))
    whereabouts.saw([event("u_1", "general", time_us=5)])

    assert [who for who, _ in whereabouts.channels.people("general")] == ["u_2"]
    assert [who for who, _ in whereabouts.addresses.people("ip_1")] == ["u_2"]
