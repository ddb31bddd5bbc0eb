"""Who may do what: one table, which the code, the tests and the documentation read.

A row is a route. Whoever is not in it is told 403 – unless the route is a shop's and they have
nothing to do with that shop: then 404, for whether it exists is not theirs to know. A provider is
held to what is their own (`Call.own_providers`), customers to what is theirs by each query.
"""

from __future__ import annotations

from typing import Literal

AllowedRole = Literal["anyone", "signed_in", "provider", "receptionist", "owner", "admin"]
"""`anyone` needs no sign-in; `provider`, `receptionist` and `owner` are roles at the shop."""

AllowedRoles = frozenset[AllowedRole]

ANYONE: AllowedRoles = frozenset({"anyone"})
SIGNED_IN: AllowedRoles = frozenset({"signed_in"})
ADMINS: AllowedRoles = frozenset({"admin"})
OWNERS: AllowedRoles = ADMINS | {"owner"}
FRONT_DESK: AllowedRoles = OWNERS | {"receptionist"}
TEAM: AllowedRoles = FRONT_DESK | {"provider"}
OWNER_OR_SELF: AllowedRoles = OWNERS | {"provider"}
"""The owner, and each provider for what is their own."""

PERMISSIONS: dict[str, AllowedRoles] = {
    # --- signing in ---
    "POST /auth/code": ANYONE,
    "POST /auth/code/check": ANYONE,
    "POST /auth/register": ANYONE,
    "POST /auth/verify": ANYONE,
    "POST /auth/sign-in": ANYONE,
    "POST /auth/refresh": ANYONE,
    "POST /auth/forgotten": ANYONE,
    "POST /auth/password": ANYONE,
    "POST /auth/sign-out": SIGNED_IN,
    # --- oneself ---
    "GET /me": SIGNED_IN,
    "PATCH /me": SIGNED_IN,
    "POST /me/password": SIGNED_IN,
    "POST /me/email": SIGNED_IN,
    "GET /me/sessions": SIGNED_IN,
    "DELETE /me/sessions": SIGNED_IN,
    "DELETE /me/sessions/{auth_session_id}": SIGNED_IN,
    "GET /me/invitations": SIGNED_IN,
    "POST /me/invitations/{invitation_id}/accept": SIGNED_IN,  # by whom is a matter of the phone
    "POST /me/invitations/{invitation_id}/decline": SIGNED_IN,
    "POST /me/pairing": SIGNED_IN,  # and one has to work at the shop
    "GET /me/chats": SIGNED_IN,
    "DELETE /me/chats/{chat_id}": SIGNED_IN,
    # --- shops: what anybody may see, and who sets it ---
    "GET /shops": ANYONE,
    "POST /shops": SIGNED_IN,  # and the installation has to allow it
    "GET /shops/{shop_id}": ANYONE,
    "GET /shops/{shop_id}/settings": TEAM,
    "GET /shops/{shop_id}/lines": OWNERS,
    "PATCH /shops/{shop_id}": OWNERS,
    "GET /shops/{shop_id}/categories": ANYONE,
    "POST /shops/{shop_id}/categories": OWNERS,
    "PATCH /shops/{shop_id}/categories/{category_id}": OWNERS,
    "DELETE /shops/{shop_id}/categories/{category_id}": OWNERS,
    "GET /shops/{shop_id}/services": ANYONE,
    "POST /shops/{shop_id}/services": OWNERS,
    "GET /shops/{shop_id}/services/{service_id}": ANYONE,
    "PATCH /shops/{shop_id}/services/{service_id}": OWNERS,
    "GET /shops/{shop_id}/providers": ANYONE,
    "POST /shops/{shop_id}/providers": OWNERS,
    "GET /shops/{shop_id}/providers/{provider_id}": ANYONE,
    "PATCH /shops/{shop_id}/providers/{provider_id}": OWNER_OR_SELF,
    "GET /shops/{shop_id}/offers": ANYONE,
    "PUT /shops/{shop_id}/providers/{provider_id}/services/{service_id}": OWNERS,
    "DELETE /shops/{shop_id}/providers/{provider_id}/services/{service_id}": OWNERS,
    # --- lines: numbers are the installation's, and so is their bill ---
    "GET /lines": ADMINS,
    "POST /lines": ADMINS,
    "GET /lines/{line_id}": ADMINS,
    "PATCH /lines/{line_id}": ADMINS,
    "DELETE /lines/{line_id}": ADMINS,
    # --- when ---
    "GET /shops/{shop_id}/hours": ANYONE,
    "PUT /shops/{shop_id}/hours": OWNERS,
    "GET /shops/{shop_id}/dates": ANYONE,
    "PUT /shops/{shop_id}/dates/{day}": OWNERS,
    "DELETE /shops/{shop_id}/dates/{day}": OWNERS,
    "GET /shops/{shop_id}/providers/{provider_id}/hours": ANYONE,
    "PUT /shops/{shop_id}/providers/{provider_id}/hours": OWNER_OR_SELF,
    "GET /shops/{shop_id}/providers/{provider_id}/dates": ANYONE,
    "PUT /shops/{shop_id}/providers/{provider_id}/dates/{day}": OWNER_OR_SELF,
    "DELETE /shops/{shop_id}/providers/{provider_id}/dates/{day}": OWNER_OR_SELF,
    "GET /shops/{shop_id}/providers/{provider_id}/time-off": TEAM,
    "POST /shops/{shop_id}/providers/{provider_id}/time-off": TEAM,
    "DELETE /shops/{shop_id}/providers/{provider_id}/time-off/{time_off_id}": TEAM,
    "GET /shops/{shop_id}/availability": ANYONE,
    "GET /shops/{shop_id}/blocks": TEAM,
    "POST /shops/{shop_id}/blocks": TEAM,
    "DELETE /shops/{shop_id}/blocks/{block_id}": TEAM,
    "GET /shops/{shop_id}/rooms": TEAM,
    "POST /shops/{shop_id}/rooms": OWNERS,
    "PATCH /shops/{shop_id}/rooms/{room_id}": OWNERS,
    "GET /shops/{shop_id}/sessions": ANYONE,
    "POST /shops/{shop_id}/sessions": TEAM,
    "POST /shops/{shop_id}/sessions/{session_id}/cancel": TEAM,
    "GET /shops/{shop_id}/feeds": TEAM,
    "POST /shops/{shop_id}/feeds": TEAM,
    "DELETE /shops/{shop_id}/feeds/{feed_id}": TEAM,
    "GET /shops/{shop_id}/external-calendars": TEAM,
    "POST /shops/{shop_id}/external-calendars": TEAM,
    "POST /shops/{shop_id}/external-calendars/{calendar_id}/read": TEAM,
    "DELETE /shops/{shop_id}/external-calendars/{calendar_id}": TEAM,
    # --- bookings ---
    "GET /bookings": SIGNED_IN,
    "GET /shops/{shop_id}/bookings": TEAM,
    "POST /shops/{shop_id}/bookings": TEAM,
    "GET /shops/{shop_id}/bookings/{booking_id}": TEAM,
    "PATCH /shops/{shop_id}/bookings/{booking_id}": TEAM,
    "GET /shops/{shop_id}/bookings/{booking_id}/history": TEAM,
    "PUT /shops/{shop_id}/bookings/{booking_id}/payment": TEAM,
    "PUT /shops/{shop_id}/bookings/{booking_id}/terms": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/confirm": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/decline": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/cancel": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/move": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/propose": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/late": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/start": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/complete": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/no-show": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/correct": TEAM,
    "POST /shops/{shop_id}/bookings/{booking_id}/called": FRONT_DESK,
    "GET /shops/{shop_id}/calls": FRONT_DESK,
    "POST /shops/{shop_id}/days/{day}/call-off": TEAM,
    "GET /me/bookings": SIGNED_IN,
    "POST /me/bookings": SIGNED_IN,
    "POST /me/bookings/{booking_id}/cancel": SIGNED_IN,
    "POST /me/bookings/{booking_id}/move": SIGNED_IN,
    # --- people ---
    "GET /shops/{shop_id}/customers": FRONT_DESK,
    "POST /shops/{shop_id}/customers": FRONT_DESK,
    "GET /shops/{shop_id}/customers/{customer_id}": FRONT_DESK,
    "PATCH /shops/{shop_id}/customers/{customer_id}": FRONT_DESK,
    "PUT /shops/{shop_id}/customers/{customer_id}/block": FRONT_DESK,
    "POST /shops/{shop_id}/customers/{customer_id}/merge": OWNERS,
    "GET /shops/{shop_id}/customers/{customer_id}/consents": FRONT_DESK,
    "PUT /shops/{shop_id}/customers/{customer_id}/consents/{conversation_id}": FRONT_DESK,
    "GET /shops/{shop_id}/customers/{customer_id}/reach": FRONT_DESK,
    "POST /shops/{shop_id}/customers/{customer_id}/reach": FRONT_DESK,
    "DELETE /shops/{shop_id}/customers/{customer_id}/reach/{reach_id}": FRONT_DESK,
    "GET /shops/{shop_id}/members": TEAM,
    "PUT /shops/{shop_id}/members/{user_id}/alerts": OWNERS,
    "DELETE /shops/{shop_id}/members/{user_id}/{role}": OWNERS,
    "GET /shops/{shop_id}/invitations": TEAM,
    "POST /shops/{shop_id}/invitations": OWNERS,
    "DELETE /shops/{shop_id}/invitations/{invitation_id}": OWNERS,
    "GET /users": ADMINS,
    "GET /users/{user_id}": ADMINS,
    "DELETE /users/{user_id}": ADMINS,
    "POST /users/{user_id}/deactivate": ADMINS,
    "POST /users/{user_id}/reactivate": ADMINS,
    # --- talk ---
    "GET /shops/{shop_id}/conversations": FRONT_DESK,
    "GET /shops/{shop_id}/conversations/{conversation_id}": FRONT_DESK,
    "POST /shops/{shop_id}/conversations/{conversation_id}/take-over": FRONT_DESK,
    "POST /shops/{shop_id}/conversations/{conversation_id}/answers": FRONT_DESK,
    "POST /shops/{shop_id}/conversations/{conversation_id}/hand-back": FRONT_DESK,
    "GET /shops/{shop_id}/messages": FRONT_DESK,
    "POST /shops/{shop_id}/messages/{message_id}/retry": OWNERS,
    "POST /shops/{shop_id}/messages/{message_id}/drop": OWNERS,
    "GET /shops/{shop_id}/message-overrides": FRONT_DESK,
    "GET /shops/{shop_id}/message-overrides/{key}/{language}": FRONT_DESK,
    "POST /shops/{shop_id}/message-overrides/{key}/{language}/preview": FRONT_DESK,
    "PUT /shops/{shop_id}/message-overrides/{key}/{language}": OWNERS,
    "DELETE /shops/{shop_id}/message-overrides/{key}/{language}": OWNERS,
    # --- files ---
    "GET /shops/{shop_id}/exports/{what}": OWNERS,
    "POST /shops/{shop_id}/imports": OWNERS,
    # --- who changed what ---
    "GET /audit": ADMINS,
    "GET /shops/{shop_id}/audit": OWNERS,
    # --- how it does ---
    "GET /stats": ADMINS,
    "GET /shops/{shop_id}/stats": OWNER_OR_SELF,
    # --- everything about a person ---
    "GET /me/export": SIGNED_IN,
    "POST /me/erase": SIGNED_IN,
    "GET /users/{user_id}/export": ADMINS,
    "POST /users/{user_id}/erase": ADMINS,
    "GET /shops/{shop_id}/customers/{customer_id}/export": OWNERS,
    "POST /shops/{shop_id}/customers/{customer_id}/erase": OWNERS,
}
