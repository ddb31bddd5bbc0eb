"""The simulator's page: phones side by side, live by server-sent events. For the demo only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from bot.channels.simulator.channel import Listener, SimulatorEvent
from bot.channels.simulator.message import PhoneMessage
from bot.simulator.controller import SimulatorController
from bot.simulator.state import load_state
from bot.simulator.transcript import load_transcript
from core.errors import NotFound
from core.messaging.messages import Incoming, Json
from webhooks.public.templating import render_page

STATIC_FOLDER = Path(__file__).parent / "static"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

HEARTBEAT_SECONDS = 5.0
"""Seconds between signs of life: what the clock alone brought about is seen at the next."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_SAFE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

router = APIRouter(include_in_schema=False)


class PhoneInputIn(BaseModel):
    """An input on a simulated phone: `text`, a tapped `payload`, or a shared number."""

    model_config = ConfigDict(extra="forbid")

    line: int = Field(ge=1, le=2**62)
    address: str = Field(max_length=100)
    kind: Literal["text", "tap", "contact"] = "text"
    text: str = Field("", max_length=10_000)
    payload: str = Field("", max_length=100)


async def ensure_own_page(request: Request) -> None:
    """Refuse cross-site requests by accepting only JSON, which needs a CORS preflight."""
    given = request.headers.get("content-type", "").partition(";")[0].strip()
    if given != "application/json":
        raise NotFound(what="a form here")


_ASKED = [Depends(ensure_own_page)]


def controller_of(request: Request) -> SimulatorController:
    """Return the simulator's controller."""
    stage: SimulatorController = request.app.state.stage
    return stage


@router.get("/simulator")
async def show_simulator_page() -> Response:
    """Answer with the page, which loads everything else."""
    answer = render_page("simulator.html", "en")
    answer.headers.update(_SAFE | {"Cache-Control": "no-store"})
    return answer


@router.get("/simulator/static/{name}")
async def simulator_asset(request: Request, name: str) -> Response:
    """Serve a static file."""
    known = _files()
    if name not in known:
        raise NotFound(file=name)
    body, tag = known[name]
    headers = _SAFE | {"Cache-Control": "no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA_TYPES[Path(name).suffix])


@router.get("/simulator/events")
async def stream_events(request: Request) -> Response:
    """Stream the present state, then events as they happen."""
    stream = _events(controller_of(request))
    headers = _SAFE | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")


@router.post("/simulator/messages", dependencies=_ASKED)
async def send_from_phone(request: Request, body: PhoneInputIn) -> Json:
    """Send an input of a phone; its effects come with the events."""
    incoming = Incoming(body.kind, text=body.text, payload=body.payload)
    if body.kind == "contact":
        incoming = Incoming("contact", contact=body.text)
    await controller_of(request).send_incoming(body.line, body.address, incoming, body.text)
    return {"ok": True}


@router.post("/simulator/jump", dependencies=_ASKED)
async def jump_to_next_due(request: Request) -> Json:
    """Move the clock to the next event; `due` is None without one."""
    due = await controller_of(request).jump_to_next_event()
    return {"due": due and due.to_json()}


@router.post("/simulator/reset", dependencies=_ASKED)
async def reset_simulator(request: Request) -> Json:
    """Reset the simulator: fresh sample shops, empty phones, the present time."""
    await controller_of(request).reset()
    return {"ok": True}


@router.get("/simulator/talks/{conversation_id}")
async def show_stored_conversation(request: Request, conversation_id: int) -> Response:
    """Answer with what is stored of a conversation."""
    async with controller_of(request).app.runtime.read_transaction() as ctx:
        data = await load_transcript(ctx, conversation_id)
    body = json.dumps(data, ensure_ascii=False, indent=2)
    headers = _SAFE | {"Cache-Control": "no-store"}
    return Response(body, headers=headers, media_type="application/json")


@router.get("/simulator/files/{number}")
async def download_attachment(request: Request, number: int) -> Response:
    """Answer with a message's attachment."""
    for shown in controller_of(request).simulator.all_messages():
        if shown.number == number and shown.document is not None:
            found = shown.document
            name = "".join(c for c in found.name if c.isalnum() or c in ".-_ ")
            headers = _SAFE | {
                "Cache-Control": "no-store",
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            }
            return Response(found.body, headers=headers, media_type=found.type)
    raise NotFound(file=number)


# --- the stream ---------------------------------------------------------------------------------


async def _events(stage: SimulatorController) -> AsyncIterator[str]:
    with stage.simulator.subscribe() as news:
        # Events during this read arrive twice; the page tells them apart by message id.
        yield _event("stage", await _everything(stage))
        while True:
            batch = await _some(news)
            kinds = {kind for kind, _ in batch}
            if "end" in kinds:
                return
            if "reset" in kinds:
                yield _event("stage", await _everything(stage))
                continue
            for _, shown in batch:
                if shown is not None:
                    yield _event("message", shown.to_json())
            yield _event("facts", await _facts(stage))


async def _some(news: Listener) -> list[tuple[SimulatorEvent, PhoneMessage | None]]:
    """Wait for events, at most until the next keep-alive is due."""
    try:
        batch = [await asyncio.wait_for(news.get(), HEARTBEAT_SECONDS)]
    except TimeoutError:
        return []
    while not news.empty():
        batch.append(news.get_nowait())
    return batch


async def _everything(stage: SimulatorController) -> Json:
    return {
        "scenes": [scene.to_json() for scene in stage.shops],
        "messages": [shown.to_json() for shown in stage.simulator.all_messages()],
        "facts": await _facts(stage),
    }


async def _facts(stage: SimulatorController) -> Json:
    async with stage.app.runtime.read_transaction() as ctx:
        return await load_state(ctx)


def _event(name: str, data: Json) -> str:
    # JSON has no line breaks of its own, so one "data" line holds it.
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """Read the page's files once: name → content and tag."""
    found = {}
    for path in sorted(STATIC_FOLDER.iterdir()):
        if path.suffix in MEDIA_TYPES:
            body = path.read_bytes()
            found[path.name] = (body, f'"{sha256(body).hexdigest()[:20]}"')
    return found
