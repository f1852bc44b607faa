import re
from pathlib import Path

from resolver.config.declared import declared
from resolver.config.marks import LATER
from resolver.config.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_in_the_tree_is_the_one_that_is_made() -> None:
    """Mend it with: resolver defaults --markdown > docs/settings.md."""
    assert PAGE.read_text("utf-8") == reference()


def test_every_setting_has_a_row_under_its_table() -> None:
    _, *sections = re.split(r"(?m)^## ", reference())
    assert [it.partition("\n")[0] for it in sections] == list(declared())
    for section, table in zip(sections, declared().values(), strict=True):
        rows = re.findall(r"(?m)^\| `(\w+)` \| (.+?) \| (.+) \|$", section)
        assert [row[0] for row in rows] == list(table.settings)
        for row, setting in zip(rows, table.settings.values(), strict=True):
            assert " ".join(setting.meaning.split()) in row[2]
            assert ("has to be given" in row[1]) is setting.required
            assert (LATER.value.capitalize() in row[2]) is setting.later


def test_rows_are_whole() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4}


def test_the_contents_lead_to_every_table() -> None:
    links = re.findall(r"\]\(#(\w+)\)", reference())
    assert links == list(declared())
