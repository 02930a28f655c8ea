"""What is checked before a handler is asked, and how a refusal looks: over a real socket."""

from __future__ import annotations

import gzip
import json

import pytest

from resonance_gateway.rest.problems import Fault, RequestProblem, TryLater, problem_of, type_of

ANALYZE = "/ml/anomalies/analyze"


async def post(running, headers, body, path=ANALYZE, content_type="application/json"):
    sent = {**headers, **({} if content_type is None else {"Content-Type": content_type})}
    skipped = ["Content-Type"] if content_type is None else []
    response = await running.client.post(path, data=body, headers=sent, skip_auto_headers=skipped)
    return response.status, await response.json(), response


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "x"])
async def test_a_body_of_another_type_is_refused(running, operator, content_type):
    status, body, _ = await post(running, operator, b'{"user_id": "a"}', content_type=content_type)

    assert (status, body["type"]) == (415, "/problems/not-json")
    assert "application/json" in body["detail"]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
async def test_json_is_taken_with_and_without_its_name(running, operator, content_type):
    status, body, _ = await post(running, operator, b'{"user_id": "nobody"}', content_type=content_type)

    assert (status, body["title"]) == (404, "No such user")


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(running, operator):
    status, body, _ = await post(running, operator, b" " * 65_537)

    assert (status, body["type"]) == (413, "/problems/body-too-large")
    assert "65536" in body["detail"]


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(running, operator):
    bomb = gzip.compress(b" " * 5_000_000)
    response = await running.client.post(
        ANALYZE, data=bomb, headers={**operator, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    )

    assert len(bomb) < 65_536
    assert response.status == 413


async def test_a_body_of_unknown_length_is_read_to_the_limit_only(running, operator):
    async def endless():
        for _ in range(200):
            yield b" " * 1024

    status, _, _ = await post(running, operator, endless())

    assert status == 413


async def test_who_calls_is_asked_before_what_is_asked(running, viewer):
    assert (await post(running, {}, b"nonsense"))[0] == 401
    assert (await post(running, viewer, b"nonsense"))[0] == 403


async def test_each_wrong_field_is_pointed_at(running, operator):
    said = {"features": {"error_rate": "high", "ip_entropy": None}, "colour": "red"}
    status, body, _ = await post(running, operator, json.dumps(said))

    assert (status, body["type"]) == (422, "/problems/wrong-body")
    assert {error["pointer"] for error in body["errors"]} == {
        "#/features/error_rate",
        "#/features/ip_entropy",
        "#/colour",
    }
    assert all(error["detail"] in body["detail"] for error in body["errors"])


async def test_a_number_in_quotes_is_no_number(running, operator):
    assert (await post(running, operator, b'{"features": {"error_rate": "0.5"}}'))[0] == 422


async def test_what_came_is_not_said_again(running, operator):
    """A wrong value may name a person, and answers are logged by clients."""
    secret = "very-private"
    for said in ({"user_id": {secret: 1}}, {"user_id": [secret]}, {"user_id": secret * 100}):
        _, body, _ = await post(running, operator, json.dumps(said))
        assert secret not in json.dumps(body), body


async def test_a_parameter_that_is_given_twice_is_refused(running, operator):
    response = await running.client.get("/ml/features/recent?limit=1&limit=2", headers=operator)

    assert response.status == 400
    assert (await response.json())["errors"] == [{"parameter": "limit", "detail": "is given more than once"}]


async def test_a_query_where_there_is_none_is_refused(running, operator):
    response = await running.client.get("/ml/status?verbose=1", headers=operator)

    assert (response.status, (await response.json())["errors"][0]["parameter"]) == (400, "verbose")


async def test_a_wrong_method_is_told_the_right_ones(running, operator):
    response = await running.client.put("/ml/features/recent", headers=operator)

    assert (response.status, response.headers["Allow"]) == (405, "GET,HEAD")
    assert (await response.json())["type"] == "/problems/method-not-allowed"


async def test_answers_are_kept_by_nobody(running, operator):
    for path in ("/ml/status", "/ml/nowhere"):
        assert (await running.client.get(path, headers=operator)).headers["Cache-Control"] == "no-store"


def test_types_are_references_made_of_titles():
    assert type_of("No such incident") == "/problems/no-such-incident"
    assert type_of("Wrong, isn't it?") == "/problems/wrong-isn-t-it"


def test_who_is_to_come_again_is_told_when():
    later = problem_of(TryLater(429, "Too many requests", "Wait.", 1.2))

    assert (later.status, later.headers["Retry-After"]) == (429, "2")


def test_faults_of_the_whole_body_have_a_pointer_too():
    answer = problem_of(RequestProblem(422, "Wrong body", [Fault("#", "give either a or b")]))

    assert json.loads(answer.body)["errors"] == [{"pointer": "#", "detail": "give either a or b"}]
    assert json.loads(answer.body)["detail"] == "The body: give either a or b."


async def test_every_answer_has_an_instance_of_its_own(running):
    bodies = [await (await running.client.get("/ml/status")).json() for _ in range(3)]

    assert len({body["instance"] for body in bodies}) == 3
