"""Opens a ticket for each incident, puts its words into it when they come, and closes it when the incident is over.

    TICKETS_URL=http://127.0.0.1:8091/tickets python open_tickets.py

Tickets are put under the id of their incident, so what comes twice changes nothing. What could not be put is tried
again until it is; what was in hand when this process died comes again when it is started again, because the group
`tickets` of Kafka remembers what was handled.
"""

from __future__ import annotations

import asyncio
import contextlib
import os

import aiohttp

from resonance_client import Alert, AlertEvent, Backoff, Enriched, KafkaAlerts, KafkaConnection

TICKETS = os.environ.get("TICKETS_URL", "http://127.0.0.1:8091/tickets")


async def main() -> None:
    """Goes on until it is cancelled."""
    alerts = KafkaAlerts(KafkaConnection.from_environment(), "tickets", types=["alert", "enriched"], begin="earliest")
    async with aiohttp.ClientSession() as http, alerts:
        async for event in alerts:
            await put(http, event.key[1], ticket(event))


def ticket(event: AlertEvent) -> dict[str, object]:
    """What an event adds to its ticket: fields that no other kind of event writes, since they may come in any order."""
    match event:
        case Alert(state="resolved"):
            return {"closed_us": event.resolved_us, "minutes": (event.last_seen_us - event.opened_us) / 60_000_000}
        case Alert():
            return {"opened_us": event.opened_us, "what": f"{event.kind} of {event.who}", "severity": event.severity}
        case Enriched() if (words := event.words("en")) is not None:
            return {"title": words.title, "text": words.summary, "to_do": words.recommendations}
    return {}


async def put(http: aiohttp.ClientSession, alert_id: str, fields: dict[str, object]) -> None:
    """Puts it, however long that takes."""
    for wait_s in Backoff().waits():
        try:
            async with http.put(f"{TICKETS}/{alert_id}", json=fields) as answer:
                answer.raise_for_status()
            return
        except aiohttp.ClientError as error:
            print(f"{TICKETS} does not take it ({error}); trying again.", flush=True)
            await asyncio.sleep(wait_s)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
