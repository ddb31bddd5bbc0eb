"""Liveness of the process, and readiness of the installation."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.app import App
from core.db.context import Context
from core.errors import NotReady
from core.reporting import gauges

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def check_liveness() -> dict[str, str]:
    """Answer 200 while the process runs."""
    return {"status": "ok"}


@router.get("/health/ready")
async def check_readiness(request: Request) -> JSONResponse:
    """Answer 200 if the database has its guards and messages go out, else 503 with the reason."""
    app: App = request.app.state.slotline
    try:
        await app.runtime.ensure_ready()
        async with app.runtime.read_transaction() as ctx:
            await _check_work(ctx)
        _check_webhooks(app)
    except NotReady as error:
        return JSONResponse({"status": "not ready", "reason": str(error.params["reason"])}, 503)
    return JSONResponse({"status": "ok"})


def _check_webhooks(app: App) -> None:
    """Raise NotReady if Telegram cannot deliver updates to us."""
    for role, problem in (app.telegram.webhook_problems if app.telegram else {}).items():
        raise NotReady(reason=f"Telegram, {role} bot: {problem}")


async def _check_work(ctx: Context) -> None:
    """Raise NotReady if no worker runs what is due, or messages wait too long."""
    last = await gauges.last_heartbeat(ctx)
    silent = 0 if last is None else round((ctx.now - last).total_seconds())
    if silent > ctx.settings.ready_worker_seconds:
        raise NotReady(
            reason=f"no worker has been at work for {_long(silent)}: start python -m bot worker"
        )
    since = await gauges.oldest_waiting_at(ctx)
    waits = 0 if since is None else round((ctx.now - since).total_seconds())
    if waits > ctx.settings.ready_outbox_seconds:
        raise NotReady(
            reason=f"a message has waited to be sent for {_long(waits)}: "
            "see python -m bot outbox list --state due"
        )


def _long(seconds: int) -> str:
    """Return a duration in a readable unit."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
