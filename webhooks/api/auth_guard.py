"""Authentication and authorisation of requests to the API.

`caller` is what every route depends on. It knows the route's row in the table of permissions and
lets nobody else pass; a write keeps the answer to its Idempotency-Key and notes who changed what,
all in the transaction of the change itself.
"""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response

from bot.app import App
from core.auth import sessions, tokens
from core.auth.sessions import Principal
from core.auth.tokens import TokenClaims
from core.errors import NotAllowed, NotFound, NotSignedIn
from webhooks.api.api_request import ApiRequest, Operation
from webhooks.api.permissions import AllowedRoles
from webhooks.http.problems import HttpRefusal
from webhooks.http.rate_limits import RateLimits
from webhooks.http.request_middleware import client_ip

AUTH_COOKIE = "slotline_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def authorize(request: Request, allowed: AllowedRoles, *, csrf: str) -> ApiRequest:
    """Return the request if its caller is in `allowed`; raise the refusal otherwise.

    `csrf` is what came to prove that a change by cookie was meant.
    """
    principal = await authenticate(request, csrf=csrf, optional="anyone" in allowed)
    return permit(request, Operation.from_http(request), allowed, principal)


async def authenticate(request: Request, *, csrf: str, optional: bool) -> Principal | None:
    """Count a request and return its caller; None only if signing in is `optional`."""
    app: App = request.app.state.slotline
    claims, by_cookie, wrong = _claims(request, app)
    await count_request(request, claims)
    principal = None
    if claims is not None:
        try:
            async with app.runtime.read_transaction() as ctx:
                principal = await sessions.authenticate(ctx, claims)
        except NotSignedIn as error:
            wrong = error
    if principal is None:
        if not optional:
            raise wrong or NotSignedIn()
    elif by_cookie and request.method not in _SAFE:
        ensure_same_origin(request, app)
        _check_csrf(csrf, app, principal)
    return principal


async def count_request(request: Request, claims: TokenClaims | None = None) -> None:
    """Count a request of a user or an address; refuse it beyond the rate limit."""
    limits: RateLimits = request.app.state.limits
    seconds = await limits.record_request(
        user_id=claims.user_id if claims else None, address=client_ip(request)
    )
    if seconds:
        raise HttpRefusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests; try again later.",
            {"Retry-After": str(seconds)},
        )


def _claims(request: Request, app: App) -> tuple[TokenClaims | None, bool, NotSignedIn | None]:
    """Return the token's claims, whether it came in a cookie, and what is wrong with it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    by_cookie = not scheme and AUTH_COOKIE in request.cookies
    if by_cookie:
        token = request.cookies[AUTH_COOKIE]
    elif scheme.lower() != "bearer":
        return None, False, None
    try:
        return verify_token(app, "cookie" if by_cookie else "access", token), by_cookie, None
    except NotSignedIn as error:
        return None, by_cookie, error


def verify_token(app: App, kind: tokens.TokenKind, token: str) -> TokenClaims:
    """Return a token's claims; raise SignInEnded for an invalid or expired one."""
    runtime = app.runtime
    previous = runtime.settings.secret_key_previous
    return tokens.decode_token(
        kind, token.strip(), secret=runtime.secret, previous=previous, now=runtime.clock.now()
    )


def permit(
    request: Request, operation: Operation, allowed: AllowedRoles, principal: Principal | None
) -> ApiRequest:
    """Return the request if the table of permissions allows `principal` the operation.

    Raise NotAllowed, or NotFound where somebody has nothing to do with the shop.
    """
    app: App = request.app.state.slotline
    params = operation.path_params
    shop_id = _number(params.get("shop_id"))
    whole = ApiRequest(request, operation, app, principal, shop_id, None)
    if "anyone" in allowed or (principal and "signed_in" in allowed):
        return whole
    if principal is None:
        raise NotSignedIn
    if principal.is_admin and "admin" in allowed:
        return whole
    if "shop_id" not in params:
        raise NotAllowed(user=principal.user_id)
    roles = principal.roles_at(shop_id) if shop_id is not None else ()
    if not roles:
        raise NotFound(shop=shop_id)
    words = {role.role for role in roles}
    if words & allowed & {"owner", "receptionist"}:
        return whole
    own = frozenset(role.provider_id for role in roles if role.provider_id is not None)
    if "provider" not in words & allowed:
        raise NotAllowed(user=principal.user_id)
    if "provider_id" in params and _number(params["provider_id"]) not in own:
        raise NotAllowed(user=principal.user_id)
    return ApiRequest(request, operation, app, principal, shop_id, own)


def set_auth_cookie(response: Response, app: App, value: str) -> None:
    """Set the auth cookie: not readable by scripts, not sent by other sites."""
    response.set_cookie(
        AUTH_COOKIE,
        value,
        max_age=app.settings.refresh_token_days * 86400,
        path="/",
        secure=app.settings.public_base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def ensure_same_origin(request: Request, app: App) -> None:
    """Refuse a cross-site request from a signed-in browser."""
    origin = request.headers.get("Origin")
    if origin is None:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            raise _forged()
        return
    ours = {
        app.settings.public_base_url,
        f"{request.url.scheme}://{request.headers.get('host', '')}",
    }
    if origin not in {_origin(url) for url in ours}:
        raise _forged()


def _check_csrf(given: str, app: App, principal: Principal) -> None:
    wanted = sessions.csrf_token(app.runtime.secret, principal.auth_session_id)
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise _forged()


def _forged() -> HttpRefusal:
    return HttpRefusal(
        HTTPStatus.FORBIDDEN, "csrf", f"A change by cookie needs {CSRF_HEADER} and our own origin."
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _number(text: Any) -> int | None:
    plain = str(text)
    fits = plain.isascii() and plain.isdecimal() and len(plain) < 19
    return int(plain) if fits else None


def has_auth_cookie(request: Request) -> bool:
    """Return whether the browser sent an auth cookie, which may be invalid."""
    return AUTH_COOKIE in request.cookies
