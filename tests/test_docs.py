"""What the pages under docs/ say of the program is so."""

import importlib
import math
import re
from pathlib import Path

import pytest

from resolver.cli.arguments import parser_for
from resolver.config.declared import declared

TOP = Path(__file__).parents[1]
README = TOP / "README.md"
PAGES = sorted((TOP / "docs").glob("*.md"))
SECURITY = (TOP / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(
    r"(?m)^\| .+ \| `([\d. *]+)` \| .+ \| \[`(\w+)`\]\(\.\./([\w/]+)\.py\) \|$"
)
LIMITS = ROW.findall(SECURITY)


def test_there_are_pages() -> None:
    names = {"library", "settings", "security", "operations", "comparison"}
    assert names <= {it.stem for it in PAGES}


@pytest.mark.parametrize(("value", "name", "module"), LIMITS)
def test_a_limit_is_what_the_page_says(value: str, name: str, module: str) -> None:
    constant = getattr(importlib.import_module(module.replace("/", ".")), name)
    assert constant == math.prod(float(factor) for factor in value.split(" * "))


def test_every_row_of_the_table_of_limits_is_checked() -> None:
    _, limits = SECURITY.split("\n## Limits\n")
    rows = [line for line in limits.splitlines() if "../resolver/" in line]
    assert len(LIMITS) == len(rows) > 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^):#]+)[^)]*\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.name)
def test_links_to_headings_lead_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^):#]*)#([^)]+)\)", page.read_text("utf-8"))
    assert [
        f"{file}#{heading}"
        for file, heading in links
        if heading not in headings(page.parent / file if file else page)
    ] == []


def headings(page: Path) -> set[str]:
    """Give the anchors that a page has, as GitHub makes them of headings."""
    titles = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", it).lower().replace(" ", "-") for it in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_are_named_exist(page: Path) -> None:
    tables = declared()
    named = re.findall(
        r"`([a-z0-9]+)\.([a-z0-9_]+)(?: = [^`]*)?`", page.read_text("utf-8")
    )
    in_tables = [(table, name) for table, name in named if table in tables]
    assert [
        f"{table}.{name}"
        for table, name in in_tables
        if name not in tables[table].settings
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_shown_are_understood(page: Path) -> None:
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", page.read_text("utf-8"))
    for line in "".join(blocks).splitlines():
        words = line.split("#")[0].removeprefix("sudo ").split()
        if words[:1] == ["resolver"]:
            assert parser_for(words[1:]).parse_args(words[1:]).command == words[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_fits_a_page(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert [line for line in lines if len(line) > 96 and line[0] not in "|-"] == []
