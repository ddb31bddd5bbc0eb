"""The client's address behind trusted proxies, and with forged headers."""

from __future__ import annotations

import httpx
import pytest
import yaml

from bot.app import App
from core.db.runtime import Runtime
from core.networks import network_name
from core.settings import Settings
from tests.support.test_targets import ROOT
from webhooks.app import create_app
from webhooks.http.proxies import TrustedProxies

PROXY, SECOND = "172.30.83.1", "10.0.0.7"
TRUSTED = f"{PROXY}, 10.0.0.0/8, 2001:db8:ffff::/48"
ANA, LEO = "203.0.113.5", "198.51.100.9"
LIMIT = 3


class Visits:
    """Calls the API as a visitor, through a proxy or not, and returns the statuses."""

    def __init__(self, runtime: Runtime, trusted: str) -> None:
        runtime.settings = runtime.settings.model_copy(
            update={"trusted_proxies": trusted, "limit_anonymous": LIMIT}
        )
        self.web = create_app(App.from_runtime(runtime))

    async def statuses(self, peer: str, *forwarded: str, times: int = 1) -> list[int]:
        transport = httpx.ASGITransport(self.web, client=(peer, 50000))
        headers = [("X-Forwarded-For", value) for value in forwarded]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [
                (await client.get("/api/v1/shops", headers=headers)).status_code
                for _ in range(times)
            ]


async def test_visitors_behind_one_proxy_have_a_limit_each(runtime: Runtime) -> None:
    visits = Visits(runtime, TRUSTED)
    assert await visits.statuses(PROXY, ANA, times=LIMIT + 1) == [200] * LIMIT + [429]
    assert await visits.statuses(PROXY, LEO, times=LIMIT) == [200] * LIMIT
    # Through two proxies Ana is the same.
    assert await visits.statuses(PROXY, f"{ANA}, {SECOND}") == [429]


async def test_control_without_the_setting_they_share_one(runtime: Runtime) -> None:
    visits = Visits(runtime, "127.0.0.1,::1")
    assert await visits.statuses(PROXY, ANA, times=LIMIT + 1) == [200] * LIMIT + [429]
    assert await visits.statuses(PROXY, LEO) == [429]


async def test_a_forged_header_changes_nothing(runtime: Runtime) -> None:
    visits = Visits(runtime, TRUSTED)
    # Straight at us, in Ana's name: it is the attacker's own limit that is used up.
    forged = [await visits.statuses(LEO, f"192.0.2.{n}") for n in range(LIMIT + 1)]
    assert forged == [[200]] * LIMIT + [[429]]
    assert await visits.statuses(PROXY, LEO) == [429]
    # Through the proxy, which adds where they are: in one header or in two.
    assert await visits.statuses(PROXY, f"192.0.2.77, {LEO}") == [429]
    assert await visits.statuses(PROXY, "192.0.2.77", LEO) == [429]
    assert await visits.statuses(PROXY, f"{SECOND}, 192.0.2.77, {LEO}") == [429]
    # Ana was in none of it.
    assert await visits.statuses(PROXY, ANA) == [200]


async def test_one_ipv6_subscriber_is_one_visitor(runtime: Runtime) -> None:
    visits = Visits(runtime, TRUSTED)
    theirs = [await visits.statuses(PROXY, f"2001:db8:1:2::{n:x}") for n in range(LIMIT + 1)]
    assert theirs == [[200]] * LIMIT + [[429]]
    assert await visits.statuses(PROXY, "2001:db8:1:3::1") == [200]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, "", PROXY),
        (PROXY, ANA, ANA),
        (PROXY, f" {ANA}:49152 ", ANA),
        (PROXY, "[2001:db8::5]:49152", "2001:db8::5"),
        (f"::ffff:{PROXY}", ANA, ANA),  # a dual-stack socket says it so
        (PROXY, f"::ffff:{ANA}", ANA),
        ("2001:db8:ffff::1", f"{LEO}, {ANA}, {SECOND}", ANA),
        (PROXY, f"{LEO}, nonsense", PROXY),
        (PROXY, f"{SECOND}, {SECOND}", SECOND),
        (ANA, LEO, ANA),
        ("unix:", LEO, "unix:"),
    ],
)
def test_the_last_address_that_is_no_proxy_is_the_visitors(
    peer: str, forwarded: str, client: str
) -> None:
    assert TrustedProxies(TRUSTED).client_address(peer, forwarded) == client


@pytest.mark.parametrize("setting", ["*", "0.0.0.0/0", "::/0", "proxy.example", "10.0.0.0/33"])
def test_a_setting_that_trusts_everybody_or_nobody_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r"no address or network|everybody"):
        Settings(_env_file=None, trusted_proxies=setting)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_network_has_one_name(address: str, name: str) -> None:
    assert network_name(address) == name


def test_compose_trusts_the_gateway_of_its_network_and_nobody_else() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    for name in ("web", "worker"):
        assert compose["services"][name]["environment"]["TRUSTED_PROXIES"] == network["gateway"]
