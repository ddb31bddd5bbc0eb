"""Reading messages: ``python -m tests.benchmarks.bench_nlu``.

Median CPU microseconds a message, by language and length, and beside them dateparser on the same
phrases: every phrase of the tests' tables that says a date. Both are told the language, the zone
and what today is. Slotline reads acts, names and numbers in the same pass; dateparser gets the
phrase and nothing around it. dateparser runs in the environment of ``PEER_PYTHON``, where there is
one with it (``make bench`` makes it), else the column stays empty.
"""

import importlib
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from time import process_time_ns

LANGUAGES = ("en", "es", "hi", "pt")
ROUNDS = 5
BUCKETS = ((0, "to 20"), (21, "21 to 60"), (61, "61 to 160"), (161, "161 to 1,000"))


@dataclass(frozen=True)
class Phrase:
    """A message, when it is said, and the day it means ("" for none)."""

    language: str
    text: str
    now: str
    zone: str
    region: str
    day: str


def median_us(read: Callable[[str], object], texts: Sequence[str], rounds: int = ROUNDS) -> float:
    """The median over texts of the fastest of some rounds, in microseconds of CPU time."""
    best = []
    for text in texts:
        took = []
        for _ in range(rounds):
            start = process_time_ns()
            read(text)
            took.append(process_time_ns() - start)
        best.append(min(took) / 1000)
    return statistics.median(best)


def main() -> None:
    """Print both tables."""
    from bot.nlu.pipeline import understand_message
    from tests.bot.nlu.phrase_tables import load_phrases, usual_situation

    print("Slotline, median CPU µs a message")
    print(f"{'characters':>14}" + "".join(f"{code:>8}" for code in LANGUAGES))
    rows: dict[str, list[str]] = defaultdict(list)
    for code in LANGUAGES:
        setting = usual_situation(code)
        texts = [line.phrase for line in load_phrases(code)]
        longer = [". ".join(texts[i : i + 5]) for i in range(0, len(texts), 5)]
        longest = [". ".join(texts[i : i + 30])[:1000] for i in range(0, len(texts), 30)]
        everything = [*texts, *longer, *longest]
        for least, name in reversed(BUCKETS):
            held = [t for t in everything if len(t) >= least]
            everything = [t for t in everything if len(t) < least]
            took = median_us(partial(understand_message, setting=setting), held)
            rows[name].append(f"{took:8.0f}")
    for _, name in BUCKETS:
        print(f"{name:>14}" + "".join(rows[name]))

    phrases = [
        Phrase(
            code,
            line.phrase,
            line.setting.now.isoformat(),
            line.setting.zone,
            line.setting.region,
            line.meaning.removeprefix("date: ")[:10],
        )
        for code in LANGUAGES
        for line in load_phrases(code)
        if line.meaning.startswith("date: ")
        and ".." not in line.meaning.split(",")[0]
        and line.setting.expects is None
        and line.setting.last_date is None
    ]
    told = {
        (line.phrase, line.setting.now.isoformat(), line.setting.region): line.setting
        for code in LANGUAGES
        for line in load_phrases(code)
    }
    peer = measured_peer(phrases)
    print("\nPhrases that say one day: right, and median CPU µs")
    print(f"{'':>4}{'phrases':>9}{'Slotline':>18}{'dateparser':>18}")
    for code in LANGUAGES:
        own = [p for p in phrases if p.language == code]
        right = sum(
            (found := understand_message(p.text, told[p.text, p.now, p.region]).date) is not None
            and found.isoformat() == p.day
            for p in own
        )
        took = median_us(
            partial(understand_message, setting=usual_situation(code)), [p.text for p in own]
        )
        ours = f"{right / len(own):.0%} {took:8.0f}"
        theirs = peer.get(code)
        beside = f"{theirs[0] / len(own):.0%} {theirs[1]:8.0f}" if theirs else "–"
        print(f"{code:>4}{len(own):>9}{ours:>18}{beside:>18}")
    if not peer:
        print("dateparser is not installed here; make bench measures beside it.")


def measured_peer(phrases: Sequence[Phrase]) -> dict[str, tuple[int, float]]:
    """How many dateparser reads right and how fast, by language; empty where it is missing."""
    python = os.environ.get("PEER_PYTHON", sys.executable)
    sent = json.dumps([asdict(p) for p in phrases])
    done = subprocess.run(
        [python, str(Path(__file__)), "--peer"],
        input=sent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {}
    return {code: (int(right), float(us)) for code, (right, us) in json.loads(done.stdout).items()}


def peer() -> int:
    """Run inside the peer's environment: phrases from the standard input, figures to the output."""
    try:
        dateparser = importlib.import_module("dateparser")
    except ImportError:
        return 1
    phrases = [Phrase(**p) for p in json.load(sys.stdin)]
    figures = {}
    for code in LANGUAGES:
        own = [p for p in phrases if p.language == code]
        right = 0
        took = []
        for p in own:
            settings = {
                "RELATIVE_BASE": datetime.fromisoformat(p.now).replace(tzinfo=None),
                "PREFER_DATES_FROM": "future",
                "DATE_ORDER": "MDY" if p.region == "US" else "DMY",
            }

            def read(text: str, code: str = code, settings: object = settings) -> object:
                return dateparser.parse(text, languages=[code], settings=settings)

            found = read(p.text)
            right += isinstance(found, datetime) and found.date().isoformat() == p.day
            took.append(median_us(read, [p.text], rounds=3))
        figures[code] = (right, statistics.median(took))
    json.dump(figures, sys.stdout)
    return 0


if __name__ == "__main__":
    if "--peer" in sys.argv:
        sys.exit(peer())
    main()
