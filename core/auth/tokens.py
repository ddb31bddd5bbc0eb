"""JWTs signed with one algorithm and a separate key per kind.

A token is accepted only as the kind it was issued as: kinds differ in key, `typ` and audience, so a
refresh token is no access token even with its header edited (RFC 8725 sections 3.11 and 3.12). Keys
are derived from SECRET_KEY; `kid` says from which, so that tokens issued under the former key,
SECRET_KEY_PREVIOUS, stay valid.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

import jwt

from core.db.context import Context
from core.errors import NotSignedIn

TokenKind = Literal["access", "refresh", "cookie"]

ALGORITHM = "HS256"
ISSUER = "slotline"
MAX_TOKEN_LENGTH = 2048
"""Maximum length in characters; real tokens have about 400."""

_NEEDED = ["exp", "iat", "iss", "aud", "jti", "sub", "sid"]


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """The claims of a token: user, auth session and its refresh generation."""

    user_id: int
    auth_session_id: int
    generation: int
    expires_at: datetime


def encode_token(
    ctx: Context,
    kind: TokenKind,
    *,
    user_id: int,
    auth_session_id: int,
    expires_at: datetime,
    generation: int = 0,
) -> str:
    """Return a new token; it is valid until it expires or the auth session ends."""
    secret = derive_key(ctx.secret, kind)
    claims = {
        "iss": ISSUER,
        "aud": f"{ISSUER}:{kind}",
        "sub": str(user_id),
        "sid": auth_session_id,
        "gen": generation,
        "iat": int(ctx.now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": f"{ctx.random.getrandbits(96):024x}",
    }
    headers = {"typ": f"{kind}+jwt", "kid": _name(secret)}
    return jwt.encode(claims, secret, ALGORITHM, headers)


def decode_token(
    kind: TokenKind, token: str, *, secret: bytes, previous: str = "", now: datetime
) -> TokenClaims:
    """Return the claims of a token, by the injected clock; raise NotSignedIn if it is not valid."""
    try:
        header = _header(token)
        keys = {_name(k): k for k in (derive_key(s, kind) for s in _secrets(secret, previous))}
        claims = jwt.decode(
            token,
            keys[header["kid"]],
            algorithms=[ALGORITHM],
            audience=f"{ISSUER}:{kind}",
            issuer=ISSUER,
            # Expiry is checked below, against our clock; the library would use the machine's.
            options={"require": _NEEDED, "verify_exp": False, "verify_iat": False},
        )
        read_ = TokenClaims(
            int(claims["sub"]),
            int(claims["sid"]),
            int(claims["gen"]),
            datetime.fromtimestamp(int(claims["exp"]), UTC),
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
        raise NotSignedIn from None
    if header.get("typ") != f"{kind}+jwt" or read_.expires_at <= now:
        raise NotSignedIn
    return read_


def derive_key(secret: bytes, purpose: str) -> bytes:
    """Return the key derived for one purpose; it reveals nothing about the others."""
    return hmac.digest(secret, f"key {purpose}".encode(), "sha256")


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_LENGTH:
        raise NotSignedIn
    return jwt.get_unverified_header(token)


def _secrets(secret: bytes, previous: str) -> list[bytes]:
    return [secret, *([previous.encode()] if previous else [])]


def _name(key: bytes) -> str:
    return sha256(b"kid" + key).hexdigest()[:12]
