"""The sentences of the first page of the README are understood."""

from datetime import UTC, date, datetime, time

from bot.understanding import Name, Names, Setting, understand

CATALOG = Names(
    services=(Name(1, "Women's cut", ("haircut",)), Name(2, "Colour", ("color",))),
    providers=(Name(10, "Ana Ruiz"), Name(11, "Leo Paz")),
)
SETTING = Setting(datetime(2026, 3, 12, 9, tzinfo=UTC), "Europe/Madrid", "en", "ES", names=CATALOG)


def test_one_sentence_says_service_provider_day_and_window() -> None:
    u = understand("can I get a haircut with Ana tomorrow after 5?", SETTING)
    assert (u.service and u.service.id, u.provider and u.provider.id) == (1, 10)
    assert (u.date, u.time, u.time_to, u.at) == (date(2026, 3, 13), time(17), None, "after")


def test_region_decides_between_day_and_month() -> None:
    assert understand("3/4", SETTING).date == date(2026, 4, 3)
