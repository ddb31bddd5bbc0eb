"""Detects code that awaits anything but the database while a transaction is open.

`async with no_foreign_awaits(runtime): …` around a turn, or, for every test of a module,
`pytestmark = pytest.mark.usefixtures("only_database_awaits")`.

After every step of the event loop the tasks that hold a transaction are looked at: each is
suspended somewhere, and the chain of what it awaits, frame by frame, must lead through
SQLAlchemy or a driver. So it sees `sleep(0)` as well as a call that happens to be quick.
"""

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.runtime import Runtime

DATABASE = {"sqlalchemy", "asyncpg", "aiosqlite", "core.db.aiosqlite_driver"}
"""Packages, and a module of ours, whose awaits are the database's."""


class ForbiddenAwait(AssertionError):
    """Something other than the database was awaited inside a transaction."""


class _Watch:
    """Tracks which task opened which transaction, and what else it awaits."""

    def __init__(self) -> None:
        self.opened: dict[sa.Connection, asyncio.Task[Any] | None] = {}
        self.seen: list[str] = []

    def begun(self, connection: sa.Connection) -> None:
        """Remember the task that begins a transaction on `connection`."""
        self.opened[connection] = asyncio.current_task()

    def look(self) -> None:
        """Check where the tasks with an open transaction are suspended."""
        for connection, task in list(self.opened.items()):
            if not connection.in_transaction():
                del self.opened[connection]
            elif task is not None and not task.done():
                frames = list(_suspended(task.get_coro()))
                if not _leads_to_database(frames) and (place := _describe(frames)) not in self.seen:
                    self.seen.append(place)


@asynccontextmanager
async def forbid_foreign_awaits(runtime: Runtime) -> AsyncIterator[None]:
    """Raise ForeignAwait at the end if a transaction of `runtime` awaited anything of others.

    Every task is watched that opens a transaction, for writing or reading, while the block runs.
    """
    watch = _Watch()
    engines = [runtime.engine.sync_engine]
    # On PostgreSQL the reader is a view of the writer's engine and reports to its listeners.
    if runtime.engine.dialect.name == "sqlite":
        engines.append(runtime.read_engine.sync_engine)
    step = asyncio.Handle._run

    def step_and_look(handle: asyncio.Handle) -> None:
        step(handle)
        watch.look()

    with ExitStack() as stack:
        for engine in engines:
            sa.event.listen(engine, "begin", watch.begun)
            stack.callback(sa.event.remove, engine, "begin", watch.begun)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(asyncio.Handle, "_run", step_and_look)
        yield
    if watch.seen:
        raise ForbiddenAwait("inside a transaction:\n" + "\n".join(watch.seen))


@pytest.fixture
async def only_database_awaits(runtime: Runtime) -> AsyncIterator[None]:
    """Fail the test if a transaction of its `runtime` awaits anything but the database."""
    async with forbid_foreign_awaits(runtime):
        yield


def _suspended(awaited: Any) -> Iterator[FrameType]:
    """Yield the frames in which `awaited` is suspended, outermost first."""
    while awaited is not None:
        if inspect.iscoroutine(awaited):
            frame, inner = awaited.cr_frame, awaited.cr_await
        elif inspect.isgenerator(awaited):
            frame, inner = awaited.gi_frame, awaited.gi_yieldfrom
        elif inspect.isasyncgen(awaited):
            frame, inner = awaited.ag_frame, awaited.ag_await
        else:
            # One step of an async generator ("async with") or what `__await__` returned:
            # opaque but for the collector, which knows what it refers to.
            awaited = next(filter(_has_frames, gc.get_referents(awaited)), None)
            continue
        if frame is not None:
            yield frame
        awaited = inner


def _has_frames(thing: object) -> bool:
    return inspect.iscoroutine(thing) or inspect.isgenerator(thing) or inspect.isasyncgen(thing)


def _leads_to_database(frames: list[FrameType]) -> bool:
    names = [frame.f_globals.get("__name__", "") for frame in frames]
    packages = [n if n in DATABASE else n.partition(".")[0] for n in names]
    first = next((n for n, package in enumerate(packages) if package in DATABASE), None)
    if first is None:
        return False
    # A driver may well use asyncio's locks, but nothing of the database sleeps.
    return all(
        package in DATABASE or (package == "asyncio" and frame.f_code.co_name != "sleep")
        for package, frame in zip(packages[first:], frames[first:], strict=True)
    )


def _describe(frames: list[FrameType]) -> str:
    return " → ".join(
        f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}:{frame.f_lineno}"
        for frame in frames
    )
