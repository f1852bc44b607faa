"""Configurations written as text."""

import pytest

from resolver.config.reader import parse
from resolver.config.tables import Config
from resolver.config.writing import written

TEXTS = [
    "",
    'listen.plain = ["192.0.2.1:53", "[2001:db8::1]:5300"]\nlisten.batch = false',
    'cache.size = "1GiB"\ncache.shared_path = "/var/cache/x"\ncache.stale_wait = 0.5',
    'server.workers = "auto"\nserver.user = "resolver"',
    "access.rate_limit = 7\nlog.queries = true",
    'local.records = ["a.test. 60 TXT \\"x\\""]\nlocal.zones = ["test. static"]',
    'dnssec.negative_trust_anchors = ["example.org"]\ndnssec.signature_skew = 60',
    '[[forward]]\nzone = "."\nservers = ["192.0.2.9", "192.0.2.8"]\nfirst = true',
    '[[stub]]\nzone = "lan"\nservers = ["192.0.2.8"]\n[[stub]]\nzone = "b"\n'
    'servers = ["192.0.2.7"]',
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    config = parse(text)
    assert parse(written(config)) == config


def test_what_is_as_it_is_anyway_is_not_written() -> None:
    assert written(Config()) == ""
    assert written(parse('cache.size = "1GiB"\nlog.level = "info"')).count("\n") == 1
