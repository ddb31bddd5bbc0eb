"""The real client address and scheme of requests through trusted proxies.

A proxy says it in `X-Forwarded-For`, and so can anybody: only what a trusted proxy says counts.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from core.networks import parse_address, parse_networks


class TrustedProxies:
    """The proxies named by TRUSTED_PROXIES."""

    def __init__(self, setting: str) -> None:
        """Parse addresses and networks with commas between; raises ValueError."""
        self._networks = parse_networks(setting)

    def is_trusted(self, address: str) -> bool:
        """Return whether an address is one of our proxies."""
        ip = parse_address(address)
        return ip is not None and any(ip in network for network in self._networks)

    def client_address(self, peer: str, forwarded: str) -> str:
        """Return the client of a request that `peer` forwarded, by its `X-Forwarded-For`.

        Each proxy adds, at the end, the address it was called from. So the last that is no proxy of
        ours made the request; what stands before it may be invented.
        """
        client = peer
        for entry in reversed(forwarded.split(",")):
            if not self.is_trusted(client):
                break
            ip = parse_address(entry)
            if ip is None:
                break
            client = str(ip)
        return client


class ForwardedHeaders:
    """Gives each request the address and scheme that trusted proxies say it had."""

    def __init__(self, app: ASGIApp, *, trusted: str) -> None:
        self.app = app
        self._proxies = TrustedProxies(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope.get("client"):
            peer, port = scope["client"]
            if self._proxies.is_trusted(peer):
                said: dict[bytes, list[bytes]] = {}
                for name, value in scope["headers"]:
                    said.setdefault(name, []).append(value)
                forwarded = b",".join(said.get(b"x-forwarded-for", ())).decode("latin-1")
                address = self._proxies.client_address(peer, forwarded)
                scope["client"] = (address, port if address == peer else 0)
                # The last entry is the one the nearest proxy added.
                scheme = said.get(b"x-forwarded-proto", [b""])[-1].strip().decode("latin-1")
                if scheme in {"http", "https"}:
                    scope["scheme"] = scheme
        await self.app(scope, receive, send)
