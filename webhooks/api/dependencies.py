"""What routes depend on: the authorized request, and the page of a list.

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
    """Return the request if its caller may use the route; raise the refusal otherwise."""
    row = PERMISSIONS[f"{request.method} {request.scope['route'].path}"]
    return await authorize(request, row, csrf=request.headers.get(CSRF_HEADER, ""))


AuthorizedRequest = Annotated[ApiRequest, Depends(authorize_route)]


def page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Rows on a page.")] = 50,
    cursor: Annotated[str, Query(max_length=400, description="`next` of the page before.")] = "",
    total: Annotated[bool, Query(description="Count all rows too.")] = False,  # noqa: FBT002 - a query's
) -> PageRequest:
    """Return the requested page of a list."""
    return PageRequest(limit, cursor, total)


PageQuery = Annotated[PageRequest, Depends(page_request)]
