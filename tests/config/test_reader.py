from pathlib import Path

import pytest

from resolver.config.names import Forward, Local
from resolver.config.problems import ConfigError
from resolver.config.reader import load, parse, without_effect
from resolver.config.tables import Cache, Config, Listen, Log


def wrong(text: str) -> list[str]:
    """What the reader says about a text that it refuses."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "r.toml")
    return str(caught.value).splitlines()


def test_nothing_set_is_the_default() -> None:
    assert parse("") == Config()


def test_what_is_set_takes_the_place_of_the_default() -> None:
    config = parse("""
        [listen]
        plain = ["0.0.0.0:53"]
        [cache]
        size = "1GiB"
        failure_ttl = 5
        [log]
        level = "debug"
        [[forward]]
        zone = "corp.example"
        servers = ["192.0.2.53", "[2001:db8::53]:5353"]
        [local]
        records = ["nas.home. 300 A 192.168.1.9"]
    """)
    assert config == Config(
        listen=Listen(plain=("0.0.0.0:53",)),
        cache=Cache(size=2**30, failure_ttl=5.0),
        log=Log(level="debug"),
        forward=(
            Forward(zone="corp.example", servers=("192.0.2.53", "[2001:db8::53]:5353")),
        ),
        local=Local(records=("nas.home. 300 A 192.168.1.9",)),
    )
    assert hash(config) != hash(Config())


def test_the_place_of_every_setting_is_kept() -> None:
    config = parse("[cache]\nmin_ttl = 1\n[[stub]]\nzone='a'\nservers=['::1']", "r")
    assert config.origins == {
        "cache.min_ttl": "r:2",
        "stub[0].zone": "r:4",
        "stub[0].servers": "r:5",
    }


def test_an_unknown_setting_gets_the_nearest_name() -> None:
    assert wrong("[cache]\nsise = 1") == [
        "r.toml:2: cache.sise: no such setting; did you mean size?"
    ]


def test_an_unknown_table_gets_the_nearest_name() -> None:
    assert wrong("\n[cashe]\nsize = 1") == [
        "r.toml:2: cashe: no such table; did you mean cache?"
    ]


def test_a_setting_in_the_wrong_table_is_sent_home() -> None:
    home = "no such setting here; it belongs to [recursion]"
    assert wrong("[cache]\nprefetch = true") == [f"r.toml:2: cache.prefetch: {home}"]
    assert wrong("prefetch = true") == [f"r.toml:1: prefetch: {home}"]


def test_a_setting_outside_all_tables_is_told_about_tables() -> None:
    assert wrong("zzz = 1") == [
        "r.toml:1: zzz: no such setting; settings stand in tables, such as [cache]"
    ]


def test_a_wrong_value_is_shown_with_what_was_expected() -> None:
    assert wrong('[cache]\nclock = "monotonous"\nmin_ttl = -1') == [
        'r.toml:2: cache.clock: "monotonous": expected "monotonic" or "realtime"'
        " (did you mean monotonic?)",
        "r.toml:3: cache.min_ttl: -1: expected a whole number of seconds"
        " from 0 to 2147483647",
    ]


def test_a_wrong_item_is_blamed_on_its_own_line() -> None:
    (line,) = wrong('[listen]\nplain = [\n  "127.0.0.1:53",\n  "localhost:53",\n]')
    assert line.startswith('r.toml:4: listen.plain: "localhost:53": expected an addr')


def test_one_value_where_a_list_belongs() -> None:
    assert wrong('[listen]\nplain = "127.0.0.1:53"') == [
        'r.toml:2: listen.plain: "127.0.0.1:53": expected a list, [...]'
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n[forward]\nzone = 'a'", "r.toml:2: forward: is a list of tables: write [["),
        ("[[cache]]\nsize = 1", "r.toml:1: cache: is one table: write [cache]"),
        ("cache = 3", "r.toml:1: cache: is one table: write [cache]"),
        ("stub = [1]", "r.toml:1: stub: is a list of tables: write [[stub]]"),
    ],
)
def test_one_bracket_or_two(text: str, expected: str) -> None:
    (line,) = wrong(text)
    assert line.startswith(expected)


def test_a_setting_that_has_to_be_given() -> None:
    assert wrong("[[stub]]\nzone = 'a'") == [
        "r.toml:1: stub[0]: servers is missing:"
        ' a server\'s address such as "192.0.2.53" or "[2001:db8::53]:5353"'
    ]


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    lines = wrong("[cache]\nsise = 1\nsize = 'x'\n[lgo]\na = 1\n[log]\nqueries = 2")
    assert [line.split(": ")[0] for line in lines] == [
        "r.toml:2",
        "r.toml:3",
        "r.toml:4",
        "r.toml:7",
    ]


def test_contradictions_are_blamed_on_a_line() -> None:
    assert wrong("[cache]\nmax_ttl = 5\nmin_ttl = 10") == [
        "r.toml:3: cache.min_ttl: 10 is more than max_ttl, which is 5"
    ]


def test_a_syntax_error_has_its_line() -> None:
    (line,) = wrong("[cache]\n\nsize = = 1")
    assert line.startswith("r.toml:3: ")
    (line,) = wrong("[cache]\nsize =")
    assert line.startswith("r.toml:2: ")


def test_a_value_from_a_file_cannot_write_to_the_terminal() -> None:
    (line,) = wrong('[log]\nlevel = "\\u001b[2J"')
    assert line.isprintable()
    (line,) = wrong('"\\u001b[2J" = 1')
    assert line.isprintable()


def test_a_long_value_is_cut() -> None:
    (line,) = wrong(f'[log]\nlevel = "{"x" * 500}"')
    assert len(line) < 200


def test_a_file_names_others_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "root.hints").write_text(". 1 IN NS a.")
    path = tmp_path / "resolver.toml"
    path.write_text('[recursion]\nroot_hints = "root.hints"')
    assert load(path).recursion.root_hints == str(tmp_path / "root.hints")


def test_records_are_checked_by_the_parser_that_is_lent(tmp_path: Path) -> None:
    def refuse(text: str) -> None:
        raise ValueError(f"no: {text}")

    path = tmp_path / "resolver.toml"
    path.write_text('[local]\nrecords = ["a. A nonsense"]')
    assert load(path).local.records == ("a. A nonsense",)
    with pytest.raises(ValueError, match=r":2: local.records: .* \(no: a. A nonsense"):
        load(path, refuse)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"missing.toml: No such file"):
        load(tmp_path / "missing.toml")
    with pytest.raises(ValueError, match="Is a directory"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"[cache]\n# \xe4\n")
    with pytest.raises(ValueError, match=r"latin.toml:2: is not UTF-8"):
        load(tmp_path / "latin.toml")


def test_a_feature_that_is_asked_for_too_early_is_told() -> None:
    config = parse(
        "[cache]\nsize = '1MB'\n[dnssec]\naccept_sha1 = true\n"
        "[dns64]\nprefix = '64:ff9b::/96'",
        "r.toml",
    )
    tail = "is not in effect in this version"
    assert without_effect(config) == [
        f'r.toml:6: dns64.prefix = "64:ff9b::/96" {tail}',
    ]


def test_switching_a_missing_feature_off_is_no_news() -> None:
    config = parse(
        "[dnssec]\n"
        "validate = false\ntrust_anchors = []\nsignature_skew = 3600\n"
        "[dns64]\nprefix = ''"
    )
    assert without_effect(config) == []
    assert without_effect(Config()) == []
