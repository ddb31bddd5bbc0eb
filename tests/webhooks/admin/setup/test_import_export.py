"""Import and export on the admin pages: dry run, faults, import and download."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from core.catalog.loader import load_catalog
from core.db.tables import customers
from tests.webhooks.admin.conftest import (
    ORIGIN,
    AdminHarness,
    FormBrowser,
    field_errors,
    visible_text,
)
from webhooks.api.middleware import MAX_IMPORT_BYTES

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


IMPORT: dict[str, Any] = {"import": "1"}


async def upload(browser: FormBrowser, path: str, file: bytes = b"", **form: str) -> httpx.Response:
    """Submit the page's form with a file, as a browser does."""
    data = {"csrf": browser.csrf, "text": "", **form}
    headers = {"Origin": ORIGIN}
    given: Any = {"file": ("x.csv", file, "text/csv")}
    return await browser.client.post(f"/admin{path}", data=data, files=given, headers=headers)


async def test_a_file_is_looked_at_mended_and_imported(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    shop_id = admin.api.shop.shop_id
    home = f"/shops/{shop_id}/setup/files"
    nothing = await upload(browser, home, what="services")
    assert field_errors(nothing) == {"file": "Choose a file, or paste its lines below."}
    sheet = "\ufeffName;Minutes;Providers;Colour\nCut;7;\n<b>Perm</b>;90;Zoe\n;;\n"
    looked = await upload(browser, home, sheet.encode(), what="services")
    assert looked.status_code == 200
    assert (
        "3 faults in 2 rows Nothing is imported until none is left. Mend the lines, and look again."
        " Line Column What is wrong 2 minutes Minutes come in steps of five. "
        "2 name The shop has one of this name already. "
        "3 providers Nobody is called Zoe. "
        "Nobody reads the column colour." in visible_text(looked)
    )
    assert "<b>Perm</b>" not in looked.text
    assert "&lt;b&gt;Perm&lt;/b&gt;;90;Zoe" in looked.text
    assert "Import 2" not in looked.text
    mended = 'name,minutes,providers\r\nPerm,90,"Ana, Leo"\r\nBeard,20,\r\n'
    seen = await upload(browser, home, what="services", text=mended)
    assert (
        "Nothing is wrong with it: 2 services name minutes providers Perm 90 Ana, Leo Beard 20 "
        "Import 2 services" in visible_text(seen)
    )
    done = await upload(browser, home, what="services", text=mended, **IMPORT)
    assert done.headers["location"] == f"/admin{home}?what=services&created=2&known=0"
    assert "2 services imported." in visible_text(
        await browser.client.get(done.headers["location"])
    )
    known = await admin.api.runtime.run(lambda ctx: load_catalog(ctx, shop_id))
    assert [one.name for one in known.services][-2:] == ["Perm", "Beard"]
    again = await upload(browser, home, what="services", text=mended, **IMPORT)
    assert (again.status_code, "Nothing was imported." in visible_text(again)) == (422, True)
    assert "2 name The shop has one of this name already." in visible_text(again)


async def test_whom_the_shop_knows_is_not_imported_twice(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/setup/files"
    for people, said in (
        ("Marta,600111222", "1 customer imported."),
        ("Marta,600111222\nHugo,", "1 customer imported. 1 was there already."),
    ):
        file = f"name,phone\n{people}\n".encode()
        done = await upload(browser, home, file, what="customers", **IMPORT)
        assert said in visible_text(await browser.client.get(done.headers["location"]))
    count = sa.select(sa.func.count()).select_from(customers)
    assert await admin.api.fetch_scalar(count) == 2


async def test_odd_files_are_told_in_words(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/setup/files"
    excel = await upload(browser, home, "name\nJosé".encode("cp1252"), what="customers")
    assert "In a spreadsheet save it as “CSV UTF-8”." in visible_text(excel)
    other = await upload(browser, home, b"a,b\n1,2\n", what="bookings")
    assert "1 customer This column is missing." in visible_text(other)
    assert "Nobody reads the columns a, b." in visible_text(other)
    large = await upload(browser, home, b"x" * (MAX_IMPORT_BYTES + 1), what="customers")
    assert "The body is too large." in visible_text(large)
    larger = await upload(browser, home, b"x" * 2 * MAX_IMPORT_BYTES, what="customers")
    assert larger.status_code == 413
    elsewhere = home.replace("files", "answers")
    assert (await upload(browser, elsewhere, b"x" * 10**6)).status_code == 413
    torn = {"Origin": ORIGIN, "Content-Type": "multipart/form-data; boundary=x"}
    path = f"/admin{home}"
    assert (await browser.client.post(path, content=b"--y", headers=torn)).status_code == 403
    stranger = admin.signed_out_browser()
    assert (await upload(stranger, home, b"x" * 10**6)).status_code == 413


async def test_files_are_the_owners(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    shop_id = admin.api.shop.shop_id
    home = f"/shops/{shop_id}/setup/files"
    owner = await admin.signed_in_browser("owner")
    page = await owner.get(f"{home}?what=nonsense&created=x&known=")
    assert f'href="/api/v1/shops/{shop_id}/exports/customers"' in page.text
    taken = await owner.client.get(f"/api/v1/shops/{shop_id}/exports/customers")
    assert "Marta" in taken.text
    empty = await owner.get(f"{home}/customers.csv")
    assert empty.content == b"\xef\xbb\xbfname,phone,email,notes\r\n"
    assert empty.headers["content-disposition"] == (
        'attachment; filename="customers-to-fill-in.csv"'
    )
    assert (await owner.get(f"{home}/secrets.csv")).status_code == 404
    for who, status in (("receptionist", 403), ("provider", 403), ("other owner", 404)):
        other = await admin.signed_in_browser(who)
        for path in (home, f"{home}/customers.csv"):
            assert (await other.get(path)).status_code == status
        sent = await upload(other, home, b"name\nEva\n", what="customers", **IMPORT)
        assert sent.status_code == status
