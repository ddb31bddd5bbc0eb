"""Recognition of catalog entities that a message names or refuses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from itertools import accumulate

from bot.nlu.entity_index import NameMention, best_match, find_names
from bot.nlu.pipeline_state import PipelineState
from bot.nlu.types import Ambiguity, CatalogName, EntityMatch
from bot.nlu.when import are_listed, is_refused


@dataclass(slots=True)
class NamedEntities:
    """The wanted, refused and ambiguous entities by kind ("provider", …)."""

    matches: dict[str, EntityMatch] = field(default_factory=dict)
    refused: dict[str, list[int]] = field(default_factory=dict)
    doubts: list[Ambiguity] = field(default_factory=list)


def resolve_names(r: PipelineState) -> NamedEntities:
    """Find the names in a message and mark their units as used."""
    out = NamedEntities()
    names = r.setting.names
    groups: tuple[tuple[str, tuple[CatalogName, ...]], ...] = (
        ("provider", names.providers),
        ("service", names.services),
        ("shop", names.shops),
        ("type", names.types),
        ("city", names.cities),
    )
    common = r.languages[0].vocabulary
    for kind, group in groups:
        wanted: list[NameMention] = []
        until = -1
        for one in find_names(r.tokens, group, common):
            i, j = _units_of(r, one.start, one.end)
            if any(
                s.kind == "person_name" and s.start < one.end and one.start < s.end for s in r.spans
            ):
                continue  # a customer may be called as a provider is
            again = until >= 0 and are_listed(r.units, until, i)
            if again or is_refused(r.units, i, j):
                until = j
                top = one.found[0][1]
                same = [found for found, score in one.found if score == top]
                out.refused.setdefault(kind, []).extend(same)
                r.mark_used(i, j, f"not_{kind}", one.found[0][0])
            else:
                wanted.append(one)
        if wanted:
            out.matches[kind] = _meant(r, kind, group, wanted, out.doubts)
    return out


def _meant(
    r: PipelineState,
    kind: str,
    group: tuple[CatalogName, ...],
    wanted: list[NameMention],
    doubts: list[Ambiguity],
) -> EntityMatch:
    """Return the name meant: the last after a correction.

    Of "Ana or Leo" the first, with alternatives.
    """
    now = wanted[0]
    others: list[int] = []
    # How many corrections stand before each unit, so that no stretch is gone through twice.
    corrections = list(accumulate(("CORRECT" in u.tags for u in r.units), initial=0))
    for one in wanted[1:]:
        if one.found[0][0] == now.found[0][0]:
            continue
        i, j = _units_of(r, now.start, one.start)
        if corrections[j] > corrections[i] or one.found[0][1] > now.found[0][1] + _CLEARLY:
            now, others = one, []
        elif one.found[0][1] >= now.found[0][1] - _CLEARLY:
            others.append(one.found[0][0])
    match = best_match(now, group)
    match = replace(match, alternatives=tuple(dict.fromkeys((*match.alternatives, *others))))
    i, j = _units_of(r, now.start, now.end)
    if not any({"MONTH", "WEEKDAY"} & u.tags.keys() for u in r.units[i:j]):
        r.mark_used(i, j, kind, match.id)
    if match.alternatives:
        doubts.append(Ambiguity(kind, (match.id, *match.alternatives), now.start, now.end))
    return match


# Score difference above which one mention is meant and the other is a coincidence.
_CLEARLY = 15


def _units_of(r: PipelineState, start: int, end: int) -> tuple[int, int]:
    i = bisect_right(r.units, start, key=lambda u: u.end)
    return i, bisect_left(r.units, end, key=lambda u: u.start)
