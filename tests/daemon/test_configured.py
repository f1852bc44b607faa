"""What a configuration says of the name space."""

import dataclasses
from pathlib import Path

from resolver.config import Config, Forward, Local, Recursion, Stub, parse
from resolver.daemon.configured import (
    configured_zones,
    first_servers,
    identity_of,
    local_differences,
    local_names,
)
from resolver.policy.identity import HIDDEN, Identity
from resolver.ports import Address
from resolver.walk.root import NEVER
from resolver.wire import types
from resolver.wire.message import Question


def test_forward_and_stub_zones_are_delegations_that_do_not_expire() -> None:
    config = Config(
        forward=(
            Forward(zone="corp.example", servers=("192.0.2.9:5353",), first=True),
        ),
        stub=(Stub(zone="lan", servers=("192.0.2.8",)),),
    )
    corp, lan = configured_zones(config)
    assert (corp.zone, lan.zone) == (b"\x04corp\x07example\x00", b"\x03lan\x00")
    assert corp.servers[0].addresses == (Address("192.0.2.9", 5353),)
    assert (corp.recursive, corp.first, corp.expires) == (True, True, NEVER)
    assert (lan.recursive, lan.first, lan.expires) == (False, False, NEVER)


def test_local_records_are_answered_here() -> None:
    local = Local(records=("printer.lan. 60 A 192.0.2.80",))
    names = local_names(Config(local=local), frozenset())
    answer = names.answer(Question(b"\x07printer\x03lan\x00", types.A))
    assert answer is not None
    assert answer.answer[0].rdatas == (b"\xc0\x00\x02\x50",)


def test_a_walk_that_knows_nothing_begins_at_the_root_or_the_forwarder(
    tmp_path: Path,
) -> None:
    (tmp_path / "hints").write_text(". NS a.\na. A 192.0.2.1\na. AAAA 2001:db8::1\n")
    recursion = Recursion(
        root_hints=str(tmp_path / "hints"), server_port=5300, ipv6=False
    )
    config = Config(recursion=recursion)
    (server,) = first_servers(config).servers
    assert server.addresses == (Address("192.0.2.1", 5300),)
    everything = Forward(zone=".", servers=("192.0.2.9",))
    (server,) = first_servers(
        dataclasses.replace(config, forward=(everything,))
    ).servers
    assert server.addresses == (Address("192.0.2.9"),)
    part = Forward(zone="corp.example", servers=("192.0.2.9",))
    assert not first_servers(dataclasses.replace(config, forward=(part,))).recursive


def test_local_names_that_differ_are_listed() -> None:
    one = parse(
        'local.records = ["A.lan. 60 A 192.0.2.1", "b.lan. 60 A 192.0.2.2"]\n'
        'local.zones = ["test. static"]'
    )
    other = parse(
        'local.records = ["b.lan. 60 A 192.0.2.2", "b.lan. 60 TXT x", "*.c. 60 A 1.2.3.4"]'
    )
    found = {b"\x01a\x03lan\x00", b"\x01b\x03lan\x00", b"\x01c\x00", b"\x04test\x00"}
    assert local_differences(one, other) == found
    assert local_differences(other, one) == found
    assert local_differences(one, one) == set()


def test_a_server_tells_of_itself_what_was_set_and_nothing_else() -> None:
    assert identity_of(Config()) == HIDDEN
    text = 'server.nsid = "0x0aff"\nserver.identity = "two"\nserver.version = "1.0"'
    assert identity_of(parse(text)) == Identity(b"\x0a\xff", b"two", b"1.0")
