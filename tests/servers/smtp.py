"""A strict mail server on this machine: it takes what RFC 5321 allows, and keeps it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Self

LONGEST_LINE = 998
"""Octets of a line, without its end (RFC 5321 4.5.3.1.6)."""

_PATH = re.compile(r"(?:MAIL FROM|RCPT TO):<([^<>\s]*)>(?: \S+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail as it came: the envelope, and what was in it."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass(slots=True)
class SmtpServer:
    """Takes mails; `refuse` says to whom not and how ("550 no such user"), `busy` to nobody.

    Whatever breaks the protocol is in `faults`, which a test holds to be empty.
    """

    mails: list[Taken] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    busy: str = ""
    drop: bool = False
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """What `SMTP_URL` is set to."""
        assert self._server is not None
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@dataclass(slots=True)
class _Session:
    server: SmtpServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeted: bool = False
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)

    async def run(self) -> None:
        self.say(self.server.busy or "220 mail.example ready")
        if self.server.busy:
            return
        while line := await self.line():
            verb = line.split(" ", 1)[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            await self.do(verb, line)

    async def do(self, verb: str, line: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                self.greeted = len(line.split()) == 2
                self.say("250-mail.example\r\n250 8BITMIME" if self.greeted else "501 who?")
            case "MAIL":
                self.sender = self.path(line)
                in_order = self.greeted and self.sender is not None
                self.say("250 ok" if in_order else self.fault("503 MAIL out of order"))
            case "RCPT":
                to = self.path(line)
                if self.sender is None or to is None:
                    self.say(self.fault("503 RCPT out of order"))
                elif refusal := self.server.refuse.get(to):
                    self.say(refusal)
                else:
                    self.recipients.append(to)
                    self.say("250 ok")
            case "DATA" if self.sender is not None and self.recipients:
                self.say("354 go on")
                await self.data(self.sender)
            case "RSET":
                self.sender, self.recipients = None, []
                self.say("250 ok")
            case _:
                self.say(self.fault(f"502 {verb}"))

    async def data(self, sender: str) -> None:
        lines: list[bytes] = []
        while (line := await self.reader.readuntil(b"\n")) != b".\r\n":
            if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\n" in line[:-2]:
                self.fault("a bare CR or LF")
            if len(line) - 2 > LONGEST_LINE:
                self.fault("a line too long")
            if any(byte > 127 for byte in line):
                self.fault("8 bits without BODY=8BITMIME")
            lines.append(line[1:] if line.startswith(b".") else line)
        if self.server.drop:
            self.writer.close()
            return
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.SMTP)
        assert isinstance(message, EmailMessage)
        for part in message.walk():
            self.server.faults += [str(defect) for defect in part.defects]
        for name in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"):
            if len(message.get_all(name, [])) != 1:
                self.fault(f"{name}, once")
        self.server.mails.append(Taken(sender, tuple(self.recipients), message))
        self.sender, self.recipients = None, []
        self.say("250 taken")

    def path(self, line: str) -> str | None:
        found = _PATH.fullmatch(line)
        return found[1] if found else None

    async def line(self) -> str:
        raw = await self.reader.readline()
        if raw and not raw.endswith(b"\r\n"):
            self.fault("a command without CRLF")
        return raw.decode().rstrip("\r\n")

    def say(self, line: str) -> None:
        self.writer.write(f"{line}\r\n".encode())

    def fault(self, what: str) -> str:
        self.server.faults.append(what)
        return what
