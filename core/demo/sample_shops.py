"""Data of three sample shops: a salon in Madrid, a dentist in Pune, a barber in New York.

`core.demo.seed` creates them. Phone numbers are from a country's fictional range where there is one
(+1 212 555 01xx), otherwise made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.localtime.opening_masks import Interval

WeekHours = Mapping[int, tuple[Interval, ...]]

CODE_COUNTRIES = "ES,IN,US"
"""Whoever tries them has one phone: with it they can book at each of the three."""


@dataclass(frozen=True, slots=True)
class SampleService:
    """A service in its category; `more` holds any other column."""

    category: str
    name: str
    minutes: int
    price_minor: int | None
    synonyms: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleProvider:
    """A provider, the services they give (default: all but sessions) and their alert phone.

    `prices` are own prices by service, `week` own hours, `days_off` local days from today.
    """

    name: str
    phone: str
    services: tuple[str, ...] = ()
    prices: Mapping[str, int] = field(default_factory=dict)
    week: WeekHours | None = None
    days_off: tuple[int, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleShop:
    """One sample shop.

    `holidays` are (month, day) when closed; `short_days` have `short_hours`. `sessions` are weekly
    sessions: (service, provider, weekday, minute of the day, seats).
    """

    shop: Mapping[str, Any]
    week: WeekHours
    services: tuple[SampleService, ...]
    providers: tuple[SampleProvider, ...]
    staff: tuple[tuple[str, str, str], ...]
    customers: tuple[str, ...]
    rooms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holidays: tuple[tuple[int, int], ...] = ()
    short_days: tuple[tuple[int, int], ...] = ()
    short_hours: tuple[Interval, ...] = ()
    sessions: tuple[tuple[str, str, int, int, int], ...] = ()

    @property
    def keyword(self) -> str:
        """Return the shop's keyword, which also tells whether it exists already."""
        return str(self.shop["keyword"])


def parse_hours(text: str) -> tuple[Interval, ...]:
    """Parse "10:00-14:00 16:00-20:30"; hours past midnight count on, as in "22:00-25:30"."""
    found = []
    for interval in text.split():
        ends = [time.split(":") for time in interval.split("-")]
        opens, closes = (60 * int(hour) + int(minute) for hour, minute in ends)
        found.append(Interval(opens, closes))
    return tuple(found)


def parse_week(**days: str) -> WeekHours:
    """Parse hours by day or range of days: `mon="9:00-13:00", tue_fri="9:00-18:00"`."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    found: dict[int, tuple[Interval, ...]] = {}
    for span, text in days.items():
        first, _, last = span.partition("_")
        for day in range(names.index(first), names.index(last or first) + 1):
            found[day] = parse_hours(text)
    return found


SALON = SampleShop(
    shop={
        "name": "Bella Hair",
        "keyword": "BELLA",
        "type": "hair salon, peluquería",
        "city": "Madrid",
        "address": "Calle Mayor 8",
        "directions": "Two minutes from the metro station Sol, exit Calle Mayor.",
        "latitude": 40.4160,
        "longitude": -3.7060,
        "timezone": "Europe/Madrid",
        "country": "ES",
        "code_countries": CODE_COUNTRIES,
        "currency": "EUR",
        "language": "en",
        "phone": "+34915550100",
        "about": "Hair for everybody, in the old town since 2009.",
        "answers": {
            "parking": "Yes, Plaza Sol.",
            "payment": "Cash, card or Bizum, after your visit.",
            "preparation": "Nothing to prepare; we wash your hair here.",
        },
        "cutoff_minutes": 120,
    },
    week=parse_week(mon_fri="10:00-14:00 16:00-20:00", sat="10:00-14:00"),
    services=(
        SampleService(
            "Cuts",
            "Cut",
            30,
            2500,
            ("haircut", "trim", "corte", "corte de pelo", "cortarme el pelo", "cortar el pelo"),
        ),
        SampleService("Cuts", "Cut and finish", 60, 3800, ("cut and blow-dry", "corte y peinado")),
        SampleService("Cuts", "Children's cut", 30, 1500, ("kids cut", "corte infantil")),
        SampleService("Colour", "Root touch-up", 60, 4500, ("roots", "raíces")),
        SampleService(
            "Colour",
            "Full colour",
            90,
            6200,
            ("colour", "color", "dye", "tinte"),
            {
                "description": "Colour from root to tip, with wash and finish.",
                "preparation": "Come with dry hair. First time with us? Ask for a skin test "
                "two days before.",
            },
        ),
        SampleService(
            "Colour",
            "Highlights",
            120,
            8500,
            ("balayage", "mechas"),
            {"preparation": "Come with dry hair; it takes two hours."},
        ),
        SampleService("Care", "Blow-dry", 30, 1800, ("styling", "peinado")),
        SampleService(
            "Care", "Bridal hair", 120, None, ("wedding", "novia"), {"notice_minutes": 2880}
        ),
    ),
    providers=(
        SampleProvider(
            "Ana",
            "600 000 012",
            more={"speciality": "Colour and highlights", "experience": "14 years"},
        ),
        SampleProvider(
            "Leo",
            "600 000 013",
            ("Cut", "Cut and finish", "Children's cut", "Blow-dry", "Root touch-up"),
            more={"speciality": "Short cuts and curls", "experience": "6 years"},
            days_off=(11, 12),
        ),
        SampleProvider(
            "Carmen",
            "600 000 014",
            prices={"Bridal hair": 18000, "Cut and finish": 4200},
            week=parse_week(tue_fri="12:00-20:00"),
            more={"speciality": "Bridal hair", "experience": "22 years"},
        ),
    ),
    staff=(("owner", "Isabel", "600 000 011"),),
    customers=(
        "Marta Ruiz",
        "Hugo Ortega",
        "Lucía Navarro",
        "Pablo Romero",
        "Nuria Vidal",
        "Javier Molina",
        "Elena Prieto",
        "Sergio Campos",
        "Inés Lozano",
        "Raúl Serrano",
        "Beatriz León",
        "Tomás Herrero",
        "Clara Fuentes",
        "Andrés Gil",
        "Rosa Cabrera",
        "Mateo Santos",
    ),
    rooms={"Colour room": ("Root touch-up", "Full colour", "Highlights")},
    holidays=((1, 1), (1, 6), (5, 1), (5, 2), (8, 15), (10, 12), (11, 1), (12, 8), (12, 25)),
    short_days=((12, 24), (12, 31)),
    short_hours=parse_hours("10:00-14:00"),
)

CLINIC = SampleShop(
    shop={
        "name": "Smile Dental",
        "keyword": "SMILE",
        "type": "dentist, dental clinic",
        "city": "Pune",
        "address": "12 MG Road, Camp",
        "directions": "First floor, above the bookshop; the lift is at the back.",
        "latitude": 18.5160,
        "longitude": 73.8780,
        "timezone": "Asia/Kolkata",
        "country": "IN",
        "code_countries": CODE_COUNTRIES,
        "currency": "INR",
        "language": "en",
        "phone": "+912055501000",
        "emergency_phone": "+912055501999",
        "about": "Family dentistry. Every request is confirmed by our reception.",
        "answers": {
            "parking": "Yes, in the yard behind the house, free for patients.",
            "payment": "UPI, card or cash. We give a receipt for your insurance.",
            "preparation": "Please bring earlier X-rays and a list of your medicines.",
        },
        "needs_approval": True,
        "discreet": True,
        "gap_before_minutes": 15,
        "gap_after_minutes": 15,
        "notice_minutes": 120,
        "cutoff_minutes": 1440,
        "max_open_bookings": 3,
    },
    week=parse_week(mon_fri="9:30-13:30 17:00-20:30", sat="9:30-13:30"),
    services=(
        SampleService(
            "Visits",
            "Consultation",
            30,
            None,
            ("check-up", "checkup", "toothache", "pain"),
            {"description": "A look, advice and a plan; the fee is the doctor's."},
        ),
        SampleService("Visits", "X-ray", 15, 40000, ("opg", "scan")),
        SampleService(
            "Treatments",
            "Cleaning",
            45,
            150000,
            ("scaling", "polish"),
            {"preparation": "Please eat something light before."},
        ),
        SampleService("Treatments", "Filling", 45, 250000, ("cavity",)),
        SampleService(
            "Treatments",
            "Root canal, one sitting",
            90,
            650000,
            ("root canal", "rct"),
            {"preparation": "Take your medicines as usual and tell us of them."},
        ),
        SampleService("Orthodontics", "Braces check", 30, 80000, ("braces", "aligners")),
    ),
    providers=(
        SampleProvider(
            "Asha Rao",
            "98200 00012",
            ("Consultation", "X-ray", "Cleaning", "Filling", "Root canal, one sitting"),
            more={
                "title": "Dr",
                "speciality": "Endodontist",
                "degree": "BDS, MDS (Endodontics)",
                "experience": "14 years",
                "about": "Root canals without fear.",
                "fee_minor": 80000,
            },
        ),
        SampleProvider(
            "Vikram Mehta",
            "98200 00013",
            ("Consultation", "X-ray", "Cleaning", "Braces check"),
            week=parse_week(mon="17:00-20:30", wed="17:00-20:30", fri_sat="9:30-13:30"),
            more={
                "title": "Dr",
                "speciality": "Orthodontist",
                "degree": "BDS, MDS (Orthodontics)",
                "experience": "9 years",
                "fee_minor": 70000,
            },
        ),
        SampleProvider(
            "Neha Kulkarni",
            "98200 00014",
            ("Consultation", "Cleaning", "Filling"),
            more={
                "title": "Dr",
                "speciality": "Children's dentist",
                "degree": "BDS, MDS (Paedodontics)",
                "experience": "6 years",
                "fee_minor": 60000,
                "available": False,
            },
        ),
    ),
    staff=(("owner", "Dr Asha Rao", "98200 00012"), ("receptionist", "Priya", "98200 00011")),
    customers=(
        "Rohan Joshi",
        "Sneha Patil",
        "Arjun Deshpande",
        "Kavita Nair",
        "Imran Shaikh",
        "Meera Iyer",
        "Suresh Pawar",
        "Anjali Bhosale",
        "Farhan Qureshi",
        "Divya Menon",
        "Nikhil Gokhale",
        "Pooja Shinde",
    ),
    holidays=((1, 26), (5, 1), (8, 15), (10, 2), (12, 25)),
)

BARBER = SampleShop(
    shop={
        "name": "Fade & Co",
        "keyword": "FADE",
        "type": "barber shop",
        "city": "New York",
        "address": "88 Orchard St",
        "directions": "Between Broome and Grand; the door with the pole.",
        "latitude": 40.7180,
        "longitude": -73.9900,
        "timezone": "America/New_York",
        "country": "US",
        "code_countries": CODE_COUNTRIES,
        "currency": "USD",
        "language": "en",
        "phone": "+12125550142",
        "about": "Fades, beards and hot towels. Shaving class on Sundays.",
        "answers": {
            "parking": "No, but there is a garage on Essex Street.",
            "payment": "Card or cash; tips in cash, please.",
            "preparation": "For the shaving class bring your own razor if you have one.",
        },
        "grid_minutes": 15,
        "notice_minutes": 30,
        "cutoff_minutes": 60,
        "may_change_provider": True,
    },
    week=parse_week(
        tue_thu="10:00-13:00 14:00-19:00", fri="12:00-24:30", sat="10:00-18:00", sun="11:00-17:00"
    ),
    services=(
        SampleService("Hair", "Fade", 45, 4000, ("haircut", "cut", "skin fade")),
        SampleService("Hair", "Buzz cut", 30, 2500, ("buzz",)),
        SampleService("Hair", "Cut and beard", 60, 6000, ("combo",)),
        SampleService("Beard", "Beard trim", 30, 2200, ("beard",)),
        SampleService("Beard", "Hot towel shave", 45, 4500, ("shave",)),
        SampleService(
            "Classes",
            "Shaving class",
            90,
            5500,
            ("class", "course"),
            {"sessions": True, "description": "Learn the wet shave, six at a time."},
        ),
    ),
    providers=(
        SampleProvider(
            "Marcus",
            "(212) 555-0112",
            prices={"Fade": 4500},
            more={"speciality": "Skin fades", "experience": "11 years"},
        ),
        SampleProvider(
            "Tony",
            "(212) 555-0113",
            ("Buzz cut", "Beard trim", "Hot towel shave", "Shaving class"),
            more={"speciality": "Wet shaves", "experience": "30 years"},
        ),
    ),
    staff=(("owner", "Dee", "(212) 555-0111"),),
    customers=(
        "James Carter",
        "Luis Ramirez",
        "Kevin Wong",
        "Andre Williams",
        "Sam Cohen",
        "Mike O'Brien",
        "Jamal Brooks",
        "Chris Rossi",
        "Victor Chen",
        "Danny Torres",
        "Owen Murphy",
        "Elijah Reed",
        "Nate Fischer",
        "Omar Haddad",
    ),
    holidays=((1, 1), (7, 4), (12, 25)),
    short_days=((12, 24), (12, 31)),
    short_hours=parse_hours("10:00-15:00"),
    sessions=(("Shaving class", "Tony", 6, 9 * 60, 6),),
)

SAMPLE_SHOPS = (SALON, CLINIC, BARBER)
