"""Tokens that are not ours, or not of the right kind, open nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from core.auth import tokens
from core.db.runtime import Runtime
from core.errors import NotSignedIn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CLAIMS = {"user_id": 5, "auth_session_id": 7, "generation": 2}


async def written(runtime: Runtime, kind: tokens.TokenKind = "access") -> str:
    async with runtime.read_transaction() as ctx:
        until = ctx.now.replace(hour=23)
        return tokens.encode_token(ctx, kind, **CLAIMS, expires_at=until)


def read(runtime: Runtime, token: str, kind: tokens.TokenKind = "access", **more: Any) -> object:
    """What a token says, or that it says nothing."""
    given: dict[str, Any] = {"secret": runtime.secret, "now": runtime.clock.now()} | more
    try:
        claims = tokens.decode_token(kind, token, **given)
    except NotSignedIn:
        return "refused"
    return claims.user_id, claims.auth_session_id, claims.generation


async def test_token_of_one_kind_is_not_accepted_as_another(runtime: Runtime) -> None:
    kinds: tuple[tokens.TokenKind, ...] = ("access", "refresh", "cookie")
    for kind in kinds:
        token = await written(runtime, kind)
        assert [read(runtime, token, other) for other in kinds] == [
            (5, 7, 2) if other == kind else "refused" for other in kinds
        ]


async def test_other_algorithms_and_keys_in_headers_are_refused(runtime: Runtime) -> None:
    token = await written(runtime)
    key = tokens.derive_key(runtime.secret, "access")
    header, claims = (
        jwt.get_unverified_header(token),
        jwt.decode(token, options={"verify_signature": False}),
    )
    none = ".".join(
        [_part(header | {"alg": "none"}), _part(claims), ""],
    )
    theirs = b"a key of somebody else, who put it in the header themself"
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(theirs).decode()}
    forged = [
        none,
        _signed(claims, key, header | {"alg": "HS384"}, "HS384"),
        jwt.encode(claims, theirs, "HS256", header | {"jwk": jwk}),
        jwt.encode(claims, theirs, "HS256", header | {"jku": "http://127.0.0.1/keys"}),
        jwt.encode(claims, header["kid"].encode() * 4, "HS256", header),
        jwt.encode(claims, key, "HS256", header | {"kid": "another"}),
        jwt.encode(claims, key, "HS256", header | {"typ": "refresh+jwt"}),
        jwt.encode(claims, key, "HS256", {"typ": header["typ"]}),
    ]
    assert [read(runtime, one) for one in forged] == ["refused"] * len(forged)
    assert read(runtime, jwt.encode(claims, key, "HS256", header)) == (5, 7, 2)


async def test_every_claim_is_needed_and_of_its_kind(runtime: Runtime) -> None:
    token = await written(runtime)
    key = tokens.derive_key(runtime.secret, "access")
    header, claims = (
        jwt.get_unverified_header(token),
        jwt.decode(token, options={"verify_signature": False}),
    )
    assert set(claims) == {"iss", "aud", "sub", "sid", "gen", "iat", "exp", "jti"}
    lacking = [{k: v for k, v in claims.items() if k != name} for name in claims]
    changes: tuple[dict[str, Any], ...] = (
        {"iss": "somebody"},
        {"aud": "slotline:refresh"},
        {"sub": "x"},
        {"sub": 5},
        {"sid": None},
        {"exp": "soon"},
        {"exp": 10**30},
        {"gen": {}},
    )
    for wrong in lacking + [claims | change for change in changes]:
        assert read(runtime, _signed(wrong, key, header)) == "refused", wrong


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "\0", "é.é.é", "x" * 5000, "e30.e30.e30"])
async def test_what_is_no_token_is_refused(runtime: Runtime, text: str) -> None:
    assert read(runtime, text) == "refused"


async def test_a_former_secret_reads_what_it_wrote_until_it_is_dropped(runtime: Runtime) -> None:
    token = await written(runtime)
    former = runtime.secret.decode()
    assert read(runtime, token, secret=b"the next") == "refused"
    assert read(runtime, token, secret=b"the next", previous=former) == (5, 7, 2)


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _signed(claims: Any, key: bytes, header: dict[str, Any], by: str = "HS256") -> str:
    """Sign claims the library itself would refuse to write."""
    signed = f"{_part(header)}.{_part(claims)}"
    signature = jwt.get_algorithm_by_name(by).sign(signed.encode(), key)
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
