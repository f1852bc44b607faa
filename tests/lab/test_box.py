import tomllib
from pathlib import Path

import dns.flags
import dns.message
import pytest
from dns.message import Message
from dns.rcode import Rcode

from resolver.config import load
from resolver.lab.behaviours import Behaviour, first, instead, later
from resolver.lab.box import Box
from resolver.lab.description import Host, Ingredient, ZoneSpec

NOW = 1_800_000_000.0
ROOT_HOST = Host("a.root.", ("127.53.0.1", "::1"))
MUTE = Behaviour("mute", "", instead())
DEAF = Behaviour("deaf", "", instead(), tcp=False)


def box_of(*specs: ZoneSpec, signed: bool | tuple[str, ...] = False) -> Box:
    root = ZoneSpec(".", (ROOT_HOST,), "www A 192.0.2.1")
    return Box([Ingredient("all", "", (root, *specs))], signed=signed, now=NOW)


def zone_with(behaviour: Behaviour, origin: str = "com.") -> ZoneSpec:
    hosts = (Host(f"ns.{origin}", ("127.53.1.1",), behaviour),)
    return ZoneSpec(origin, hosts, "www A 192.0.2.2")


def query(name: str = "www.com.", rdtype: str = "A") -> bytes:
    return dns.message.make_query(name, rdtype).to_wire()


def read(packet: bytes | None) -> Message:
    assert packet is not None
    return dns.message.from_wire(packet)


def test_a_server_answers_for_the_zones_that_name_it() -> None:
    box = box_of(zone_with(Behaviour("", "", lambda inner: inner)))
    assert read(box.respond_to("127.53.1.1", query())).answer != []
    assert read(box.respond_to("127.53.1.1", query("www."))).rcode() == Rcode.REFUSED
    assert read(box.respond_to("::1", query("www."))).answer != []


def test_where_there_is_no_server_there_is_silence() -> None:
    box = box_of()
    assert box.respond_to("127.53.7.7", query()) is None
    assert box.refuses("127.53.7.7")
    assert not box.refuses("127.53.0.1")


def test_a_behaviour_may_be_silent_or_not_listen() -> None:
    assert box_of(zone_with(MUTE)).respond_to("127.53.1.1", query()) is None
    box = box_of(zone_with(DEAF))
    assert (box.refuses("127.53.1.1"), box.refuses("127.53.1.1", tcp=True)) == (
        False,
        True,
    )


def test_the_last_packet_is_the_one_that_is_meant_and_the_first_to_come_is_first() -> (
    None
):
    late_then_forged = Behaviour(
        "", "", lambda inner: first(lambda asked: b"forged")(later(1.0)(inner))
    )
    box = box_of(zone_with(late_then_forged))
    early, late = box.replies_to("127.53.1.1", query())
    assert (early.after, early.data, late.after) == (0.0, b"forged", 1.0)
    assert read(box.respond_to("127.53.1.1", query())).answer != []


def test_what_cannot_be_read_is_a_format_error() -> None:
    box = box_of()
    broken = query("www.")[:-3]
    reply = read(box.respond_to("127.53.0.1", broken))
    assert (reply.rcode(), reply.id) == (
        Rcode.FORMERR,
        int.from_bytes(broken[:2], "big"),
    )


@pytest.mark.parametrize("packet", [b"", b"short", query("www.")[:11]])
def test_runts_are_met_with_silence(packet: bytes) -> None:
    assert box_of().respond_to("127.53.0.1", packet) is None


def test_answers_are_never_answered() -> None:
    answer = box_of().respond_to("127.53.0.1", query("www."))
    assert answer is not None
    assert box_of().respond_to("127.53.0.1", answer) is None
    assert box_of().respond_to("127.53.0.1", answer[:-3]) is None


def test_behaviours_only_see_queries_with_one_question() -> None:
    message = dns.message.make_query("www.com.", "A")
    message.question.clear()
    reply = read(box_of(zone_with(MUTE)).respond_to("127.53.1.1", message.to_wire()))
    assert reply.rcode() == Rcode.FORMERR


def test_long_answers_are_cut_for_udp_only() -> None:
    text = "\n".join(f'long TXT "{number}{"x" * 100}"' for number in range(9))
    box = box_of(ZoneSpec("net.", (Host("ns.net.", ("127.53.1.2",)),), text))
    packet = query("long.net.", "TXT")
    assert read(box.respond_to("127.53.1.2", packet)).flags & dns.flags.TC
    reply = read(box.respond_to("127.53.1.2", packet, tcp=True))
    assert len(reply.answer[0]) == 9


def test_an_address_behaves_in_one_way() -> None:
    with pytest.raises(ValueError, match="two ways"):
        box_of(zone_with(MUTE), zone_with(DEAF, "net."))


def test_an_internet_needs_a_root() -> None:
    with pytest.raises(ValueError, match="root"):
        Box([Ingredient("", "", (zone_with(MUTE),))])


def test_hints_name_the_root_servers() -> None:
    assert box_of().hints_text.splitlines() == [
        ". 3600000 NS a.root.",
        "a.root. 3600000 A 127.53.0.1",
        "a.root. 3600000 AAAA ::1",
    ]


def test_zones_are_signed_on_request() -> None:
    unsigned = ZoneSpec("org.", (Host("ns.org.", ("127.53.1.3",)),), signed=False)
    everything = box_of(zone_with(MUTE), unsigned, signed=True)
    assert set(everything.keys) == {".", "com."}
    assert everything.anchor_text.startswith(". 3600 IN DNSKEY 257 3 13 ")
    some = box_of(zone_with(MUTE), unsigned, signed=("com.",))
    assert (set(some.keys), some.anchor_text) == ({"com."}, "")


def test_the_configuration_is_one_that_the_resolver_takes(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    box = box_of(zone_with(MUTE), signed=True)
    box.write(file, 5301, ["127.0.0.1:5354"])
    config = load(file)
    assert config.listen.plain == ("127.0.0.1:5354",)
    assert (config.recursion.server_port, config.recursion.never_ask) == (5301, ())
    assert Path(config.recursion.root_hints).read_text() == box.hints_text
    assert config.dnssec.validate
    assert (tmp_path / "box.anchor").read_text() == box.anchor_text


def test_an_unsigned_box_is_not_validated(tmp_path: Path) -> None:
    box_of().write(tmp_path / "box.toml", 5300)
    settings = tomllib.loads((tmp_path / "box.toml").read_text())
    assert settings["dnssec"] == {"validate": False, "trust_anchors": []}
    assert not (tmp_path / "box.anchor").exists()
