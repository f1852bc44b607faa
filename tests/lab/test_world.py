"""The standard box holds together; and Unbound finds in it what is said to be right."""

import asyncio
import ipaddress
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest
from dns.message import Message
from dns.rcode import Rcode

from resolver.lab.behaviours import HONEST
from resolver.lab.box import Box
from resolver.lab.catalogue import LIE
from resolver.lab.description import Host, Sample, ZoneSpec
from resolver.lab.sockets import Running
from resolver.lab.world import standard

BOX = Box.standard()
SIGNED = Box.standard(signed=True)
SPECS = [spec for each in BOX.ingredients for spec in each.zones]
HONEST_PAIRS = [
    (spec, host)
    for spec in SPECS
    for host in spec.hosts
    if host.behaviour is HONEST and host.addresses
]


def ask(box: Box, address: str, name: str, rdtype: str, *, do: bool = False) -> Message:
    query = dns.message.make_query(name, rdtype, use_edns=0, want_dnssec=do)
    packet = box.respond_to(address, query.to_wire(), tcp=True)
    assert packet is not None
    return dns.message.from_wire(packet)


@pytest.mark.parametrize(
    ("spec", "host"), HONEST_PAIRS, ids=lambda each: getattr(each, "origin", "at")
)
def test_nobody_is_lame_by_mistake(spec: ZoneSpec, host: Host) -> None:
    for address in host.addresses:
        reply = ask(BOX, address, spec.origin, "SOA")
        assert reply.flags & dns.flags.AA
        assert reply.answer[0].name.to_text() == spec.origin


def test_every_address_is_on_loopback() -> None:
    network = ipaddress.ip_network("127.53.0.0/16")
    for address in BOX.servers:
        assert address == "::1" or ipaddress.ip_address(address) in network


def test_no_honest_zone_tells_the_liars_address() -> None:
    assert all(LIE not in zone.to_text() for zone in BOX.zones.values())


def test_ingredients_have_names_texts_and_questions() -> None:
    assert len({each.name for each in BOX.ingredients}) == len(BOX.ingredients)
    for each in BOX.ingredients:
        assert each.text
        assert each.samples


def test_a_machine_without_ipv6_can_do_without() -> None:
    zones = [spec for each in standard(0.1, ipv6=False) for spec in each.zones]
    hosts = [host for spec in zones for host in spec.hosts]
    assert not any(":" in address for host in hosts for address in host.addresses)


@pytest.mark.parametrize("origin", sorted(SIGNED.keys))
def test_every_signed_zone_is_vouched_for_and_validates(origin: str) -> None:
    name = dns.name.from_text(origin)
    zone = SIGNED.zones[origin]
    keys = zone.rrset(name, dns.rdatatype.DNSKEY)
    signatures = zone.signatures(name, dns.rdatatype.DNSKEY)
    assert keys is not None
    assert signatures is not None
    dns.dnssec.validate(keys, signatures, {name: keys})
    if origin != ".":
        parent = name.parent()
        while parent.to_text() not in SIGNED.zones:
            parent = parent.parent()
        vouched = SIGNED.zones[parent.to_text()].rrset(name, dns.rdatatype.DS)
        assert vouched is not None
        assert vouched[0] == dns.dnssec.make_ds(name, keys[0], "SHA256")


def test_a_zone_of_a_signed_box_stays_unsigned() -> None:
    reply = ask(SIGNED, "127.53.1.3", "www.example.org.", "A", do=True)
    kinds = {dns.rdatatype.to_text(each.rdtype) for each in reply.authority}
    assert kinds == {"NS", "NSEC", "RRSIG"}


@pytest.mark.parametrize("size", [400, 1000])
def test_some_big_answers_still_fit_in_a_packet(size: int) -> None:
    query = dns.message.make_query(f"t{size}.big.net.", "TXT", use_edns=0, payload=1232)
    packet = BOX.respond_to("127.53.2.13", query.to_wire())
    assert packet is not None
    assert size < len(packet) <= 1232
    assert not dns.message.from_wire(packet).flags & dns.flags.TC


@pytest.mark.parametrize(
    ("name", "rdtype"), [("t1400", "TXT"), ("t30000", "TXT"), ("many", "A")]
)
def test_others_need_tcp(name: str, rdtype: str) -> None:
    query = dns.message.make_query(f"{name}.big.net.", rdtype, use_edns=0, payload=1232)
    packet = BOX.respond_to("127.53.2.13", query.to_wire())
    assert packet is not None
    assert dns.message.from_wire(packet).flags & dns.flags.TC
    assert len(ask(BOX, "127.53.2.13", f"{name}.big.net.", rdtype).answer[0]) > 10


def test_wildcards_never_run_out_of_names() -> None:
    for number in range(50):
        reply = ask(BOX, "127.53.2.10", f"n{number}.x{number}.wild.net.", "A")
        assert reply.answer[0][0].to_text() == "192.0.2.10"


@pytest.mark.parametrize("labels", [1, 20, 39])
def test_names_that_are_there_only_for_others_have_no_data(labels: int) -> None:
    name = ".".join(f"l{number}" for number in range(40 - labels, 40))
    reply = ask(BOX, "127.53.2.11", f"{name}.ent.org.", "A")
    assert (reply.rcode(), reply.answer) == (Rcode.NOERROR, [])


# Unbound as the judge.  It asks servers on port 53 only, so the box has to be there.

HONEST_SAMPLES = [
    sample
    for ingredient in BOX.ingredients
    if all(host.behaviour is HONEST for spec in ingredient.zones for host in spec.hosts)
    for sample in ingredient.samples
]


@contextmanager
def unbound(folder: Path, box: Box) -> Iterator[int]:
    """Run Unbound with the box's root hints and key; give its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    box.write(folder / "lab.toml", 53)
    lines = [
        "server:",
        f'directory: "{folder}"\nchroot: ""\nusername: ""\npidfile: "{folder}/pid"',
        f'use-syslog: no\nlogfile: "{folder}/log"\nverbosity: 1\nnum-threads: 1',
        f"interface: 127.0.0.1@{port}\ndo-not-query-localhost: no",
        f'root-hints: "{folder}/lab.hints"\nqname-minimisation: yes',
        "module-config: " + ('"validator iterator"' if box.keys else '"iterator"'),
        f'trust-anchor-file: "{folder}/lab.anchor"' if box.keys else "",
        "remote-control:\ncontrol-enable: no",
    ]
    (folder / "unbound.conf").write_text("\n".join(lines) + "\n")
    program = shutil.which("unbound") or "/usr/sbin/unbound"
    process = subprocess.Popen([program, "-d", "-c", str(folder / "unbound.conf")])
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def over_tcp(port: int, name: str, rdtype: str) -> Message:
    query = dns.message.make_query(name, rdtype, use_edns=0).to_wire()
    for _ in range(100):
        try:
            link = socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            break
    else:
        raise TimeoutError("Unbound did not start")
    with link, link.makefile("rb") as stream:
        link.sendall(struct.pack("!H", len(query)) + query)
        (length,) = struct.unpack("!H", stream.read(2))
        return dns.message.from_wire(stream.read(length))


def verdict(sample: Sample, reply: Message) -> str:
    """Say what is wrong with a reply; nothing if it is right."""
    rcode = dns.rcode.to_text(reply.rcode())
    last = {rdata.to_text() for rdata in reply.answer[-1]} if reply.answer else {""}
    if rcode in sample.rcode.split(" or ") and sample.answer in {*last, ""}:
        return ""
    return f"{sample}, but {rcode} {last}"


def can_be_asked(sample: Sample, running: Running) -> bool:
    return not running.left_out or "six.org." not in sample.question


@pytest.mark.live
@pytest.mark.skipif(os.geteuid() != 0, reason="needs port 53")
@pytest.mark.parametrize("box", [BOX, SIGNED], ids=["unsigned", "signed"])
async def test_unbound_finds_what_is_right(tmp_path: Path, box: Box) -> None:
    async with box.running(53) as running:
        samples = [each for each in HONEST_SAMPLES if can_be_asked(each, running)]
        with unbound(tmp_path, box) as port:
            replies = [
                await asyncio.to_thread(over_tcp, port, *sample.question.split())
                for sample in samples
            ]
    verdicts = [verdict(*pair) for pair in zip(samples, replies, strict=True)]
    assert [each for each in verdicts if each] == []
