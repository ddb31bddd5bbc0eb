"""Addresses and networks of the Internet Protocol, as settings and headers spell them."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def parse_address(text: str) -> Address | None:
    """Return an address, which may have a port or, on IPv6, brackets and a zone; None for others.

    An IPv4 address in IPv6 (`::ffff:192.0.2.1`), as dual-stack sockets say it, is the IPv4 address.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the addresses and networks in `text`, with commas between.

    Raise ValueError naming the one that is none, or that holds all addresses.
    """
    networks = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            network = ip_network(part, strict=False)
        except ValueError:
            raise ValueError(f"{part} is no address or network such as 10.0.0.0/8") from None
        if network.prefixlen == 0:
            raise ValueError(f"{part} would let everybody say where they come from")
        networks.append(network)
    return tuple(networks)


def network_name(address: str) -> str:
    """Return what limits count by: an IPv4 address, or the /64 of an IPv6 address.

    One IPv6 subscriber has a /64 at least, so each request could come from another address of it.
    Text that is no address is returned as it is.
    """
    ip = parse_address(address)
    if ip is None:
        return address
    return str(ip) if ip.version == 4 else str(ip_network((ip, 64), strict=False))
