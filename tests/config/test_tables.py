import dataclasses
import tomllib
from pathlib import Path

import pytest

from resolver.config.problems import ConfigError
from resolver.config.reader import parse
from resolver.config.tables import Config

# What harnesses outside this project rely on: names may be added, never renamed.
PROMISED = """
[listen]
plain = ["127.0.0.1:53", "[::1]:53"]
[access]
allow = ["127.0.0.0/8", "::1/128"]
[server]
workers = 1
[log]
level = "info"
format = "auto"
queries = false
[recursion]
root_hints = ""
prime = true
ipv4 = true
ipv6 = true
source_addresses = []
never_ask = ["127.0.0.0/8", "::1/128"]
server_port = 53
minimise_qname = true
randomise_case = true
cookies = true
edns_buffer = 1232
special_use_names = true
query_deadline = 8.0
prefetch = true
[cache]
size = 256000000
min_ttl = 0
max_ttl = 86400
max_negative_ttl = 3600
failure_ttl = 2
serve_stale = true
shared_path = ""
clock = "monotonic"
[dnssec]
validate = true
trust_anchors = []
negative_trust_anchors = []
accept_sha1 = false
follow_anchor_rollovers = true
signal_key_tags = true
aggressive_nsec = true
signature_skew = 3600
[local]
records = []
[dns64]
prefix = ""
"""


def test_promised_names_and_defaults_are_there() -> None:
    defaults = dataclasses.asdict(Config())
    for table, settings in tomllib.loads(PROMISED).items():
        for name, value in settings.items():
            found = defaults[table][name]
            assert (list(found) if isinstance(found, tuple) else found) == value


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().cache.size = 1  # type: ignore[misc]


def test_origins_do_not_make_configurations_different() -> None:
    assert Config(origins={"cache.size": "a:1"}) == Config()


def test_a_file_that_is_still_to_come_is_found_from_the_configurations_folder(
    tmp_path: Path,
) -> None:
    text = '[cache]\nshared_path = "kept.mdb"'
    assert parse(text, folder=tmp_path).cache.shared_path == str(tmp_path / "kept.mdb")
    assert parse('[cache]\nshared_path = ""').cache.shared_path == ""
    with pytest.raises(ConfigError, match=r"shared_path.* the path of a file"):
        parse("[cache]\nshared_path = 1")
