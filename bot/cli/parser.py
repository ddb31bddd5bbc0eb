"""The argument parser; building it imports no command."""

from __future__ import annotations

import argparse

from core.clock import parse_instant

CHAT_CHANNELS = ("sms", "whatsapp", "telegram")

OUTBOX_STATES = ("due", "sending", "sent", "failed", "dropped", "dead")
"""States of outbox rows, repeated here because the parser must not import the database."""

DEFAULT_ADDRESS = "+34600111222"
"""The sender in the terminal unless --from is given."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; the parsed `run` names the function that runs the command."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="Slotline's commands.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, module: str, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=name, run=f"bot.cli.{module}:run")
        return made

    command("serve", "serve", "Serve everything in one process.")
    command("demo", "demo", "Serve sample shops and the simulator; no account needed.")
    chat = command("chat", "chat", "Talk in the terminal; reads a pipe too.")
    _who_talks(chat)
    command("web", "serve", "Serve HTTP only; run workers beside it.")
    command("worker", "serve", "Do what is due by the clock; run web beside it.")
    tick = command("tick", "tick", "Do once what is due at an instant, and print it.")
    tick.add_argument("--at", type=instant_argument, required=True, metavar="INSTANT")
    tick.add_argument("--dry-run", action="store_true", help="only say what would be done")
    command("migrate", "migrate", "Bring the database to the newest schema.")
    command("seed-demo", "seed_demo", "Make three sample shops with half-full calendars.")
    admin = command("create-admin", "create_admin", "Make whoever has a phone an admin.")
    admin.add_argument("phone", metavar="PHONE", help="with its country: +34600111222")
    pair = command("pair", "pair", "Make a one-time code by which a member joins the owners' bot.")
    pair.add_argument("phone", metavar="PHONE", help="the member's, with its country: +34600111222")
    command("whatsapp-setup", "whatsapp_setup", "Have Twilio keep WhatsApp's buttons and lists.")
    read = command("understand", "understand", "Read a message a line, print a JSON line for each.")
    read.add_argument("--now", type=instant_argument, required=True, metavar="INSTANT")
    read.add_argument("--zone", required=True)
    read.add_argument("--lang", required=True)
    read.add_argument("--region", default="US", metavar="COUNTRY", help="3/4 is in March, or April")
    read.add_argument("--expects", metavar="WHAT", help="what was asked: yes_no, when, code …")
    missed = command("unrecognized", "unrecognized", "Print what was not understood, how often.")
    missed.add_argument("--shop", metavar="KEYWORD", help="of one shop only")
    out = command("outbox", "outbox", "Look after messages on their way out.")
    out.add_argument("what", choices=("list", "retry", "drop"))
    out.add_argument("ids", nargs="*", type=int, metavar="ID", help="these rows only")
    out.add_argument("--state", choices=OUTBOX_STATES, help="in this state")
    out.add_argument("--shop", metavar="KEYWORD", help="of one shop")
    out.add_argument("--kind", help="of this kind, such as reminder")
    out.add_argument("--limit", type=int, default=50, metavar="N", help="list the newest N")
    words = command("wording", "wording", "Show or set a shop's own words for a message.")
    words.add_argument("--shop", required=True, metavar="KEYWORD")
    words.add_argument("--lang", default="en")
    words.add_argument("--dry-run", action="store_true", help="only show how it would read")
    words.add_argument("--drop", action="store_true", help="the usual words again")
    words.add_argument("key", nargs="?", help="which message, such as reminder; none: list them")
    words.add_argument("text", nargs="?", help="its words; none: show them as they are")
    command("telegram-setup", "telegram_setup", "Set the bots' commands and descriptions.")
    command("doctor", "doctor", "Say what is missing or wrong.")
    return parser


def _who_talks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", choices=CHAT_CHANNELS, default="sms")
    parser.add_argument("--from", dest="address", default=DEFAULT_ADDRESS, metavar="ADDRESS")


def instant_argument(text: str) -> str:
    """Parse an instant; raises argparse.ArgumentTypeError if it is malformed."""
    try:
        parse_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
