"""A client's connection and the backend's, joined: what comes from one goes to the other, as it came.

Close frames, pings and pongs are frames like others, so codes and reasons arrive as they were sent. Where a side is
gone without a close frame, the other one is closed without one too, which a WebSocket library reports as 1006.
"""

from __future__ import annotations

import asyncio
import math
from typing import Final

from resonance_gateway.proxy.flow import Halt
from resonance_gateway.proxy.leg import LIMITED, OTHER_IS_FULL, Leg
from resonance_gateway.proxy.policy import OverLimit
from resonance_gateway.proxy.visit import Visit
from resonance_gateway.sockets.closing import CloseCode

# Time for the last bytes to go out and for the answer to a close frame of ours, seconds.
_CLOSE_S: Final = 2.0
# Time of a side to answer the close frame of the other one, seconds; libraries give up before.
_ANSWER_S: Final = 30.0
_LONGEST_WAIT_S: Final = 1.0


class Tunnel:
    """Joins two legs until both are gone.

    Args:
        visit: The client's user.
        over_limit: What becomes of a message that is one too many.
        expires_us: When the token that opened the connection expires, `NEVER_US` where that does not matter.

    Attributes:
        expires_us: As given.
        done: Set when both legs are gone.
    """

    __slots__ = ("_client", "_deadline", "_ending", "_over_limit", "_upstream", "_visit", "done", "expires_us")

    def __init__(self, visit: Visit, over_limit: OverLimit, expires_us: int) -> None:
        self._visit = visit
        self._over_limit = over_limit
        self.expires_us = expires_us
        self._client: Leg
        self._upstream: Leg
        self._ending: tuple[int, str] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def join(self, client: Leg, upstream: Leg) -> None:
        """Begins; both legs must have a flow and tell this tunnel."""
        self._client, self._upstream = client, upstream
        client.take_over(upstream)
        upstream.take_over(client)

    def end(self, code: int, reason: str) -> None:
        """Closes both sides with a code of ours; a frame that is under way is finished before."""
        if self._ending is not None:
            return
        self._ending = (code, reason)
        for leg in (self._client, self._upstream):
            leg.unusual = True
            leg.tell(code, reason)
            leg.release(LIMITED | OTHER_IS_FULL)
        self._give_up_after(_CLOSE_S)

    @property
    def user_key(self) -> str:
        """Whose it is."""
        return self._visit.user_key

    def erase(self) -> None:
        """Closes both sides because the person was erased; nothing is tracked of them from now on."""
        self._visit.erase()
        self.end(CloseCode.ERASED, "The person was erased.")

    async def expire(self) -> None:
        """Closes both sides because the token expired."""
        self.end(CloseCode.TOKEN_EXPIRED, "The token expired; connect again with a new one.")

    def abort(self) -> None:
        """Closes both sides at once."""
        for leg in (self._client, self._upstream):
            if not leg.gone:
                leg.abort()

    def still_there(self) -> None:
        """Looks after both sides, called twice a heartbeat."""
        if not (self._client.still_there() and self._upstream.still_there()):
            self.abort()

    # What the legs report

    def arrived(self, leg: Leg, data: bytes) -> None:
        """Bytes came although the connection is about to end: the end of a frame, or the answer to our close frame."""
        if self._ending is not None and not leg.other.told:
            part, data = leg.flow.finish(data)
            leg.other.write(part)
            leg.other.tell(*self._ending)
        if leg.flow.last_words(data) and leg.told:
            leg.close()

    def halted(self, leg: Leg) -> None:
        """The flow of a leg does not go on."""
        flow = leg.flow
        if flow.halt is Halt.CLOSED:
            leg.unusual = True
            if leg.other.flow.halt is Halt.CLOSED:
                self._client.close()
                self._upstream.close()
                self._give_up_after(_CLOSE_S)
            else:
                self._give_up_after(_ANSWER_S)
        elif flow.halt is Halt.REFUSED:
            self.end(flow.code, flow.reason)
        elif self._over_limit is OverLimit.CLOSE:
            seconds = max(1, math.ceil(self._visit.wait_s))
            self.end(CloseCode.TRY_LATER, f"More messages came than the limits allow; try again in {seconds} s.")
        else:
            leg.hold(LIMITED)
            # Asked again at least so often: the limit may be another one by then.
            wait_s = min(self._visit.wait_s, _LONGEST_WAIT_S)
            asyncio.get_running_loop().call_later(wait_s, self._go_on, leg)

    def lost(self, leg: Leg) -> None:
        """A leg is gone: so is the other one, once what was written to it has gone out."""
        if not leg.other.gone:
            leg.other.unusual = True
            leg.other.close()
            self._give_up_after(_CLOSE_S)
        else:
            if self._deadline is not None:
                self._deadline.cancel()
            if not self.done.done():
                self.done.set_result(None)

    def _go_on(self, leg: Leg) -> None:
        """A message that was over the limit may pass now, if nothing else was faster."""
        if leg.unusual or leg.gone:
            return
        passed = leg.flow.resume()
        if passed:
            leg.other.write(passed)
        if leg.flow.halt is not Halt.WAITING:
            leg.release(LIMITED)
        if leg.flow.halt is not None:
            self.halted(leg)

    def _give_up_after(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self.abort)
