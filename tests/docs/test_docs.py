"""The documents say what is so: settings, commands, links and the files they name."""

import argparse
import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from bot.cli.parser import build_parser
from core.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md"))
DECISIONS = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))

SETTINGS = (ROOT / "docs/settings.md").read_text()
COMMANDS = (ROOT / "docs/commands.md").read_text()

LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:core|bot|webhooks|tests|migrations|docs|\.ci)/[\w./*\[\]-]*)`")
MAKE = re.compile(r"\bmake ([a-z][a-z-]+)")
COMMAND = re.compile(r"python -m bot ([a-z-]+)")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def defaults(settings: type[BaseSettings]) -> dict[str, str]:
    return {name.upper(): str(field.default) for name, field in settings.model_fields.items()}


def commands() -> dict[str, argparse.ArgumentParser]:
    parser = build_parser()
    (choices,) = (action.choices for action in parser._actions if isinstance(action.choices, dict))
    return choices


def words_after_make(text: str) -> set[str]:
    # Only what is set as code is a command: prose may make do with less.
    code = re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
    return {found for piece in code for found in MAKE.findall(piece)}


def test_settings_page_has_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`|–) \|", SETTINGS, re.MULTILINE)
    assert dict(rows) == defaults(Settings)
    assert len(rows) == len(Settings.model_fields)


def tree_of_architecture() -> dict[str, set[str]]:
    """Return what the tree in ARCHITECTURE.md names, by layer."""
    found: dict[str, set[str]] = {}
    text = (ROOT / "ARCHITECTURE.md").read_text()
    (tree,) = re.findall(r"```\n(core/.*?)```", text, re.DOTALL)
    for line in tree.splitlines():
        if layer := re.match(r"(\w+)/", line):
            found[layer[1]] = set()
        else:
            found[list(found)[-1]] |= set(re.sub(r" {2}.*", "", line[2:]).split())
    return found


def test_the_tree_in_architecture_is_the_tree_on_disk() -> None:
    on_disk = {
        layer: {
            path.stem
            for path in (ROOT / layer).iterdir()
            if path.suffix == ".py" or (path / "__init__.py").exists()
        }
        - {"__init__"}
        for layer in ("core", "bot", "webhooks")
    }
    assert tree_of_architecture() == on_disk


def test_the_benchmarks_named_are_there() -> None:
    known = {path.stem.removeprefix("bench_") for path in (ROOT / "tests/benchmarks").iterdir()}
    said = {
        (name_of(page), name)
        for page in DOCUMENTS
        for name in re.findall(r"-m tests\.benchmarks ([a-z_]+)", page.read_text())
    }
    assert {(page, name) for page, name in said if name not in known} == set()


def test_the_example_has_every_setting_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    assert dict(given) == defaults(Settings)
    assert len(given) == len(Settings.model_fields)


def test_commands_page_has_every_command() -> None:
    rows = re.findall(r"^\| `python -m bot ([a-z-]+)` \|", COMMANDS, re.MULTILINE)
    assert rows == list(commands())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    assert set(COMMAND.findall(text)) - set(commands()) == set()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert words_after_make(text) - targets == set()


def test_every_option_of_the_commands_page_exists() -> None:
    rows = re.findall(r"^\| `python -m bot ([a-z-]+)` \| (.*) \|$", COMMANDS, re.MULTILINE)
    for command, says in rows:
        named = set(re.findall(r"--[a-z-]+", says))
        assert (command, named - set(commands()[command]._option_string_actions)) == (
            command,
            set(),
        )


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    absent = [link for link in links if not (document.parent / link.partition("#")[0]).exists()]
    assert absent == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_file_a_document_names_exists(document: Path) -> None:
    absent = [path for path in NAMED.findall(document.read_text()) if not list(ROOT.glob(path))]
    assert absent == []


def test_decisions_are_numbered_once_titled_by_their_file_and_listed() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert numbers == sorted(set(numbers))
    titles = {path.name: path.read_text().splitlines()[0].removeprefix("# ") for path in DECISIONS}
    index = (ROOT / "docs/decisions/README.md").read_text()
    assert re.findall(r"^- \[(.*)\]\((.*)\)$", index, re.MULTILINE) == [
        (title, name) for name, title in titles.items()
    ]
    for name, title in titles.items():
        slug = "-".join(re.findall(r"[a-z0-9]+", title.lower()))
        assert slug.startswith(name[5:].removesuffix(".md"))
