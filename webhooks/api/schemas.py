"""Types that requests and answers share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from core.db.pagination import Page

T = TypeVar("T")
Dated = TypeVar("Dated", date, datetime)


def _storable(text: str) -> str:
    """No database keeps a NUL."""
    if "\0" in text:
        message = "NUL characters are not kept"
        raise ValueError(message)
    return text


SUPPORTED_YEARS = range(2000, 2200)
"""What we can make dates of in any zone, and nobody misses anything outside of."""


def _ours(when: Dated) -> Dated:
    if when.year not in SUPPORTED_YEARS:
        message = f"dates are within {SUPPORTED_YEARS.start} and {SUPPORTED_YEARS.stop - 1}"
        raise ValueError(message)
    return when


MAX_ID = 2**63 - 1
"""The largest id a database can hold."""

LongText = Annotated[str, Field(max_length=1000), AfterValidator(_storable)]
ShortText = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
PersonName = Annotated[
    str, Field(min_length=1, max_length=100, examples=["Ana"]), AfterValidator(_storable)
]
SecretText = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
RowId = Annotated[int, Field(ge=1, le=MAX_ID, examples=[1])]
PathRowId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[1])]
MinorUnits = Annotated[
    int, Field(ge=0, le=10**12, description="In minor units: cents.", examples=[2500])
]
Timestamp = Annotated[AwareDatetime, AfterValidator(_ours)]
LocalDate = Annotated[date, AfterValidator(_ours)]
SearchQuery = Annotated[str, Query(max_length=100), AfterValidator(_storable)]


class RequestModel(BaseModel):
    """What a request's body holds; a member that is not named here is refused."""

    model_config = ConfigDict(extra="forbid")


class ResponseModel(BaseModel):
    """What an answer holds, read from the attributes of what core returns."""

    model_config = ConfigDict(from_attributes=True)


class PageResponse(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null at the end.")
    total: int | None = Field(description="How many there are in all, if `total=true` asked.")

    @classmethod
    def from_page(cls, page: Page[T]) -> PageResponse[T]:
        """Return a page of core as an answer."""
        return cls(items=list(page.items), next=page.next_cursor, total=page.total)


def format_wall_time(minutes: int) -> str:
    """Return minutes after midnight as they are written: 09:05."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


class ReasonIn(RequestModel):
    """Why, in words for the customer."""

    reason: ShortText = ""


class AcceptedOut(ResponseModel):
    """That it is on its way."""

    status: Literal["accepted"] = "accepted"
