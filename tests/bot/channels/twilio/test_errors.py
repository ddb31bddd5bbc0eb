"""Twilio's codes: whether trying again helps, who is out of reach, and words for each."""

from __future__ import annotations

import pytest

from bot.channels.twilio import errors
from bot.i18n.messages import MESSAGES

GIVEN_UP = (
    *(21201, 21202, 21211, 21212, 21214, 21266, 21408, 21601, 21602, 21604, 21605, 21606, 21607),
    *(21608, 21610, 21612, 21614, 21617, 21619, 21620, 21623, 21635, 21655, 21656, 21657, 21658),
    *(21703, 21704, 21705, 21910, 30003, 30004, 30005, 30006, 30007, 30010, 30019, 30032, 30034),
    *(30039, 30044, 30454, 63003, 63005, 63007, 63013, 63014, 63015, 63016, 63021, 63024, 63027),
    *(63028, 63031, 63032, 63033, 63035, 63040, 63041, 63042, 63049),
)
TRIED_AGAIN = (
    *(20003, 20429, 20500, 20503, 21611, 30001, 30002, 30008, 30017, 30022, 30410, 63009, 63010),
    *(63012, 63018, 63038, 63112),
)
UNREACHABLE = {21211, 21214, 21614, 21635, 30005, 30006, 63003, 63024}


def test_what_helps_with_each_code() -> None:
    assert set(GIVEN_UP) <= errors.PERMANENT_ERRORS
    assert errors.PERMANENT_ERRORS.isdisjoint(TRIED_AGAIN)
    assert UNREACHABLE <= errors.UNREACHABLE_ERRORS <= errors.PERMANENT_ERRORS
    assert errors.TEMPLATE_ERRORS <= errors.PERMANENT_ERRORS
    assert 99999 not in errors.PERMANENT_ERRORS  # a code of next year may pass


def test_no_code_is_of_two_kinds() -> None:
    codes = [code for _, _, kind in errors._KINDS for code in kind]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("code", [*GIVEN_UP, *TRIED_AGAIN])
def test_every_code_has_plain_words(code: int) -> None:
    assert errors.error_key(code) in MESSAGES
