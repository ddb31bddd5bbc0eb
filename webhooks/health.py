"""Whether the process is alive, and whether it is fit to be sent requests."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.app import App
from core.errors import NotReady

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Answer 200 if the database is there with its guards, else 503 and the reason."""
    app: App = request.app.state.slotline
    try:
        await app.runtime.check()
    except NotReady as error:
        return JSONResponse({"status": "not ready", "reason": str(error.params["reason"])}, 503)
    return JSONResponse({"status": "ok"})
