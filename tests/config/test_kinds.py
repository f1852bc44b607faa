import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.config import kinds
from resolver.config.kinds import Kind, Surroundings, quoted

NEAR = Surroundings(Path("/nowhere"))


def read(kind: Kind, raw: object, near: Surroundings = NEAR) -> Any:
    return kind.read(raw, near)


def refuses(kind: Kind, raw: object, near: Surroundings = NEAR) -> str:
    """The kind refuses the value; what it says about it."""
    with pytest.raises(ValueError, match=r"^") as caught:
        kind.read(raw, near)
    return str(caught.value)


@pytest.mark.parametrize("raw", [0, 1, "true", None, []])
def test_only_true_and_false_are_switches(raw: object) -> None:
    assert [read(kinds.SWITCH, value) for value in (True, False)] == [True, False]
    refuses(kinds.SWITCH, raw)


def test_a_choice_suggests_the_nearest_word() -> None:
    kind = kinds.choice("debug", "info")
    assert kind.expected == '"debug" or "info"'
    assert read(kind, "info") == "info"
    assert refuses(kind, "inof") == "did you mean info?"
    assert refuses(kind, "zzz") == ""
    refuses(kind, 5)


@pytest.mark.parametrize("raw", [0, 11, -1, True, 1.0, "1", None])
def test_a_whole_number_has_bounds_and_is_no_truth_value(raw: object) -> None:
    kind = kinds.whole(1, 10, "bytes")
    assert kind.expected == "a whole number of bytes from 1 to 10"
    assert [read(kind, 1), read(kind, 10)] == [1, 10]
    refuses(kind, raw)


@pytest.mark.parametrize("raw", [0.4, 61, math.nan, math.inf, True, "8", None])
def test_seconds_may_have_fractions_and_have_bounds(raw: object) -> None:
    kind = kinds.seconds(0.5, 60)
    assert read(kind, 8) == 8.0
    assert isinstance(read(kind, 8), float)
    assert read(kind, 0.5) == 0.5
    refuses(kind, raw)


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        (70000, 70000),
        ("70000", 70000),
        ("256MB", 256_000_000),
        ("256 mb", 256_000_000),
        ("1GiB", 2**30),
        ("64KiB", 65536),
        ("2GB", 2 * 10**9),
        ("65536B", 65536),
    ],
)
def test_sizes_are_read_to_bytes(raw: object, count: int) -> None:
    assert read(kinds.size(65536), raw) == count


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("12XB", "no unit"),
        ("1KB", "too little"),
        (-1, "too little"),
        ("1.5GB", ""),
        ("GB", ""),
        (True, ""),
        (1e9, ""),
        (None, ""),
    ],
)
def test_other_sizes_are_refused(raw: object, why: str) -> None:
    assert why in refuses(kinds.size(65536), raw)


@given(st.integers(65536, 2**45))
def test_a_size_written_reads_back(count: int) -> None:
    kind = kinds.size(65536)
    assert read(kind, tomllib.loads(f"x = {kind.write(count)}")["x"]) == count


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_written_reads_back_and_cannot_harm_a_terminal(text: str) -> None:
    written = quoted(text)
    assert written.isprintable()
    assert tomllib.loads(f"x = {written}")["x"] == text


def test_values_are_written_as_toml_has_them() -> None:
    assert quoted((True, 3, "a", ())) == '[true, 3, "a", []]'


@pytest.mark.parametrize("raw", [0, -1, True, 1.5, "two", ""])
def test_workers_are_a_number_or_auto(raw: object) -> None:
    assert read(kinds.WORKERS, 4) == 4
    assert read(kinds.WORKERS, "auto") == "auto"
    refuses(kinds.WORKERS, raw)


def test_listening_needs_a_port_and_asking_does_not() -> None:
    assert read(kinds.LISTEN, "[::1]:53") == "[::1]:53"
    assert "port is missing" in refuses(kinds.LISTEN, "127.0.0.1")
    assert read(kinds.SERVER, "192.0.2.1") == "192.0.2.1"
    assert read(kinds.SERVER, "192.0.2.1:5353") == "192.0.2.1:5353"
    refuses(kinds.SERVER, "ns.example")
    refuses(kinds.LISTEN, 53)
    refuses(kinds.LISTEN, "")


def test_where_nothing_need_be_listened_on_an_empty_text_says_so() -> None:
    assert read(kinds.LISTEN_OR_NOTHING, "") == ""
    assert read(kinds.LISTEN_OR_NOTHING, "127.0.0.1:9353") == "127.0.0.1:9353"
    assert "port is missing" in refuses(kinds.LISTEN_OR_NOTHING, "127.0.0.1")
    refuses(kinds.LISTEN_OR_NOTHING, 9353)


def test_an_address_has_no_port() -> None:
    assert read(kinds.ADDRESS, "2001:db8::1") == "2001:db8::1"
    refuses(kinds.ADDRESS, "192.0.2.1:53")
    refuses(kinds.ADDRESS, 3221225985)


def test_a_network_with_host_bits_gets_the_one_that_was_meant() -> None:
    assert read(kinds.NETWORK, "10.0.0.0/8") == "10.0.0.0/8"
    assert read(kinds.NETWORK, "192.0.2.1") == "192.0.2.1"
    assert "did you mean 10.0.0.0/8?" in refuses(kinds.NETWORK, "10.0.0.1/8")
    refuses(kinds.NETWORK, "10.0.0.0/33")
    refuses(kinds.NETWORK, 10)


def test_some_networks_have_a_name() -> None:
    assert read(kinds.NETWORK_OR_WORD, "private") == "private"
    assert read(kinds.NETWORK_OR_WORD, "10.0.0.0/8") == "10.0.0.0/8"
    refuses(kinds.NETWORK_OR_WORD, "public")
    refuses(kinds.NETWORK_OR_WORD, ["private"])


@pytest.mark.parametrize("raw", [".", "com", "corp.example.", "_x.a-b", "a" * 63])
def test_names_are_names(raw: str) -> None:
    assert read(kinds.NAME, raw) == raw


@pytest.mark.parametrize(
    "raw", ["", "..", "a..b", ".a", "a b", "a\n", "a" * 64, "a." * 127 + "a", 5]
)
def test_what_is_no_name_is_refused(raw: object) -> None:
    refuses(kinds.NAME, raw)


def test_a_name_beyond_ascii_is_told_its_way() -> None:
    assert "xn--" in refuses(kinds.NAME, "bücher.example")


def test_hints_are_a_file_beside_the_configuration(tmp_path: Path) -> None:
    near = Surroundings(tmp_path)
    (tmp_path / "root.hints").write_text(". NS a.")
    assert read(kinds.HINTS, "root.hints", near) == str(tmp_path / "root.hints")
    assert read(kinds.HINTS, "", near) == ""
    assert "No such file" in refuses(kinds.HINTS, "missing", near)
    assert "directory" in refuses(kinds.HINTS, ".", near)


def _no_records_please(text: str) -> None:
    raise ValueError(f"bad record: {text}")


def test_records_are_judged_by_the_parser_that_was_lent(tmp_path: Path) -> None:
    near = Surroundings(tmp_path, _no_records_please)
    (tmp_path / "root.hints").write_text("rubbish")
    assert refuses(kinds.HINTS, "root.hints", near) == "bad record: rubbish"
    assert "bad record" in refuses(kinds.RECORD, "a. A 192.0.2.1", near)
    assert "bad record" in refuses(kinds.ANCHOR, ". DS 1 13 2 ab", near)


@pytest.mark.parametrize("raw", ["", "a. A", "a..b A 192.0.2.1", "a. A 1\nb. A 2", 1])
def test_without_a_parser_a_record_is_looked_at_roughly(raw: object) -> None:
    assert read(kinds.RECORD, "a. 300 A 192.0.2.1") == "a. 300 A 192.0.2.1"
    refuses(kinds.RECORD, raw)


def test_a_trust_anchor_is_a_record_or_a_file(tmp_path: Path) -> None:
    near = Surroundings(tmp_path)
    (tmp_path / "root.key").write_text(". DS 1 13 2 ab")
    assert read(kinds.ANCHOR, "root.key", near) == str(tmp_path / "root.key")
    assert read(kinds.ANCHOR, ". IN DS 1 13 2 ab") == ". IN DS 1 13 2 ab"
    refuses(kinds.ANCHOR, ". A 192.0.2.1")
    refuses(kinds.ANCHOR, "missing.key", near)
    refuses(kinds.ANCHOR, "")


@pytest.mark.parametrize("raw", ["64:ff9b::/97", "10.0.0.0/8", "64:ff9b::1/96", 96])
def test_a_dns64_prefix_has_one_of_six_lengths(raw: object) -> None:
    assert read(kinds.DNS64_PREFIX, "64:ff9b::/96") == "64:ff9b::/96"
    assert read(kinds.DNS64_PREFIX, "") == ""
    refuses(kinds.DNS64_PREFIX, raw)


def test_a_local_zone_is_a_name_and_one_known_word() -> None:
    assert read(kinds.LOCAL_ZONE, "home.arpa static") == "home.arpa static"
    assert "did you mean refuse?" in refuses(kinds.LOCAL_ZONE, "ads.example refused")
    refuses(kinds.LOCAL_ZONE, "ads.example")
    refuses(kinds.LOCAL_ZONE, "ads..example static")
    refuses(kinds.LOCAL_ZONE, 1)


def test_what_a_server_tells_of_itself_is_short_and_printable() -> None:
    for text in ("", "fra-2", "x" * 128, "\u00e9" * 64):
        assert read(kinds.TEXT, text) == text
    for raw in ("x" * 129, "\u00e9" * 65, "a\nb", 1, None):
        refuses(kinds.TEXT, raw)


def test_an_identifier_is_a_text_or_digits() -> None:
    assert kinds.identifier(read(kinds.NSID, "fra-2")) == b"fra-2"
    assert kinds.identifier(read(kinds.NSID, "0x01ef")) == b"\x01\xef"
    assert read(kinds.NSID, "0x" + "ab" * 128)
    for raw in ("0x" + "ab" * 129, "0x123", "0xfra", "x" * 129, "\0", 1):
        refuses(kinds.NSID, raw)
