"""Attacks on what is believed, each by its name: what they would change stays as it was.

The mechanisms, and who fell for them, are told in the survey that the limits of this
program come from; the rules that hold here are those of `scrub`, `cuts` and `memory`.
"""

from tests.walk.pretend import Walked, configured_zone, lines, walk_over

ROOT, COM, EXAMPLE, EVIL = (f"192.0.2.{i}" for i in range(1, 5))
FORWARDER = "192.0.2.53"
TO_COM = ";AUTHORITY\ncom. 86400 NS ns.com.\n;ADDITIONAL\nns.com. 86400 A 192.0.2.2"


def to_example(ttl: int) -> str:
    return (
        f";AUTHORITY\nexample.com. {ttl} NS ns.example.com.\n"
        f";ADDITIONAL\nns.example.com. {ttl} A 192.0.2.3"
    )


def address(name: str, host: str = "198.51.100.1", ttl: int = 300) -> str:
    return f"AA\n;ANSWER\n{name} {ttl} A {host}"


def internet(*names: str, ttl: int = 3600) -> dict[tuple[str, str], str]:
    """A root, com. and example.com., in which each name has an address."""
    table: dict[tuple[str, str], str] = {}
    for name in names:
        table[ROOT, f"{name} A"] = TO_COM
        table[COM, f"{name} A"] = to_example(ttl)
        table[EXAMPLE, f"{name} A"] = address(name)
    return table


def asks(world: Walked, text: str) -> list[str]:
    """Resolve, and say which servers were asked."""
    before = len(world.internet.asked)
    world.resolve(text)
    return [asked.server for asked in world.internet.asked[before:]]


def test_ghost_domain_a_child_cannot_prolong_its_own_delegation() -> None:
    table = internet("www.example.com.", "mail.example.com.", ttl=600)
    ns = "AA\n;ANSWER\nexample.com. 86400 NS ns.example.com."
    glue = "\n;ADDITIONAL\nns.example.com. 86400 A 192.0.2.3"
    table[EXAMPLE, "example.com. NS"] = ns + glue
    table[EXAMPLE, "ns.example.com. A"] = address("ns.example.com.", EXAMPLE, 86400)
    world = walk_over(table)
    world.resolve("www.example.com. A")
    world.clock.time += 500
    world.resolve("example.com. NS")
    world.resolve("ns.example.com. A")
    world.clock.time += 101
    assert asks(world, "mail.example.com. A")[0] == COM


def test_phoenix_domain_a_name_below_does_not_outlive_the_delegation_above() -> None:
    table = internet("www.example.com.", ttl=600)
    deep = "www.sub.example.com."
    table |= internet(deep, ttl=600)
    table[EXAMPLE, f"{deep} A"] = (
        ";AUTHORITY\nsub.example.com. 86400 NS ns.sub.example.com.\n"
        ";ADDITIONAL\nns.sub.example.com. 86400 A 192.0.2.4"
    )
    table[EVIL, f"{deep} A"] = address(deep)
    world = walk_over(table)
    world.resolve(deep + " A")
    world.clock.time += 601
    assert asks(world, deep + " A")[0] == COM


def test_promiscuous_ns_beside_an_answer_moves_no_zone() -> None:
    table = internet("www.example.com.", "mail.example.com.")
    table[EXAMPLE, "www.example.com. A"] += (
        "\n;AUTHORITY\nexample.com. 86400 NS ns.evil.example.\ncom. 86400 NS ns.evil.example."
        f"\n;ADDITIONAL\nns.evil.example. 86400 A {EVIL}\nns.com. 86400 A {EVIL}"
    )
    world = walk_over(table)
    world.resolve("www.example.com. A")
    assert asks(world, "mail.example.com. A") == [EXAMPLE]


def test_kaminsky_a_reply_about_a_made_up_name_changes_no_other_name() -> None:
    table = internet("www.example.com.", "x1.example.com.")
    table[EXAMPLE, "x1.example.com. A"] = (
        "AA\n;ANSWER\nx1.example.com. 300 CNAME www.example.com.\n"
        f"www.example.com. 86400 A {EVIL}"
        "\n;AUTHORITY\nexample.com. 86400 NS www.example.com."
        f"\n;ADDITIONAL\nwww.example.com. 86400 A {EVIL}"
    )
    world = walk_over(table)
    assert lines(world.resolve("x1.example.com. A"))[-1].endswith("198.51.100.1")
    assert lines(world.resolve("www.example.com. A"))[-1].endswith("198.51.100.1")


def test_dname_spoof_one_forged_dname_does_not_move_the_names_below_it() -> None:
    table = internet("www.example.com.", "x1.example.com.")
    table[EXAMPLE, "x1.example.com. A"] = (
        "AA\n;ANSWER\nexample.com. 86400 DNAME evil.example.\n"
        "x1.example.com. 86400 CNAME x1.evil.example."
    )
    world = walk_over(table)
    world.resolve("x1.example.com. A")
    assert lines(world.resolve("www.example.com. A")) == [
        "www.example.com. 300 IN A 198.51.100.1"
    ]


def test_glue_of_another_parent_is_not_believed() -> None:
    table = internet("www.example.com.", "www.other.net.")
    table[ROOT, "www.other.net. A"] = (
        ";AUTHORITY\nnet. 86400 NS ns.net.\n;ADDITIONAL\nns.net. 86400 A 192.0.2.9"
    )
    table[COM, "www.example.com. A"] = (
        ";AUTHORITY\nexample.com. 3600 NS ns.example.com.\n"
        "example.com. 3600 NS ns.other.net.\n;ADDITIONAL\n"
        f"ns.example.com. 3600 A {EXAMPLE}\nns.other.net. 3600 A {EVIL}"
    )
    world = walk_over(table)
    world.resolve("www.example.com. A")
    assert {asked.server for asked in world.internet.asked} == {ROOT, COM, EXAMPLE}
    assert world.resolve("ns.other.net. A").answer == ()


def test_unrelated_records_in_a_chain_of_aliases_are_thrown_away() -> None:
    table = internet("a.example.com.", "b.example.com.", "c.example.com.")
    table[EXAMPLE, "a.example.com. A"] = (
        "AA\n;ANSWER\na.example.com. 300 CNAME b.example.com.\n"
        f"b.example.com. 300 A {EVIL}\nc.example.com. 300 A {EVIL}"
    )
    world = walk_over(table)
    assert EVIL not in str(lines(world.resolve("a.example.com. A")))
    assert EVIL not in str(lines(world.resolve("c.example.com. A")))


def test_maginot_a_forwarder_says_nothing_about_names_outside_its_zone() -> None:
    table = internet("www.example.com.")
    table[FORWARDER, "a.corp. A"] = (
        "RA\n;ANSWER\na.corp. 300 CNAME www.example.com.\n"
        f"www.example.com. 300 A {EVIL}"
        "\n;AUTHORITY\n. 86400 NS ns.evil.example.\ncom. 86400 NS ns.evil.example."
        f"\n;ADDITIONAL\nns.evil.example. 86400 A {EVIL}"
    )
    forward = configured_zone("corp.", FORWARDER, recursive=True)
    world = walk_over(table, configured=(forward,))
    assert lines(world.resolve("a.corp. A"))[-1].endswith("198.51.100.1")
    assert [asked.server for asked in world.internet.asked] == [
        FORWARDER,
        ROOT,
        COM,
        EXAMPLE,
    ]


def test_a_dname_over_a_configured_zone_does_not_move_it() -> None:
    table = internet("x1.example.com.")
    table[EXAMPLE, "x1.example.com. A"] = (
        "AA\n;ANSWER\nexample.com. 86400 DNAME evil.example."
    )
    table[FORWARDER, "a.corp.example.com. A"] = (
        "RA\n;ANSWER\na.corp.example.com. 60 A 192.168.1.1"
    )
    forward = configured_zone("corp.example.com.", FORWARDER, recursive=True)
    world = walk_over(table, configured=(forward,))
    world.resolve("x1.example.com. A")
    assert lines(world.resolve("a.corp.example.com. A"))[0].endswith("192.168.1.1")


def test_names_in_mixed_case_are_one_name() -> None:
    table = internet("www.example.com.")
    table[EXAMPLE, "www.example.com. A"] = address("wWw.ExAmPlE.cOm.")
    world = walk_over(table)
    assert len(lines(world.resolve("WWW.example.COM. A"))) == 1
    assert asks(world, "www.example.com. A") == []


def test_an_nxdomain_hides_nothing_below_it_as_long_as_nothing_is_proven() -> None:
    # RFC 8020 makes a forged or broken NXDOMAIN cost a whole tree.
    table = internet("a.example.com.", "b.a.example.com.")
    table[EXAMPLE, "a.example.com. A"] = (
        "AA NXDOMAIN\n;AUTHORITY\nexample.com. 900 SOA ns. admin. 1 2 3 4 300"
    )
    world = walk_over(table)
    world.resolve("a.example.com. A")
    assert len(lines(world.resolve("b.a.example.com. A"))) == 1
