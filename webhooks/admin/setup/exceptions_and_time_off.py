"""Days with hours of their own, and when a provider is away."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
