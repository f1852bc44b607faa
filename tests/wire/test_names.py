"""Names as canonical wire bytes."""

import dns.name
import pytest
from hypothesis import given, settings

from resolver.wire import names
from resolver.wire.presentation import name_from_text
from tests.wire.packets import name
from tests.wire.strategies import wire_names

WWW = name("www.example.com")


def test_the_parent_of_a_name_has_one_label_less() -> None:
    assert names.parent(WWW) == name("example.com")


def test_the_root_is_its_own_parent() -> None:
    assert names.parent(names.ROOT) == names.ROOT


@pytest.mark.parametrize("zone", ["www.example.com", "example.com", "com", ""])
def test_a_name_is_below_itself_and_all_its_ancestors(zone: str) -> None:
    assert names.is_below(WWW, name(zone))


@pytest.mark.parametrize("zone", ["org", "xample.com", "a.www.example.com", "www"])
def test_a_name_is_not_below_others(zone: str) -> None:
    assert not names.is_below(WWW, name(zone))


def test_bytes_that_agree_across_a_label_do_not_make_a_name_below() -> None:
    # The label is "x", a length byte 3, "com": it ends in the bytes of com.
    assert not names.is_below(b"\5x\3com\0", name("com"))


def test_labels_are_split_without_the_root() -> None:
    assert names.labels(WWW) == [b"www", b"example", b"com"]
    assert names.labels(names.ROOT) == []


def test_labels_are_counted_without_the_root() -> None:
    assert names.label_count(WWW) == 3
    assert names.label_count(names.ROOT) == 0


def test_ancestors_go_from_the_name_to_the_root() -> None:
    assert names.ancestors(WWW) == [WWW, name("example.com"), name("com"), names.ROOT]
    assert names.ancestors(names.ROOT) == [names.ROOT]


def test_the_last_labels_can_be_kept() -> None:
    assert names.keep_labels(WWW, 2) == name("example.com")
    assert names.keep_labels(WWW, 0) == names.ROOT
    assert names.keep_labels(WWW, 3) == WWW
    assert names.keep_labels(WWW, 9) == WWW


def test_text_has_a_dot_at_the_end() -> None:
    assert names.to_text(WWW) == "www.example.com."
    assert names.to_text(names.ROOT) == "."


def test_text_is_harmless_whoever_chose_the_name() -> None:
    assert names.to_text(b'\6a.b\x1b\xff"\0') == '"a\\.b\\027\\255\\"."'.strip('"')


@settings(deadline=None)
@given(wire_names())
def test_text_leads_back_to_the_name(wire: bytes) -> None:
    text = names.to_text(wire)
    assert text.isascii()
    assert text.isprintable()
    assert name_from_text(text) == wire


@settings(deadline=None)
@given(wire_names())
def test_every_ancestor_is_above_and_has_one_label_less(wire: bytes) -> None:
    line = names.ancestors(wire)
    assert [names.label_count(one) for one in line] == list(
        range(names.label_count(wire), -1, -1)
    )
    assert all(names.is_below(wire, one) for one in line)
    assert [names.keep_labels(wire, names.label_count(one)) for one in line] == line


# RFC 4034 section 6.1.
IN_ORDER = (
    "example",
    "a.example",
    "yljkjljk.a.example",
    "z.a.example",
    "zabc.a.example",
    "z.example",
    r"\001.z.example",
    "*.z.example",
    r"\200.z.example",
)


def test_keys_sort_as_the_names_of_the_standard_do() -> None:
    wire = [name_from_text(text) for text in IN_ORDER]
    assert sorted(set(wire), key=names.sort_key) == wire


@pytest.mark.parametrize(
    ("smaller", "greater"),
    [
        ("a", r"a\000"),
        (r"\000.a", r"a\000"),
        (r"\000", r"\000\000"),
        (r"\000\000", r"\000\001"),
        (r"\000\255", r"\001"),
        (r"\001\255", r"\002"),
        (r"b.\001", r"\001\000"),
    ],
)
def test_bytes_that_look_like_separators_sort_as_they_should(
    smaller: str, greater: str
) -> None:
    first, second = name_from_text(smaller), name_from_text(greater)
    assert names.sort_key(first) < names.sort_key(second)


@given(wire_names(), wire_names())
def test_keys_sort_as_dnspython_sorts(one: bytes, other: bytes) -> None:
    one, other = one.lower(), other.lower()
    first, second = names.sort_key(one), names.sort_key(other)
    left, right = dns.name.from_wire(one, 0)[0], dns.name.from_wire(other, 0)[0]
    assert (first < second, first == second) == (left < right, left == right)
    assert first.startswith(second) == names.is_below(one, other)


@given(wire_names())
def test_a_name_written_is_the_name_read(wire: bytes) -> None:
    wire = wire.lower()
    assert names.from_text(names.to_text(wire)) == wire
    assert name_from_text(names.to_text(wire)) == wire


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        (".", b"\0"),
        ("a", b"\1a\0"),
        ("A.B.", b"\1a\1b\0"),
        (r"a\.b", b"\3a.b\0"),
        (r"\065", b"\1a\0"),
        (r"\\", b"\1\\\0"),
        (r"\255\000", b"\2\xff\0\0"),
    ],
)
def test_a_name_is_read_as_people_write_it(text: str, wire: bytes) -> None:
    assert names.from_text(text) == wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        ".a",
        "a..b",
        "a b",
        "a\\",
        r"a\25",
        r"a\256",
        "\N{SNOWMAN}.example",
        "\x1b[2J",
        "x" * 64,
        "x." * 128,
    ],
)
def test_what_is_no_name_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        names.from_text(text)
