import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import icalendar
import pytest
import sqlalchemy as sa
import structlog

from bot.app import App
from core.clock import parse_instant
from core.db.runtime import Runtime
from core.db.tables import bookings, shops
from core.messaging.signed_links import booking_token
from tests.support.row_factory import RowFactory
from webhooks.app import create_app
from webhooks.http.html import negotiate_language
from webhooks.http.rate_limits import MAX_WRONG_LINKS, WINDOW_MINUTES

DAYS = "What you write is deleted after 90 days, what you are sent after 180."
STORED = "What is stored of you, and why"
IN_THE_CHAT = "To move it or call it off, write in the chat where you booked it."
NOT_OURS = (
    "The link is not complete, or not one of ours. Open it once more from the message you got, "
    "or ask in the chat where you booked."
)
UNLIKE = {"content-length", "x-request-id"}
"""Headers that differ from answer to answer."""

START = parse_instant("2026-03-13T16:30Z")
THEIR_PHONE = "+34600000001"
SNAPSHOT = {
    "service": "Cut",
    "provider": "Leo",
    "title": "Stylist",
    "speciality": "Curls",
    "phone": THEIR_PHONE,
    "customer": "Marta Ruiz",
}


@dataclass
class Site:
    """The pages on a database, and one booking in it."""

    runtime: Runtime
    client: httpx.AsyncClient
    booking_id: int

    @property
    def path(self) -> str:
        return f"/b/{booking_token(self.runtime.secret, self.booking_id)}"

    async def get(self, path: str = "", **headers: str) -> httpx.Response:
        return await self.client.get(path or self.path, headers=headers)

    async def change(self, **values: Any) -> None:
        async with self.runtime.transaction() as ctx:
            await ctx.execute(
                sa.update(bookings).where(bookings.c.id == self.booking_id).values(values)
            )

    async def change_shop(self, **values: Any) -> None:
        async with self.runtime.transaction() as ctx:
            await ctx.execute(sa.update(shops).values(values))


@pytest.fixture
async def site(runtime: Runtime) -> AsyncIterator[Site]:
    async with runtime.transaction() as ctx:
        rows = RowFactory(ctx)
        await rows.add(
            shops,
            language="en",
            phone="+34915550100",
            directions="Second floor.",
            latitude=40.4155,
            longitude=-3.7074,
        )
        booking_id = await rows.add(
            bookings,
            ref="K7Q-3MD",
            starts_at=START,
            ends_at=START + timedelta(minutes=30),
            snapshot=SNAPSHOT,
            sequence=1,
        )
    transport = httpx.ASGITransport(create_app(App.from_runtime(runtime)))
    async with httpx.AsyncClient(transport=transport, base_url="http://slotline.test") as client:
        yield Site(runtime, client, booking_id)


class Reader(HTMLParser):
    """Reads a page as a person does: the lines of its text, its links; and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._within: list[str] = []
        self._href = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._href = dict(attrs).get("href") or "" if tag == "a" else ""
        if tag not in {"meta", "link"}:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._within.pop() == tag
        self._href = ""

    def handle_data(self, data: str) -> None:
        if data.strip() and self._within[-1] not in {"style", "title"}:
            self.lines.append(data.strip())
            if self._href:
                self.links[data.strip()] = self._href


async def test_the_page_says_what_when_where_with_whom(site: Site) -> None:
    answer = await site.get()
    page = Reader(answer.text)
    assert answer.status_code == 200
    assert page.lines == [
        "Bella Hair",
        "Cut",
        "Confirmed",
        "Friday 13 March",
        "5:30 pm – 6:00 pm",
        "Madrid time",
        *("With", "Leo", "Stylist, Curls"),
        *("Where", "Calle Mayor 8, Madrid", "Second floor.", "Open the map"),
        *("Phone", "+34915550100"),
        *("Price", "€25"),
        *("Reference", "K7Q-3MD"),
        "Add to calendar",
        "To move it or call it off, write to Bella Hair in the chat where you booked it.",
        "What is stored of you, and why",
    ]
    assert page.links == {
        "Open the map": "https://www.openstreetmap.org/?mlat=40.415500&mlon=-3.707400"
        "#map=18/40.415500/-3.707400",
        "+34915550100": "tel:+34915550100",
        "Add to calendar": f"{site.path.removeprefix('/b/')}.ics",
        "What is stored of you, and why": "../privacy",
    }
    assert ("html", {"lang": "en"}) in page.tags
    assert '<time class="day" datetime="2026-03-13T17:30:00+01:00">' in answer.text


async def test_the_page_shows_nothing_that_leads_to_the_person(site: Site) -> None:
    for answer in (await site.get(), await site.get(f"{site.path}.ics")):
        assert THEIR_PHONE not in answer.text
        assert "Ruiz" not in answer.text


async def test_the_page_loads_nothing_and_is_kept_nowhere(site: Site) -> None:
    answer = await site.get()
    policy = answer.headers.pop("Content-Security-Policy")
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:; "
        r"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        policy,
    )
    assert {k: v for k, v in answer.headers.items() if k not in UNLIKE} == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "vary": "Accept-Language",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
    }
    page = Reader(answer.text)
    assert {tag for tag, _ in page.tags} & {"script", "img", "iframe", "form", "object"} == set()
    assert [attrs for tag, attrs in page.tags if tag == "link"] == [
        {"rel": "icon", "href": "data:,"}
    ]
    assert not [name for _, attrs in page.tags for name in attrs if name == "style"]


@pytest.mark.parametrize(
    ("state", "said", "note"),
    [
        ("held", "Held", "It is held for a few minutes: answer in the chat to book it."),
        (
            "pending",
            "Waiting for the shop",
            "Bella Hair looks at it first and then writes to you. " + IN_THE_CHAT,
        ),
        (
            "cancelled",
            "Called off",
            "It does not take place. To book another time, write to Bella Hair in the same chat.",
        ),
        (
            "completed",
            "Done",
            "It is over. To book another time, write to Bella Hair in the same chat.",
        ),
    ],
)
async def test_a_state_is_said_with_what_can_be_done(
    site: Site, state: str, said: str, note: str
) -> None:
    await site.change(state=state)
    answer = await site.get()
    page = Reader(answer.text)
    assert page.lines[2] == said
    assert page.lines[-2:] == [note, STORED]
    off = state == "cancelled"
    assert page.lines[-3] == ("Take it off my calendar" if off else "Add to calendar")
    assert ("struck" in answer.text.partition("<body>")[2]) == off


async def test_what_is_past_is_over_and_another_year_is_named(site: Site) -> None:
    await site.change(starts_at=START.replace(year=2025), ends_at=START.replace(year=2025, hour=17))
    page = Reader((await site.get()).text)
    assert page.lines[3] == "Thursday 13 March, 2025"
    assert page.lines[-2] == (
        "It is over. To book another time, write to Bella Hair in the same chat."
    )


async def test_booking_page_shows_attendee_and_price_on_request(site: Site) -> None:
    await site.change(attendee="Hugo", price_minor=None)
    await site.change_shop(phone="", latitude=None, address="Calle Mayor 8 & 9")
    page = Reader((await site.get()).text)
    assert page.lines[6:-3] == [
        *("For", "Hugo"),
        *("With", "Leo", "Stylist, Curls"),
        *("Where", "Calle Mayor 8 & 9, Madrid", "Second floor.", "Open the map"),
        *("Price", "On request"),
        *("Reference", "K7Q-3MD"),
    ]
    assert page.links["Open the map"] == (
        "https://www.openstreetmap.org/search?query=Calle+Mayor+8+%26+9%2C+Madrid"
    )


async def test_the_page_speaks_the_language_of_its_reader(site: Site) -> None:
    american = Reader((await site.get(**{"Accept-Language": "en-US,es;q=0.8"})).text)
    assert american.lines[3:5] == ["Friday March 13", "5:30 pm – 6:00 pm"]
    spanish = await site.get(**{"Accept-Language": "fr, es-ES;q=0.9, en;q=0.5"})
    assert Reader(spanish.text).lines == [
        "Bella Hair",
        "Cut",
        "Confirmada",
        "viernes 13 de marzo",
        "17:30 – 18:00",
        "Hora de Madrid",
        *("Con", "Leo", "Stylist, Curls"),
        *("Dónde", "Calle Mayor 8, Madrid", "Second floor.", "Abrir el mapa"),
        *("Teléfono", "+34915550100"),
        *("Precio", "25 €"),
        *("Referencia", "K7Q-3MD"),
        "Añadir al calendario",
        "Para cambiarla o anularla, escribe a Bella Hair en el chat donde la reservaste.",
        "Qué se guarda de ti y para qué",
    ]
    assert '<html lang="es-ES">' in spanish.text


async def test_other_peoples_text_stays_text(site: Site) -> None:
    hostile = "<b>x</b> \"' & {{ 7*7 }} {0} %s <script>"
    await site.change(attendee=hostile, snapshot=SNAPSHOT | {"service": hostile, "title": hostile})
    await site.change_shop(name=hostile, directions=hostile, latitude=None, city="")
    answer = await site.get()
    page = Reader(answer.text)
    assert page.lines[:2] == [hostile, hostile]
    assert hostile in page.lines[6:]
    assert html.escape(hostile, quote=False) not in page.lines
    assert {tag for tag, _ in page.tags} & {"script", "b"} == set()


@pytest.mark.parametrize("end", ["", ".ics"])
async def test_a_wrong_link_is_answered_in_plain_words(site: Site, end: str) -> None:
    token = site.path.removeprefix("/b/")
    number, _, signature = token.partition("-")
    wrong = [
        f"{number}-{'a' * len(signature)}",
        f"{int(number, 16) + 1:x}-{signature}",
        number,
        "-",
        f"-{signature}",
        f"{'f' * 40}-{signature}",
        "%00",
        "%F0%9F%92%87",
        f"{token}x",
        booking_token(site.runtime.secret, site.booking_id + 999),
    ]
    for bad in wrong:
        answer = await site.get(f"/b/{bad}{end}")
        assert (bad, answer.status_code) == (bad, 404)
        assert Reader(answer.text).lines == ["There is no booking here", NOT_OURS]
        assert answer.headers["Cache-Control"] == "no-store"
    spanish = await site.get(f"/b/{wrong[0]}", **{"Accept-Language": "es"})
    assert Reader(spanish.text).lines[0] == "Aquí no hay ninguna reserva"


async def test_booking_page_serves_a_calendar_file(site: Site) -> None:
    answer = await site.get(f"{site.path}.ics")
    assert answer.status_code == 200
    assert {name: value for name, value in answer.headers.items() if name not in UNLIKE} == {
        "content-type": "text/calendar; method=PUBLISH; charset=utf-8",
        "content-disposition": 'inline; filename="K7Q-3MD.ics"',
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "vary": "Accept-Language",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
    }
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    link = f"{site.runtime.settings.public_base_url}{site.path}"
    assert {name: str(event[name]) for name in ("UID", "SUMMARY", "STATUS", "URL")} == {
        "UID": f"{site.booking_id}-K7Q-3MD@slotline",
        "SUMMARY": "Cut with Leo, Bella Hair",
        "STATUS": "CONFIRMED",
        "URL": link,
    }
    assert event["DESCRIPTION"] == (
        "Ref K7Q-3MD. To move it or call it off, write to Bella Hair in the chat where you "
        f"booked it.\n{link}"
    )
    assert event["SEQUENCE"] == 1
    await site.change(state="cancelled", sequence=2, attendee="Hugo")
    answer = await site.get(f"{site.path}.ics")
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)
    assert event["SUMMARY"] == "Cut for Hugo with Leo, Bella Hair"
    async with site.runtime.transaction() as ctx:
        await ctx.execute(sa.update(shops).values(discreet=True))
    answer = await site.get(f"{site.path}.ics")
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["SUMMARY"] == "Appointment, Bella Hair"
    assert [word in answer.content for word in (b"Cut", b"Leo", b"Hugo")] == [False] * 3


async def test_no_log_holds_a_link(site: Site) -> None:
    with structlog.testing.capture_logs() as logged:
        await site.get()
        await site.get(f"{site.path}.ics")
        await site.get("/b/1-aaaaaaaaaa")
    assert [entry["path"] for entry in logged] == ["/b/[hidden]", "/b/[hidden].ics", "/b/[hidden]"]
    assert site.path.removeprefix("/b/") not in repr(logged)


async def test_a_preview_may_ask_for_the_head_alone(site: Site) -> None:
    answer = await site.client.head(site.path)
    assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")


@pytest.mark.parametrize(
    ("accepted", "otherwise", "spoken"),
    [
        ("es", "", "es"),
        ("es-MX, en;q=0.9", "", "es_MX"),
        ("en;q=0.3, es;q=0.7", "", "es"),
        ("fr, de;q=0.9", "", "en"),
        ("fr, de;q=0.9", "es", "es"),
        ("", "es", "es"),
        ("", "hi", "hi"),
        ("*", "es", "es"),
        ("es;q=0", "", "en"),
        ("es;q=...", "", "en"),
        ("es-419", "", "es"),
        ("../../etc, es\x00, \u202e", "", "en"),
        ("en-Latn-GB;q=0.8, fr", "", "en_GB"),
        (",,;;q=,es" * 1000, "", "es"),
    ],
)
def test_page_language_is_negotiated(accepted: str, otherwise: str, spoken: str) -> None:
    assert negotiate_language(accepted, otherwise) == spoken


# --- guessing -----------------------------------------------------------------------------------


async def test_whoever_tries_too_many_links_that_open_nothing_waits(site: Site) -> None:
    wrong = f"/b/{site.booking_id:x}-aaaaaaaaaa"
    missed = [(await site.get(wrong)).status_code for _ in range(MAX_WRONG_LINKS)]
    assert missed == [404] * 30
    # From then on not even the right one opens: the next guess may have been that.
    for path in (wrong, site.path, f"{site.path}.ics"):
        barred = await site.get(path)
        assert barred.status_code == 429
        assert 0 < int(barred.headers["Retry-After"]) <= WINDOW_MINUTES * 60
        assert "Too many links that open nothing were tried from where you are." in barred.text


async def test_opening_ones_own_link_is_never_too_often(site: Site) -> None:
    opened = [(await site.get()).status_code for _ in range(MAX_WRONG_LINKS + 5)]
    assert opened == [200] * (MAX_WRONG_LINKS + 5)


async def test_a_page_says_what_is_stored_and_why_in_every_language(site: Site) -> None:
    answer = await site.get("/privacy")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    lines = Reader(answer.text).lines
    assert lines[2:8] == [
        "Your name, number or address, and language",
        "To know whose booking it is and to write to you, until you ask to have it erased.",
        "Your bookings",
        "For the shop's day and its books. If you are erased, they stay without your name.",
        "Messages",
        f"To go on where the talk stopped. {DAYS}",
    ]
    titles = {
        "es": "Qué se guarda de ti y para qué",
        "pt-BR": "O que é guardado sobre você e por quê",
        "hi": "आपके बारे में क्या रखा जाता है, और क्यों",
    }
    for language, title in titles.items():
        other = await site.get("/privacy", **{"Accept-Language": language})
        assert Reader(other.text).lines[0] == title
