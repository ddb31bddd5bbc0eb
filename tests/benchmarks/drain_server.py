"""A provider that takes everything and counts it: run as `python -m tests.benchmarks.drain_server`.

It speaks just enough HTTP for Twilio's client, as cheaply as Python can, so that what is measured
is the sender. It prints its port; `GET /` tells what came when, by the machine's monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import re
import time

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TO = re.compile(rb"(?:^|&)To=%2B(\d+)")

LIVE = b"3460"
"""How the phones begin whose messages are timed one by one."""


class Counts:
    """What came."""

    def __init__(self) -> None:
        self.count = 0
        self.first = self.last = 0.0
        self.live: dict[str, float] = {}
        self.twice = 0
        self.seen: set[bytes] = set()


COUNTS = Counts()


class Provider(asyncio.Protocol):
    """One connection, kept alive."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._got = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every whole request in it."""
        self._got += data
        while (end := self._got.find(b"\r\n\r\n")) >= 0:
            head = self._got[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._got) < whole:
                return
            body, self._got = self._got[end + 4 : whole], self._got[whole:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            c = COUNTS
            figures = {"count": c.count, "first": c.first, "last": c.last, "live": c.live}
            status, said = b"200 OK", json.dumps(figures | {"twice": c.twice}).encode()
        else:
            self._count(body)
            said = b'{"sid": "SM%032x", "status": "queued", "num_segments": "1"}' % COUNTS.count
            status = b"201 Created"
        self._transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(said), said)
        )

    def _count(self, body: bytes) -> None:
        now = time.monotonic()
        COUNTS.count += 1
        COUNTS.first, COUNTS.last = COUNTS.first or now, now
        found = _TO.search(body)
        assert found is not None
        COUNTS.twice += found[1] in COUNTS.seen
        COUNTS.seen.add(found[1])
        if found[1].startswith(LIVE):
            COUNTS.live.setdefault(found[1].decode(), now)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
