"""`python -m bot understand`: no database, no channel."""

from __future__ import annotations

import argparse
import json
import sys

from bot.nlu.pipeline import understand_message
from bot.nlu.to_json import understood_to_json
from bot.nlu.types import NluContext
from core.clock import parse_instant
from core.settings import Settings


def run(_settings: Settings, options: argparse.Namespace) -> None:
    """Read messages and print how they are understood."""
    setting = NluContext(
        now=parse_instant(options.now),
        zone=options.zone,
        language=options.lang,
        region=options.region.upper(),
        expects=options.expects,
    )
    for line in sys.stdin:
        print(
            json.dumps(
                understood_to_json(understand_message(line.rstrip("\n"), setting)),
                ensure_ascii=False,
            )
        )
