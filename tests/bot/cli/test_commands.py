"""The commands, run as people run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from core.clock import SystemClock
from core.db.runtime import Runtime
from core.db.tables import REVISION
from tests.support import shops
from tests.support.runtimes import run_apart, settings_for

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PATIENCE = 60

NEWEST = max(file.name[:4] for file in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))


OPT_OUT_REPLY = (
    "note   Twilio answers STOP and CANCEL in our place: let its opt-out reply say that bookings "
    "stand and whom to call (docs/connect-twilio.md)"
)


@pytest.fixture
def installation(migrated_sqlite: Path, tmp_path: Path) -> Path:
    """Return a folder with a database that holds one salon."""
    shutil.copy(migrated_sqlite, tmp_path / "slotline.db")

    async def build() -> None:
        url = f"sqlite+aiosqlite:///{tmp_path / 'slotline.db'}"
        runtime = Runtime.open(settings_for(url, tmp_path), SystemClock())
        async with runtime.transaction() as ctx:
            await shops.build_salon(ctx)
        await runtime.close()

    run_apart(build())
    return tmp_path


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command: nothing of ours but where the data is."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return kept | {"DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), **more}


def run(folder: Path, *arguments: str, given: str = "", **more: str) -> tuple[int, str, str]:
    """Run a command to its end; return its status, output and errors."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=given,
        env=environment(folder, **more),
        cwd=folder,  # no .env there
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def process(request: pytest.FixtureRequest, installation: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the command a test names and end it with the test."""
    arguments, more = request.param
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        env=environment(installation, **more),
        cwd=installation,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.kill()


def read_until(stream: IO[str] | None, pattern: str) -> re.Match[str]:
    """Read lines until one matches."""
    assert stream is not None
    for line in stream:
        if found := re.search(pattern, line):
            return found
    message = f"{pattern!r} never came"
    raise AssertionError(message)


def query(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask the database, beside whoever serves it."""
    connection = sqlite3.connect(folder / "slotline.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("process", [(("chat", "--from", "+34600111222"), {})], indirect=True)
def test_a_talk_in_the_terminal_ends_with_a_booking(
    process: subprocess.Popen[str], installation: Path
) -> None:
    assert process.stdin is not None

    def say(text: str) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{text}\n")
        process.stdin.flush()

    say("BELLA")
    read_until(process.stdout, r"^> BELLA")
    read_until(process.stdout, r"^< Welcome to Bella Hair\.")
    say("1")
    read_until(process.stdout, r"^  1 ")
    read_until(process.stdout, r"^  1 .*(Ana|Leo)")
    say("1")
    code = read_until(process.stdout, r"(\d{6})")[1]
    say(f"{code} Marta")
    read_until(process.stdout, r"^< Booked, Marta")
    process.stdin.close()
    assert process.wait(PATIENCE) == 0
    assert query(installation, "SELECT state FROM bookings") == [("confirmed",)]
    assert query(installation, "SELECT transport, channel FROM lines ORDER BY id DESC LIMIT 1") == [
        ("terminal", "sms")
    ]
    sent = query(installation, "SELECT message, body FROM outbox WHERE secret")
    assert [body for _, body in sent] == [""]
    assert code not in str(query(installation, "SELECT * FROM outbox"))


def test_a_pipe_is_read_line_by_line_and_echoed(installation: Path) -> None:
    status, output, errors = run(installation, "chat", given="BELLA\n\nmenu")
    assert (status, errors) == (0, "")
    assert [line for line in output.splitlines() if line.startswith(">")] == ["> BELLA", "> menu"]
    assert output.splitlines()[1] == "< Welcome to Bella Hair."


def test_a_talk_without_shops_says_what_to_do(migrated_sqlite: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "slotline.db")
    assert run(tmp_path, "chat", given="hello\n") == (
        1,
        "",
        "Slotline cannot start: there is no shop yet: python -m bot seed-demo makes three\n",
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


PORT = free_port()


def get(path: str) -> tuple[int, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5) as answer:
        return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("process", [(("serve",), {"PORT": str(PORT)})], indirect=True)
def test_serve_serves_until_it_is_told_to_stop(
    process: subprocess.Popen[str], installation: Path
) -> None:
    read_until(process.stderr, "Started server process")
    # It listened before it said so: the connection waits if it has to.
    assert get("/health/ready") == (200, {"status": "ok"})
    # Short commands may open the file beside it; a second server may not.
    assert run(installation, "doctor")[0] == 0
    assert run(installation, "chat", given="BELLA\n")[0] == 0
    status, _, errors = run(installation, "worker")
    assert status == 1
    assert errors.splitlines()[-1] == (
        "Slotline cannot start: another process serves this SQLite file already; one may. "
        "To run several, use PostgreSQL: set DATABASE_URL"
    )
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert time.monotonic() - began < 10
    assert process.stderr is not None
    assert json.loads(process.stderr.read().splitlines()[-1])["event"] == "app.stopped"


@pytest.mark.parametrize("process", [(("worker",), {})], indirect=True)
def test_worker_works_until_it_is_told_to_stop(process: subprocess.Popen[str]) -> None:
    read_until(process.stderr, "app.started")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_serve_says_plainly_what_is_wrong(
    installation: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("empty")
    status, output, errors = run(empty, "serve")
    assert (status, output) == (1, "")
    assert errors.splitlines()[-1] == (
        "Slotline cannot start: the database has no tables yet: run python -m bot migrate"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, _, errors = run(installation, "serve", PORT=str(port))
    assert status == 1
    assert errors.splitlines()[-1] == (
        f"Slotline cannot start: cannot listen on 127.0.0.1:{port} "
        "(Address already in use): set HOST or PORT"
    )
    status, _, errors = run(installation, "serve", PORT="eighty", LOG_LEVEL="")
    assert status == 1
    assert errors == (
        "Slotline cannot start: settings that cannot be read: PORT: Input should be a valid"
        " integer, unable to parse string as an integer\n"
    )


def test_migrate_seeds_and_ticks(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate")[:2] == (0, f"The database is at {REVISION}.\n")
    assert run(tmp_path, "migrate")[:2] == (0, f"The database is at {REVISION} already.\n")
    nothing = "".join(
        f"{name}: 0\n"
        for name in (
            "bookings", "visits", "calendars", "agendas", "turns", "outbox", "old talks",
            "old codes", "old inbox", "old outbox", "old prompts", "old holds",
            "old sign-ins", "old lockouts", "old audit",
        )
    )  # fmt: skip
    assert run(tmp_path, "tick", "--at", "2026-03-09T09:00Z", "--dry-run")[:2] == (
        0,
        nothing + "Nothing was changed, and nothing sent.\n",
    )
    assert run(tmp_path, "tick", "--at", "2026-03-09T09:00Z")[:2] == (0, nothing)
    status, _, errors = run(tmp_path, "tick", "--at", "2026-03-09T09:00")
    assert status == 2
    assert "an instant needs an offset, such as 2026-03-09T09:00Z" in errors
    status, said, _ = run(tmp_path, "create-admin", "+34600111222")
    assert (status, re.sub(r"\d{6}\n$", "…", said)) == (
        0,
        (
            "+34600111222 is an admin now.\n"
            "Within five minutes, sign in at http://127.0.0.1:8000/admin with the code …"
        ),
    )
    assert run(tmp_path, "create-admin", "12")[0] == 1
    assert query(tmp_path, "SELECT admin FROM users") == [(1,)]


def test_a_shop_words_a_message_itself(installation: Path) -> None:
    words = ("wording", "--shop", "BELLA", "--lang", "es")
    status, listed, _ = run(installation, *words)
    assert (status, "reminder  {at, ref, shop, what, when}" in listed.splitlines()) == (0, True)
    own = "{shop}: te esperamos, {when}."
    shown = run(installation, *words, "--dry-run", "tell.confirmed", own)[1].splitlines()
    assert shown[0] == own
    assert shown[1].startswith("Bella Hair: te esperamos, ")
    assert shown[2] == "1 SMS, gsm7"
    assert query(installation, "SELECT message_overrides FROM shops WHERE keyword = 'BELLA'") == [
        ("{}",)
    ]
    assert run(installation, *words, "tell.confirmed", own)[0] == 0
    assert run(installation, *words, "tell.confirmed")[1].splitlines()[0] == own
    status, _, errors = run(installation, *words, "tell.confirmed", "{nonsense}")
    known = "{address}, {provider}, {ref}, {service}, {shop}, {when}"
    assert (status, errors) == (
        1,
        f"That cannot be done: this message knows no {{nonsense}}, but {known}\n",
    )
    assert run(installation, *words, "--drop", "tell.confirmed")[0] == 0
    assert query(installation, "SELECT message_overrides FROM shops WHERE keyword = 'BELLA'") == [
        ("{}",)
    ]


def test_understand_reads_a_line_and_writes_a_line(tmp_path: Path) -> None:
    options = ("--now", "2026-03-09T09:00Z", "--zone", "Europe/Madrid", "--lang", "en")
    status, output, errors = run(
        tmp_path, "understand", *options, given="a cut tomorrow at 5pm\n\n"
    )
    first, second = map(json.loads, output.splitlines())
    assert (status, errors) == (0, "")
    assert (first["date"], first["time"], second["date"]) == ("2026-03-10", "17:00", None)
    assert list(tmp_path.iterdir()) == []  # no database, no secret: it only reads


def test_doctor_finds_what_is_wrong_with_twilio(installation: Path) -> None:
    status, output, _ = run(
        installation,
        "doctor",
        TWILIO_ACCOUNT_SID="AC1",
        TWILIO_SMS_FROM="55",
        TWILIO_MESSAGING_SERVICE_SID="XX",
        HOST="0.0.0.0",  # noqa: S104 - doctor only looks
        LOG_LEVEL="LOUD",
    )
    assert status == 1
    assert output.splitlines() == [
        "wrong  LOG_LEVEL is none of DEBUG, INFO, WARNING, ERROR, CRITICAL: INFO is used",
        "wrong  Twilio lacks TWILIO_AUTH_TOKEN",
        "wrong  TWILIO_SMS_FROM is no number such as +15551234567",
        "wrong  TWILIO_MESSAGING_SERVICE_SID does not begin with MG",
        "wrong  Twilio cannot reach us, nor its signatures be checked: PUBLIC_URL",
        "note   HOST lets others in, but PUBLIC_URL does not say under which name",
        (
            "note   TRUSTED_PROXIES has nobody from outside: a proxy on another machine or in "
            "front of a container makes all visitors one, who share one limit"
        ),
        "note   PUBLIC_URL is not set: links work on this machine only",
        "note   Telegram is not set up: no bot for customers (TELEGRAM_BOT_TOKEN)",
        OPT_OUT_REPLY,
        f"ok     database: sqlite, revision {REVISION}, guards in place",
        "ok     shops: 1, lines: 1",
        "5 to put right.",
    ]


def test_doctor_is_content_with_a_good_installation(installation: Path) -> None:
    status, output, _ = run(
        installation,
        "doctor",
        PUBLIC_URL="https://book.example.com/",
        TWILIO_ACCOUNT_SID="AC1",
        TWILIO_AUTH_TOKEN="token",
        TWILIO_SMS_FROM="+15005550006",
        TWILIO_API_URL="http://127.0.0.1:9",  # nobody is there
    )
    kept = [
        line for line in output.splitlines() if "Twilio was not asked whom it calls" not in line
    ]
    assert (status, kept) == (
        0,
        [
            "note   Telegram is not set up: no bot for customers (TELEGRAM_BOT_TOKEN)",
            (
                "note   Twilio answers STOP and CANCEL in our place: let its opt-out reply say "
                "that bookings stand and whom to call (docs/connect-twilio.md)"
            ),
            "ok     Twilio calls POST https://book.example.com/webhooks/twilio/messages",
            f"ok     database: sqlite, revision {REVISION}, guards in place",
            "ok     shops: 1, lines: 1",
            "Fit to serve.",
        ],
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "http://book.example.com",
            "note   PUBLIC_URL is not https: codes and links travel readable",
        ),
        ("book.example.com", "wrong  PUBLIC_URL is no address such as https://book.example.com"),
    ],
)
def test_doctor_looks_at_the_public_address(installation: Path, url: str, words: str) -> None:
    assert words in run(installation, "doctor", PUBLIC_URL=url)[1].splitlines()


def test_doctor_names_weak_secrets_and_what_others_may_read(installation: Path) -> None:
    make = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one"
    status, output, _ = run(
        installation,
        "doctor",
        SECRET_KEY="change me",
        SECRET_KEY_PREVIOUS="old",
        TELEGRAM_WEBHOOK_SECRET="hook",
        METRICS_TOKEN="m",
    )
    assert (status, [x for x in output.splitlines() if x.startswith("wrong")]) == (
        1,
        [
            f"wrong  SECRET_KEY has 9 characters, and needs 32: {make}",
            f"wrong  SECRET_KEY_PREVIOUS has 3 characters, and needs 32: {make}",
            "wrong  TELEGRAM_WEBHOOK_SECRET has 4 characters: 16 or more, or none",
            "wrong  METRICS_TOKEN has 1 characters: 16 or more, or none",
        ],
    )
    (installation / "secret_key").write_text("cut o")
    installation.chmod(0o1777)  # as /tmp is: nothing that a start would close to others
    status, output, _ = run(installation, "doctor")
    assert (status, [x[:60] for x in output.splitlines() if x.startswith("wrong")]) == (
        1,
        [
            f"wrong  other users may enter DATA_DIR, {installation}: chmod 700"[:60],
            f"wrong  the secret key in {installation}/secret_key has 5 characters"[:60],
        ],
    )


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "understand", "--now", "2026-03-09T09:00Z",
         "--zone", "UTC", "--lang", "en"],
        env=environment(tmp_path), cwd=tmp_path, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as started:  # fmt: skip
        assert started.stdin
        assert started.stdout
        assert started.stderr
        started.stdout.close()
        started.stdin.write("tomorrow\n" * 2000)
        started.stdin.close()
        assert started.wait(PATIENCE) == 1
        assert started.stderr.read() == ""


def test_the_outbox_is_looked_after_without_a_code_or_a_full_phone(installation: Path) -> None:
    # Codes wait here as they would while the provider is away.
    run(installation, "chat", given="BELLA\n1\n1\n")
    with sqlite3.connect(installation / "slotline.db") as database:
        (row_id,) = database.execute("SELECT max(id) FROM outbox").fetchone()
        database.execute(
            "UPDATE outbox SET state = 'due', attempts = 3, secret = 1, due_at = 1773046800, "
            "error = '21211: +34600111222 is no number', "
            """message = '{"$": "say", "key": "code", "params": {"code": "481920"}, """
            """"secret": true}' """
            "WHERE id = ?",
            [row_id],
        )
    listed = run(installation, "outbox", "list", "--state", "due", "--shop", "bella")[1]
    (line, count) = listed.splitlines()
    assert re.sub(r" {2,}", "  ", line.strip()).split("  ") == [
        str(row_id),
        "due",
        "reply",
        "login/proof1",
        "sms +34•••222",
        "2026-03-09T09:00Z",
        "tried 3",
        "Bella Hair",
        "delivered",
        "(21211: +34•••222 is no number)",
    ]
    assert count == "1 listed."
    assert run(installation, "outbox", "retry")[::2] == (
        2,
        "Say which rows to retry: by ID, --state, --shop or --kind\n",
    )
    assert run(installation, "outbox", "list", "--shop", "nobody")[2] == (
        "That cannot be done: no shop has the keyword nobody\n"
    )
    assert run(installation, "outbox", "retry", str(row_id))[1] == "1 to be sent now.\n"
    assert run(installation, "outbox", "retry", "999999")[1] == (
        "0 to be sent now. Of those named, 1 went out already, or are not there.\n"
    )
    assert run(installation, "outbox", "drop", "--state", "due")[1] == "1 dropped.\n"
    assert run(installation, "outbox", "drop", "--state", "due")[1] == "0 dropped.\n"
    assert query(installation, f"SELECT state, error FROM outbox WHERE id = {row_id}") == [
        ("dropped", "dropped by hand")
    ]
    assert "481920" not in str(query(installation, "SELECT * FROM outbox"))
