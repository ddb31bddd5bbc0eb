"""The commands: `python -m bot serve`, and what is needed around it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from core.clock import FixedClock, parse_instant
from core.errors import InvalidValue, NotFound, NotReady, SlotlineError
from core.settings import Settings

if TYPE_CHECKING:
    # At run time each command imports what it needs: `understand` needs no database.
    from bot.app import App
    from bot.simulator.controller import SimulatorController
    from core.db.runtime import Runtime

T = TypeVar("T")

CHAT_CHANNELS = ("sms", "whatsapp", "telegram")

OUTBOX_STATES = ("due", "sending", "sent", "failed", "dropped", "dead")
"""What a row of the outbox may be in; written out, for the parser loads no database."""

DEFAULT_ADDRESS = "+34600111222"
"""Who talks in the terminal, unless --from says."""

GRACE_SECONDS = 3
"""Seconds the server gives to requests in hand when it is told to stop."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    if options.run in {_serve, _web, _worker}:
        # What they import stays; to look through it again and again takes a fifth of their start.
        gc.disable()
    from bot.cli import doctor

    try:
        settings = doctor.read_settings()
        return int(options.run(settings, options) or 0)
    except NotReady as error:
        begins = options.run in {_serve, _web, _worker, _demo, _chat}
        before = "Slotline cannot start" if begins else "That cannot be done"
        print(f"{before}: {error.params['reason']}", file=sys.stderr)
        return 1
    except SlotlineError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read us has seen enough. Python would complain again at its end.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - open until the process ends
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Slotline's commands.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., Any], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    command("serve", _serve, "Serve everything in one process.")
    command("demo", _demo, "Serve sample shops and the simulator; no account needed.")
    chat = command("chat", _chat, "Talk in the terminal; reads a pipe too.")
    _who_talks(chat)
    command("web", _web, "Serve HTTP only; run workers beside it.")
    command("worker", _worker, "Do what is due by the clock; run web beside it.")
    tick = command("tick", _tick, "Do once what is due at an instant, and print it.")
    tick.add_argument("--at", type=_instant, required=True, metavar="INSTANT")
    tick.add_argument("--dry-run", action="store_true", help="only say what would be done")
    command("migrate", _migrate, "Bring the database to the newest schema.")
    command("seed-demo", _seed_demo, "Make three sample shops with half-full calendars.")
    admin = command("create-admin", _create_admin, "Make whoever has a phone an admin.")
    admin.add_argument("phone", metavar="PHONE", help="with its country: +34600111222")
    pair = command("pair", _pair, "Make a one-time code by which a member joins the owners' bot.")
    pair.add_argument("phone", metavar="PHONE", help="the member's, with its country: +34600111222")
    command("whatsapp-setup", _whatsapp_setup, "Have Twilio keep WhatsApp's buttons and lists.")
    read = command("understand", _understand, "Read a message a line, print a JSON line for each.")
    read.add_argument("--now", type=_instant, required=True, metavar="INSTANT")
    read.add_argument("--zone", required=True)
    read.add_argument("--lang", required=True)
    read.add_argument("--region", default="US", metavar="COUNTRY", help="3/4 is in March, or April")
    read.add_argument("--expects", metavar="WHAT", help="what was asked: yes_no, when, code …")
    missed = command("misunderstood", _misunderstood, "Print what was not understood, how often.")
    missed.add_argument("--shop", metavar="KEYWORD", help="of one shop only")
    out = command("outbox", _outbox, "Look after messages on their way out.")
    out.add_argument("what", choices=("list", "retry", "drop"))
    out.add_argument("ids", nargs="*", type=int, metavar="ID", help="these rows only")
    out.add_argument("--state", choices=OUTBOX_STATES, help="in this state")
    out.add_argument("--shop", metavar="KEYWORD", help="of one shop")
    out.add_argument("--kind", help="of this kind, such as reminder")
    out.add_argument("--limit", type=int, default=50, metavar="N", help="list the newest N")
    words = command("wording", _wording, "Show or set a shop's own words for a message.")
    words.add_argument("--shop", required=True, metavar="KEYWORD")
    words.add_argument("--lang", default="en")
    words.add_argument("--dry-run", action="store_true", help="only show how it would read")
    words.add_argument("--drop", action="store_true", help="the usual words again")
    words.add_argument("key", nargs="?", help="which message, such as reminder; none: list them")
    words.add_argument("text", nargs="?", help="its words; none: show them as they are")
    command("telegram-setup", _telegram_setup, "Set the bots' commands and descriptions.")
    command("doctor", _doctor, "Say what is missing or wrong.")
    return parser


def _who_talks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", choices=CHAT_CHANNELS, default="sms")
    parser.add_argument("--from", dest="address", default=DEFAULT_ADDRESS, metavar="ADDRESS")


def _instant(text: str) -> str:
    try:
        parse_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


# --- serving ----------------------------------------------------------------------------------


def _serve(settings: Settings, _options: argparse.Namespace) -> None:
    _run(settings, web=True, ticks=True)


def _web(settings: Settings, _options: argparse.Namespace) -> None:
    _run(settings, web=True, ticks=False)


def _worker(settings: Settings, _options: argparse.Namespace) -> None:
    _run(settings, web=False, ticks=True)


def _run(settings: Settings, *, web: bool, ticks: bool) -> None:
    """Serve this installation until told to stop."""
    import structlog

    from bot.app import App
    from bot.cli import doctor
    from bot.observability import logs

    logs.configure_logging(settings)
    if settings.metrics_port and not web:
        from prometheus_client import start_http_server

        from bot.observability.metrics import REGISTRY

        try:
            start_http_server(settings.metrics_port, settings.host, REGISTRY)
        except OSError as error:
            where = f"{settings.host}:{settings.metrics_port}"
            reason = f"cannot listen on {where} ({_said(error)}): set METRICS_PORT"
            raise NotReady(reason=reason) from None
    for finding in doctor.settings_findings(settings):
        if finding.level == "wrong":
            structlog.get_logger("bot").warning("settings.wrong", problem=finding.text)
    asyncio.run(_until_told(App.open(settings), web=web, ticks=ticks))


async def _until_told(
    app: App, *, web: bool = True, ticks: bool = True, stage: SimulatorController | None = None
) -> None:
    """Run until told to stop; then finish what is in hand and return, all within 10 seconds."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, told.set)
    try:
        await app.start(ticks=ticks)
        if web:
            await _listen(app, told, stage)
        else:
            _loaded()
            await told.wait()
    finally:
        await app.stop()


def _loaded() -> None:
    """Leave what was loaded out of every later collection: it is there to stay."""
    gc.freeze()
    gc.enable()


async def _listen(app: App, told: asyncio.Event, stage: SimulatorController | None = None) -> None:
    import uvicorn

    from webhooks.app import create_app

    host, port = app.settings.host, app.settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise NotReady(
            reason=f"cannot listen on {host}:{port} ({_said(error)}): set HOST or PORT"
        ) from None

    class Server(uvicorn.Server):
        """Leaves signals to us, who also stop what is not HTTP."""

        def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
            return nullcontext()

    server = Server(
        uvicorn.Config(
            create_app(app, stage),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    _loaded()
    with listening:
        if stage is not None:
            _print(f"Slotline's demo: {app.settings.public_base_url}/simulator\nCtrl-C ends it.")
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        stopping = asyncio.create_task(told.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        if stage is not None:
            stage.simulator.disconnect_watchers()
        await serving


def _said(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


# --- talking ------------------------------------------------------------------------------------


def _chat(settings: Settings, options: argparse.Namespace) -> None:
    from bot.cli.chat import run_chat
    from bot.observability import logs
    from core.db.runtime import Runtime

    logs.configure_logging(settings, quiet=True)

    async def talk() -> None:
        runtime = Runtime.open(settings)
        try:
            await _new_set_up(runtime)
            await runtime.ensure_ready()
            await run_chat(runtime, options.channel, options.address, sys.stdin, _print)
        finally:
            await runtime.close()

    with suppress(KeyboardInterrupt):
        asyncio.run(talk())


def _demo(settings: Settings, _options: argparse.Namespace) -> None:
    from bot.observability import logs
    from bot.simulator.controller import SimulatorController
    from core.db import migrate as db_migrate
    from core.demo import seed

    logs.configure_logging(settings, quiet=True)
    stage = SimulatorController.open(settings, seed.seed_sample_shops)

    async def serve() -> None:
        # Begun by one process only: it empties the demo's database.
        with stage.app.runtime.single_process_lock():
            await db_migrate.upgrade(stage.app.runtime)
            await stage.start_fresh()
        await _until_told(stage.app, stage=stage)

    asyncio.run(serve())


def _print(text: str) -> None:
    print(text, flush=True)


async def _new_set_up(runtime: Runtime) -> None:
    """Set up a brand-new SQLite file with the sample shops, so that a talk can begin at once."""
    from core.db import migrate as db_migrate
    from core.db.migrate import current_and_head

    if runtime.settings.database_url or (await current_and_head(runtime))[0] is not None:
        return
    print("A new database: making the sample shops first.", file=sys.stderr)
    await db_migrate.upgrade(runtime)
    await _seed(runtime)


# --- setting up -----------------------------------------------------------------------------------


def _migrate(settings: Settings, _options: argparse.Namespace) -> None:
    from core.db import migrate as db_migrate
    from core.db.migrate import current_and_head

    async def migrate(runtime: Runtime) -> None:
        before, newest = await current_and_head(runtime)
        await db_migrate.upgrade(runtime)
        print(f"The database is at {newest}" + (" already." if before == newest else "."))

    _with_runtime(settings, migrate)


def _seed_demo(settings: Settings, _options: argparse.Namespace) -> None:
    async def seed(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        print(await _seed(runtime))

    _with_runtime(settings, seed)


def _create_admin(settings: Settings, options: argparse.Namespace) -> None:
    from core.auth import phone_login
    from core.errors import CodeError
    from core.people.identities import make_admin
    from core.values.phone_numbers import parse_phone

    async def create(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        phone = parse_phone(options.phone, "")
        await runtime.run(lambda ctx: make_admin(ctx, phone))
        print(f"{phone} is an admin now.")
        try:
            code = await runtime.run(lambda ctx: phone_login.create_login_code(ctx, phone))
        except CodeError as error:
            raise NotReady(reason=f"there is no code to sign in with: {error.args[0]}") from None
        print(
            f"Within five minutes, sign in at {settings.public_base_url}/admin with the code {code}"
        )

    _with_runtime(settings, create)


def _pair(settings: Settings, options: argparse.Namespace) -> None:
    from bot.app import build_telegram_bots
    from bot.channels.telegram.api import BotApiError
    from core.catalog import shop_search
    from core.people import pairing
    from core.values.phone_numbers import parse_phone

    async def issue(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        phone = parse_phone(options.phone, "")
        try:
            codes = await runtime.run(lambda ctx: pairing.issue_pairing_code_for_phone(ctx, phone))
        except NotFound:
            raise NotReady(reason=f"nobody with the phone {phone} works at a shop") from None
        async with runtime.read_transaction() as ctx:
            names = {shop.id: shop.name for shop in await shop_search.list_shops(ctx)}
        print("For themselves alone; each is good once, for a day.")
        for shop_id, code in codes.items():
            print(f'{names[shop_id]}: write "pair {code}" to the owners\' bot.')
        bots = build_telegram_bots(settings)
        try:
            if owner := bots.get("owner"):
                name = await owner.get_username()
                for code in codes.values():
                    print(f"Or open https://t.me/{name}?start={pairing.START_PREFIX}{code}")
        except (BotApiError, OSError) as error:
            raise NotReady(reason=f"Telegram says: {error}") from None
        finally:
            for bot in bots.values():
                await bot.close()

    _with_runtime(settings, issue)


def _whatsapp_setup(settings: Settings, _options: argparse.Namespace) -> int:
    from bot.cli import whatsapp_setup

    async def set_up(runtime: Runtime) -> int:
        await runtime.ensure_ready()
        try:
            outcome = await whatsapp_setup.create_templates(runtime)
        except whatsapp_setup.SetupFailed as error:
            print(error, file=sys.stderr)
            return 1
        whatsapp_setup.print_result(outcome, _print)
        return 0 if outcome.created or outcome.found else 1

    return _with_runtime(settings, set_up)


def _telegram_setup(settings: Settings, _options: argparse.Namespace) -> None:
    from bot.app import build_telegram_bots
    from bot.channels.telegram.api import BotApiError
    from bot.cli.telegram_setup import set_up_bots

    async def describe() -> None:
        bots = build_telegram_bots(settings)
        if not bots:
            raise NotReady(reason="TELEGRAM_BOT_TOKEN is not set: @BotFather gives one")
        try:
            for name in await set_up_bots(bots):
                print(f"@{name} is set up: https://t.me/{name}")
        except (BotApiError, OSError) as error:
            raise NotReady(reason=f"Telegram says: {error}") from None
        finally:
            for bot in bots.values():
                await bot.close()

    asyncio.run(describe())


def _doctor(settings: Settings, _options: argparse.Namespace) -> int:
    from bot.cli import doctor

    async def look(runtime: Runtime) -> int:
        findings = [
            *doctor.settings_findings(settings),
            *await doctor.database_findings(runtime),
        ]
        for finding in sorted(findings, key=lambda f: ("wrong", "note", "ok").index(f.level)):
            print(f"{finding.level:5}  {finding.text}")
        wrong = sum(finding.level == "wrong" for finding in findings)
        print(f"{wrong} to put right." if wrong else "Fit to serve.")
        return 1 if wrong else 0

    return _with_runtime(settings, look)


def _with_runtime(settings: Settings, work: Callable[[Runtime], Awaitable[T]]) -> T:
    from core.db.runtime import Runtime

    async def run() -> T:
        runtime = Runtime.open(settings)
        try:
            return await work(runtime)
        finally:
            await runtime.close()

    return asyncio.run(run())


async def _seed(runtime: Runtime) -> str:
    from core.demo import seed

    return await seed.seed_sample_shops(runtime)


# --- looking ------------------------------------------------------------------------------------


def _tick(settings: Settings, options: argparse.Namespace) -> None:
    from bot.app import App
    from bot.cli.tick import rehearse_tick, run_tick
    from bot.observability import logs

    logs.configure_logging(settings, quiet=True)
    app = App.open(settings, FixedClock.at(options.at))
    do = rehearse_tick if options.dry_run else run_tick

    async def tick() -> None:
        try:
            await app.runtime.ensure_ready()
            await do(app.worker, _print)
        finally:
            await app.stop()

    asyncio.run(tick())


def _misunderstood(settings: Settings, options: argparse.Namespace) -> None:
    from core.catalog import shop_search
    from core.messaging import unrecognized

    async def show(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        async with runtime.read_transaction() as ctx:
            shop = await shop_search.shop_by_keyword(ctx, options.shop) if options.shop else None
            if options.shop and shop is None:
                raise NotReady(reason=f"no shop has the keyword {options.shop}")
            found = await unrecognized.most_frequent(ctx, shop_id=shop.id if shop else None)
        for one in found:
            asked = f" (asked for {one.expects})" if one.expects else ""
            print(f"{one.times:4}  {one.last_at:%Y-%m-%d}  {one.language}  {one.text}{asked}")
        if not found:
            print("Nothing in the last 90 days.")

    _with_runtime(settings, show)


def _outbox(settings: Settings, options: argparse.Namespace) -> int:
    from bot.cli import outbox

    if options.what != "list" and not (
        options.ids or options.state or options.shop or options.kind
    ):
        which = "by ID, --state, --shop or --kind"
        print(f"Say which rows to {options.what}: {which}", file=sys.stderr)
        return 2

    async def tend(runtime: Runtime) -> int:
        await runtime.ensure_ready()
        which = await outbox.parse_selection(
            runtime, options.ids, options.state, options.shop, options.kind
        )
        if options.what == "list":
            await outbox.print_rows(runtime, which, options.limit, _print)
        elif options.what == "retry":
            await outbox.retry_rows(runtime, which, _print)
        else:
            await outbox.drop_rows(runtime, which, _print)
        return 0

    return _with_runtime(settings, tend)


def _wording(settings: Settings, options: argparse.Namespace) -> None:
    from bot.rendering import overrides
    from core.catalog import shop_search

    async def word(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        async with runtime.read_transaction() as ctx:
            shop = await shop_search.shop_by_keyword(ctx, options.shop)
            if shop is None:
                raise NotReady(reason=f"no shop has the keyword {options.shop}")
            own = await overrides.load_overrides(ctx, shop.id)
        key, language = options.key, options.lang
        if key is None:
            for name in overrides.OVERRIDABLE_KEYS:
                said = ", ".join(sorted(own.get(name, ())))
                print(
                    f"{name}  {{{', '.join(sorted(overrides.template_fields(name)))}}}  {said}".rstrip()
                )
            return
        now = own.get(key, {}).get(language) or overrides.default_template(key, language)
        if options.drop:
            await runtime.run(lambda ctx: overrides.remove_override(ctx, shop.id, key, language))
            print(overrides.default_template(key, language))
            return
        template = options.text or now
        do = (
            overrides.preview_override
            if options.dry_run or options.text is None
            else overrides.set_override
        )
        try:
            seen = await runtime.run(lambda ctx: do(ctx, shop.id, key, language, template))
        except InvalidValue as error:
            raise NotReady(reason=overrides.explain_error(error, key)) from None
        print(seen.template, seen.text, f"{seen.segments} SMS, {seen.alphabet}", sep="\n")
        for remark in seen.remarks:
            print(f"mind: {remark}")

    _with_runtime(settings, word)


def _understand(_settings: Settings, options: argparse.Namespace) -> None:
    from bot.nlu.pipeline import understand_message
    from bot.nlu.to_json import understood_to_json
    from bot.nlu.types import NluContext

    setting = NluContext(
        now=parse_instant(options.now),
        zone=options.zone,
        language=options.lang,
        region=options.region.upper(),
        expects=options.expects,
    )
    for line in sys.stdin:
        print(
            json.dumps(
                understood_to_json(understand_message(line.rstrip("\n"), setting)),
                ensure_ascii=False,
            )
        )


if __name__ == "__main__":
    raise SystemExit(main())
