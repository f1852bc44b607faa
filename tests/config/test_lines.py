import pytest

from resolver.config.lines import Lines

TEXT = """\
# comment, not a = setting
cache.size = "1MB"  # line 2

[listen]
plain = [
  "127.0.0.1:53",  # ] bracket = in a comment
  "[::1]:53", '0.0.0.0:53',
]

[[forward]]  # line 10
"zone" = "a."
servers = ["192.0.2.1"]

[[ forward ]]
zone = "b."
servers = ["192.0.2.1"]

[recursion]
ipv4 = true
never_ask = ["10.0.0.0/8"]
[local]
records = ["[x] = y", "z"]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("cache.size", 2),
        ("cache", 2),
        ("listen", 4),
        ("listen.plain", 5),
        ("forward[0]", 10),
        ("forward[0].zone", 11),
        ("forward[1]", 14),
        ("forward[1].servers", 16),
        ("recursion", 18),
        ("recursion.never_ask", 20),
        ("local.records", 22),
    ],
)
def test_tables_and_settings_are_found(path: str, line: int) -> None:
    assert Lines(TEXT).of(path) == line


@pytest.mark.parametrize(
    ("path", "item", "line"),
    [
        ("listen.plain", "127.0.0.1:53", 6),
        ("listen.plain", "[::1]:53", 7),
        ("listen.plain", "0.0.0.0:53", 7),
        # Only the whole item counts: it is a part of the one in line 6.
        ("listen.plain", "127.0.0.1", 5),
        ("forward[1].servers", "192.0.2.1", 16),
        ("local.records", "z", 22),
        ("local.records", "nowhere", 22),
    ],
)
def test_an_item_is_found_inside_its_list(path: str, item: str, line: int) -> None:
    assert Lines(TEXT).of_item(path, item) == line


def test_a_missing_setting_is_blamed_on_what_it_is_missing_from() -> None:
    assert Lines(TEXT).of("forward[1].missing") == 14
    assert Lines("forward = [{zone = 'a'}]").of("forward[0].zone") == 1


def test_what_is_nowhere_has_no_line() -> None:
    assert Lines(TEXT).of("nowhere.at_all") is None
    assert Lines(TEXT).of_item("nowhere.at_all", "x") is None


def test_the_lines_of_a_value_are_no_settings() -> None:
    text = "a = [\n  # [b]\n  {c = 1},\n]\nd = 2"
    assert Lines(text).of("d") == 5
    assert Lines(text).of("c") is None
