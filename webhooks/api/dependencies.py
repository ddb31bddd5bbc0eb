"""One call of the API: who makes it, whether they may, and the transaction it is done in.

`caller` is what every route depends on. It knows the route's row in the table of permissions and
lets nobody else pass; a write keeps the answer to its Idempotency-Key and notes who changed what,
all in the transaction of the change itself.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from core.db.pagination import MAX_PAGE_SIZE, PageRequest
from webhooks.api.api_request import ApiRequest
from webhooks.api.auth_guard import CSRF_HEADER, authorize
from webhooks.api.permissions import PERMISSIONS


async def authorize_route(request: Request) -> ApiRequest:
    """Return the call, if whoever makes it may; else raise what refuses them."""
    row = PERMISSIONS[f"{request.method} {request.scope['route'].path}"]
    return await authorize(request, row, csrf=request.headers.get(CSRF_HEADER, ""))


AuthorizedRequest = Annotated[ApiRequest, Depends(authorize_route)]


def page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Rows on a page.")] = 50,
    cursor: Annotated[str, Query(max_length=400, description="`next` of the page before.")] = "",
    total: Annotated[bool, Query(description="Count all rows too.")] = False,  # noqa: FBT002 - a query's
) -> PageRequest:
    """Read which page of a list is wanted."""
    return PageRequest(limit, cursor, total)


PageQuery = Annotated[PageRequest, Depends(page_request)]
