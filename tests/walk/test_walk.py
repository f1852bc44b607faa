"""Whole walks over pretend Internets: each test is a table and what comes of it."""

from resolver.ports import MAX_ADDRESS_LOOKUPS, MAX_ASKS
from resolver.wire import types
from resolver.wire.errors import EDE_NO_REACHABLE_AUTHORITY
from tests.walk.pretend import configured_zone, lines, walk_over

ROOT, COM, NET, EXAMPLE, OTHER = (
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.3",
    "192.0.2.4",
    "192.0.2.5",
)
TO_COM = ";AUTHORITY\ncom. 86400 NS ns.com.\n;ADDITIONAL\nns.com. 86400 A 192.0.2.2"
TO_NET = ";AUTHORITY\nnet. 86400 NS ns.net.\n;ADDITIONAL\nns.net. 86400 A 192.0.2.3"
TO_EXAMPLE = (
    ";AUTHORITY\nexample.com. 3600 NS ns.example.com.\n"
    ";ADDITIONAL\nns.example.com. 3600 A 192.0.2.4"
)
SOA = ";AUTHORITY\nexample.com. 900 SOA ns.example.com. admin. 1 2 3 4 300"
DOWN = {
    (ROOT, "www.example.com. A"): TO_COM,
    (COM, "www.example.com. A"): TO_EXAMPLE,
}
ANSWER = "AA\n;ANSWER\nwww.example.com. 300 A 198.51.100.1"


def test_a_walk_follows_referrals_to_the_answer() -> None:
    world = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER})
    resolution = world.resolve("www.example.com. A")
    assert resolution.rcode == types.NOERROR
    assert lines(resolution) == ["www.example.com. 300 IN A 198.51.100.1"]
    assert world.internet.questions == [
        f"{ROOT} www.example.com. A",
        f"{COM} www.example.com. A",
        f"{EXAMPLE} www.example.com. A",
    ]


def test_a_second_question_is_answered_from_memory_with_its_ttl_counted_down() -> None:
    world = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER})
    world.resolve("www.example.com. A")
    world.clock.time += 100
    resolution = world.resolve("www.example.com. A")
    assert lines(resolution) == ["www.example.com. 200 IN A 198.51.100.1"]
    assert len(world.internet.asked) == 3


def test_a_second_name_starts_at_the_closest_known_zone() -> None:
    mail = "AA\n;ANSWER\nmail.example.com. 300 A 198.51.100.2"
    world = walk_over(
        DOWN
        | {
            (EXAMPLE, "www.example.com. A"): ANSWER,
            (EXAMPLE, "mail.example.com. A"): mail,
        }
    )
    world.resolve("www.example.com. A")
    world.resolve("mail.example.com. A")
    assert world.internet.questions[3:] == [f"{EXAMPLE} mail.example.com. A"]


def test_an_expired_delegation_is_walked_for_again_from_its_parent() -> None:
    world = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER})
    world.resolve("www.example.com. A")
    world.clock.time += 3601
    world.resolve("www.example.com. A")
    assert world.internet.questions[3:] == [
        f"{COM} www.example.com. A",
        f"{EXAMPLE} www.example.com. A",
    ]


def test_a_name_that_does_not_exist_is_nxdomain_with_the_soa_and_is_remembered() -> (
    None
):
    world = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): "AA NXDOMAIN\n" + SOA})
    first = world.resolve("www.example.com. A")
    world.clock.time += 10
    second = world.resolve("www.example.com. AAAA")
    assert [first.rcode, second.rcode] == [types.NXDOMAIN, types.NXDOMAIN]
    assert [rrset.ttl for rrset in second.authority] == [290]
    assert len(world.internet.asked) == 3


def test_a_type_that_does_not_exist_is_an_empty_answer_and_is_remembered() -> None:
    world = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): "AA\n" + SOA})
    world.resolve("www.example.com. A")
    resolution = world.resolve("www.example.com. A")
    assert resolution.rcode == types.NOERROR
    assert resolution.answer == ()
    assert [rrset.rdtype for rrset in resolution.authority] == [types.SOA]
    assert len(world.internet.asked) == 3


def test_a_referral_without_glue_sends_us_on_an_errand_for_the_address() -> None:
    glueless = ";AUTHORITY\nexample.com. 3600 NS ns.example.net."
    world = walk_over(
        {
            (ROOT, "www.example.com. A"): TO_COM,
            (COM, "www.example.com. A"): glueless,
            (ROOT, "ns.example.net. A"): TO_NET,
            (NET, "ns.example.net. A"): "AA\n;ANSWER\nns.example.net. 60 A 192.0.2.4",
            (EXAMPLE, "www.example.com. A"): ANSWER,
        }
    )
    assert world.resolve("www.example.com. A").rcode == types.NOERROR
    assert world.internet.questions[2:4] == [
        f"{ROOT} ns.example.net. A",
        f"{NET} ns.example.net. A",
    ]


def test_a_server_that_has_only_an_ipv6_address_is_found_by_it() -> None:
    glueless = ";AUTHORITY\nexample.com. 3600 NS ns.example.net."
    soa = "AA\n;AUTHORITY\nnet. 900 SOA ns.net. admin. 1 2 3 4 300"
    world = walk_over(
        {
            (ROOT, "www.example.com. A"): TO_COM,
            (COM, "www.example.com. A"): glueless,
            (ROOT, "ns.example.net. A"): TO_NET,
            (NET, "ns.example.net. A"): soa,
            (NET, "ns.example.net. AAAA"): (
                "AA\n;ANSWER\nns.example.net. 60 AAAA 2001:db8::4"
            ),
            ("2001:db8::4", "www.example.com. A"): ANSWER,
        }
    )
    assert world.resolve("www.example.com. A").rcode == types.NOERROR


def test_an_alias_into_another_zone_is_followed_there() -> None:
    alias = "AA\n;ANSWER\nwww.example.com. 300 CNAME web.example.net."
    world = walk_over(
        DOWN
        | {
            (EXAMPLE, "www.example.com. A"): alias,
            (ROOT, "web.example.net. A"): TO_NET,
            (
                NET,
                "web.example.net. A",
            ): "AA\n;ANSWER\nweb.example.net. 60 A 203.0.113.9",
        }
    )
    expected = [
        "www.example.com. 300 IN CNAME web.example.net.",
        "web.example.net. 60 IN A 203.0.113.9",
    ]
    assert lines(world.resolve("www.example.com. A")) == expected
    assert lines(world.resolve("www.example.com. A")) == expected
    assert len(world.internet.asked) == 5


def test_what_a_server_says_about_an_alias_target_outside_its_zone_is_not_believed() -> (
    None
):
    poison = (
        "AA\n;ANSWER\nwww.example.com. 300 CNAME web.example.net.\n"
        "web.example.net. 300 A 203.0.113.66"
    )
    world = walk_over(
        DOWN
        | {
            (EXAMPLE, "www.example.com. A"): poison,
            (ROOT, "web.example.net. A"): TO_NET,
            (
                NET,
                "web.example.net. A",
            ): "AA\n;ANSWER\nweb.example.net. 60 A 203.0.113.9",
        }
    )
    answer = lines(world.resolve("www.example.com. A"))
    assert answer[1:] == ["web.example.net. 60 IN A 203.0.113.9"]


def test_the_rcode_of_an_alias_to_nowhere_is_that_of_its_end() -> None:
    alias = "AA\n;ANSWER\nwww.example.com. 300 CNAME gone.net."
    nowhere = "AA NXDOMAIN\n;AUTHORITY\nnet. 900 SOA ns.net. admin. 1 2 3 4 300"
    world = walk_over(
        DOWN
        | {
            (EXAMPLE, "www.example.com. A"): alias,
            (ROOT, "gone.net. A"): TO_NET,
            (NET, "gone.net. A"): nowhere,
        }
    )
    resolution = world.resolve("www.example.com. A")
    assert resolution.rcode == types.NXDOMAIN
    assert len(resolution.answer) == 1


def test_a_loop_of_aliases_is_a_failure_and_not_an_endless_walk() -> None:
    world = walk_over(
        DOWN
        | {
            (EXAMPLE, "www.example.com. A"): (
                "AA\n;ANSWER\nwww.example.com. 300 CNAME a.net."
            ),
            (ROOT, "a.net. A"): TO_NET,
            (NET, "a.net. A"): "AA\n;ANSWER\na.net. 300 CNAME www.example.com.",
        }
    )
    resolution = world.resolve("www.example.com. A")
    assert resolution.rcode == types.SERVFAIL
    assert "aliases" in resolution.ede[0][1]


def chain(length: int) -> dict[tuple[str, str], str]:
    """A chain of aliases that hops between two zones, `length` of them."""
    table = {(ROOT, "n0.com. A"): TO_COM}
    for i in range(length + 1):
        zone, server = ("com", COM) if i % 2 == 0 else ("net", NET)
        after = "net" if zone == "com" else "com"
        record = f"CNAME n{i + 1}.{after}." if i < length else "A 203.0.113.1"
        table[ROOT, f"n{i}.{zone}. A"] = TO_COM if zone == "com" else TO_NET
        table[server, f"n{i}.{zone}. A"] = f"AA\n;ANSWER\nn{i}.{zone}. 60 {record}"
    return table


def test_eleven_aliases_are_followed() -> None:
    resolution = walk_over(chain(11)).resolve("n0.com. A")
    assert resolution.rcode == types.NOERROR
    assert len(resolution.answer) == 12


def test_the_twelfth_alias_is_one_too_many() -> None:
    assert walk_over(chain(12)).resolve("n0.com. A").rcode == types.SERVFAIL


def test_a_dname_sends_a_name_below_it_elsewhere_and_others_are_asked_for() -> None:
    dname = "AA\n;ANSWER\nexample.com. 300 DNAME example.net."
    web = "AA\n;ANSWER\nwww.example.net. 60 A 203.0.113.9"
    mail = "AA\n;ANSWER\nmail.example.net. 60 A 203.0.113.8"
    world = walk_over(
        DOWN
        | {
            (EXAMPLE, "www.example.com. A"): dname,
            (EXAMPLE, "mail.example.com. A"): dname,
            (ROOT, "www.example.net. A"): TO_NET,
            (NET, "www.example.net. A"): web,
            (NET, "mail.example.net. A"): mail,
        }
    )
    assert lines(world.resolve("www.example.com. A")) == [
        "example.com. 300 IN DNAME example.net.",
        "www.example.com. 300 IN CNAME www.example.net.",
        "www.example.net. 60 IN A 203.0.113.9",
    ]
    asked = len(world.internet.asked)
    assert lines(world.resolve("mail.example.com. A"))[0].startswith("example.com.")
    assert world.internet.questions[asked:] == [
        f"{EXAMPLE} mail.example.com. A",
        f"{NET} mail.example.net. A",
    ]
    assert world.resolve("www.example.com. A").rcode == types.NOERROR
    assert len(world.internet.asked) == asked + 2


def test_a_dname_that_makes_a_name_too_long_is_yxdomain() -> None:
    long = ".".join(["x" * 60] * 4)
    dname = f"AA\n;ANSWER\nexample.com. 300 DNAME {long}."
    asked = "y" * 30 + ".example.com. A"
    world = walk_over(
        {
            (ROOT, asked): TO_COM,
            (COM, asked): TO_EXAMPLE,
            (EXAMPLE, asked): dname,
        }
    )
    resolution = world.resolve(asked)
    assert resolution.rcode == types.YXDOMAIN
    assert [rrset.rdtype for rrset in resolution.answer] == [types.DNAME]


TWO_SERVERS = (
    ";AUTHORITY\nexample.com. 3600 NS ns1.example.com.\n"
    "example.com. 3600 NS ns2.example.com.\n"
    ";ADDITIONAL\nns1.example.com. 3600 A 192.0.2.4\n"
    "ns2.example.com. 3600 A 192.0.2.5"
)
TWO = {(ROOT, "www.example.com. A"): TO_COM, (COM, "www.example.com. A"): TWO_SERVERS}


def test_a_silent_server_is_followed_by_the_next_one() -> None:
    for silent, alive in ((EXAMPLE, OTHER), (OTHER, EXAMPLE)):
        world = walk_over(TWO | {(alive, "www.example.com. A"): ANSWER})
        assert world.resolve("www.example.com. A").rcode == types.NOERROR
        assert world.internet.questions.count(f"{silent} www.example.com. A") <= 1


def test_unhelpful_replies_lead_to_the_next_server() -> None:
    upward = ";AUTHORITY\n. 3600 NS ns.root."
    sideways = ";AUTHORITY\nnet. 3600 NS ns.net."
    itself = ";AUTHORITY\nexample.com. 3600 NS ns1.example.com."
    for useless in ("REFUSED", "SERVFAIL", upward, sideways, itself, "", "YXDOMAIN"):
        table = TWO | {
            (EXAMPLE, "www.example.com. A"): useless,
            (OTHER, "www.example.com. A"): ANSWER,
        }
        for dice in (0.1, 0.9):
            world = walk_over(table, dice=dice)
            assert world.resolve("www.example.com. A").rcode == types.NOERROR, useless


def test_a_lame_server_is_not_asked_first_for_that_zone_again() -> None:
    upward = ";AUTHORITY\n. 3600 NS ns.root."
    mail = "AA\n;ANSWER\nmail.example.com. 300 A 198.51.100.2"
    table = TWO | {
        (EXAMPLE, "www.example.com. A"): upward,
        (OTHER, "www.example.com. A"): ANSWER,
        (OTHER, "mail.example.com. A"): mail,
    }
    world = walk_over(table, dice=0.1)
    world.resolve("www.example.com. A")
    assert f"{EXAMPLE} www.example.com. A" in world.internet.questions
    asked = len(world.internet.asked)
    world.resolve("mail.example.com. A")
    assert world.internet.questions[asked:] == [f"{OTHER} mail.example.com. A"]


def test_hearsay_from_a_recursive_server_is_taken_only_for_want_of_better() -> None:
    hearsay = "RA\n;ANSWER\nwww.example.com. 300 A 198.51.100.66"
    better = walk_over(
        TWO
        | {
            (EXAMPLE, "www.example.com. A"): hearsay,
            (OTHER, "www.example.com. A"): ANSWER,
        },
        dice=0.1,
    )
    assert lines(better.resolve("www.example.com. A"))[0].endswith("198.51.100.1")
    alone = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): hearsay})
    assert lines(alone.resolve("www.example.com. A"))[0].endswith("198.51.100.66")


def test_when_nobody_helps_the_failure_says_who_was_asked_and_is_remembered() -> None:
    world = walk_over(TWO | {(EXAMPLE, "www.example.com. A"): "REFUSED"})
    resolution = world.resolve("www.example.com. A")
    assert resolution.rcode == types.SERVFAIL
    [(_, text)] = resolution.ede
    assert "example.com." in text
    assert "REFUSED" in text
    assert "did not reply" in text
    asked = len(world.internet.asked)
    again = world.resolve("www.example.com. A")
    assert again.rcode == types.SERVFAIL
    assert len(world.internet.asked) == asked
    world.clock.time += 10
    world.internet.table[OTHER, "www.example.com. A"] = ANSWER
    assert world.resolve("www.example.com. A").rcode == types.NOERROR


def test_a_lost_packet_is_sent_again_to_the_only_server() -> None:
    world = walk_over(DOWN)
    world.resolve("www.example.com. A")
    assert world.internet.questions.count(f"{EXAMPLE} www.example.com. A") == 5


def test_a_server_that_refuses_the_connection_is_asked_once() -> None:
    world = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): "connection refused"})
    world.resolve("www.example.com. A")
    assert world.internet.questions.count(f"{EXAMPLE} www.example.com. A") == 1


def test_servers_that_need_each_other_do_not_lead_round_in_circles() -> None:
    to_each_other = {
        (ROOT, "www.a.com. A"): TO_COM,
        (COM, "www.a.com. A"): ";AUTHORITY\na.com. 3600 NS ns.b.com.",
        (COM, "ns.b.com. A"): ";AUTHORITY\nb.com. 3600 NS ns.a.com.",
        (COM, "ns.a.com. A"): ";AUTHORITY\na.com. 3600 NS ns.b.com.",
        (COM, "ns.b.com. AAAA"): ";AUTHORITY\nb.com. 3600 NS ns.a.com.",
        (COM, "ns.a.com. AAAA"): ";AUTHORITY\na.com. 3600 NS ns.b.com.",
    }
    world = walk_over(to_each_other)
    assert world.resolve("www.a.com. A").rcode == types.SERVFAIL
    assert len(world.internet.asked) < 10


def test_a_delegation_to_hundreds_of_names_costs_a_bounded_number_of_questions() -> (
    None
):
    names = "\n".join(f"example.com. 3600 NS n{i}.victim.net." for i in range(300))
    table = {
        (ROOT, "www.example.com. A"): TO_COM,
        (COM, "www.example.com. A"): f";AUTHORITY\n{names}",
    }
    nowhere = "AA NXDOMAIN\n;AUTHORITY\nnet. 900 SOA ns.net. admin. 1 2 3 4 300"
    for i in range(300):
        table[ROOT, f"n{i}.victim.net. A"] = TO_NET
        table[NET, f"n{i}.victim.net. A"] = nowhere
    world = walk_over(table)
    assert world.resolve("www.example.com. A").rcode == types.SERVFAIL
    assert len(world.internet.asked) <= 12
    asked = len(world.internet.asked)
    assert world.resolve("mail.example.com. A").rcode == types.SERVFAIL
    assert len(world.internet.asked) - asked <= 12


def test_server_names_without_an_address_are_not_looked_up_for_every_question() -> None:
    table = {
        (ROOT, "www.example.com. A"): TO_COM,
        (COM, "www.example.com. A"): ";AUTHORITY\nexample.com. 3600 NS ns.victim.net.",
        (ROOT, "ns.victim.net. A"): TO_NET,
        (NET, "ns.victim.net. A"): "AA NXDOMAIN",  # no SOA: nobody says for how long
    }
    world = walk_over(table)
    world.resolve("www.example.com. A")
    asked = len(world.internet.asked)
    world.resolve("mail.example.com. A")
    assert world.internet.questions[asked:] == []


def test_a_walk_ends_within_its_deadline_and_says_so() -> None:
    world = walk_over({})
    world.internet.timeout = 5.0
    resolution, errand = world.errand("www.example.com. A")
    assert resolution.rcode == types.SERVFAIL
    assert "query_deadline" in resolution.ede[0][1]
    assert errand.now() <= errand.deadline + 5.0


def test_running_out_of_time_names_the_servers_that_kept_silent() -> None:
    world = walk_over(DOWN)
    world.internet.timeout = 4.5
    [(code, text)] = world.resolve("www.example.com. A").ede
    assert code == EDE_NO_REACHABLE_AUTHORITY
    assert "query_deadline" in text
    assert "ns.example.com (192.0.2.4) did not reply" in text


def test_an_endless_ladder_of_delegations_ends_by_a_budget() -> None:
    name = ".".join("x" for _ in range(100)) + "."
    table: dict[tuple[str, str], str] = {}
    zone = ""
    for _ in range(100):
        zone = f"x.{zone}"
        table[ROOT, f"{name} A"] = ""
    world = walk_over(table)
    labels = name.count(".")

    class Ladder(dict[tuple[str, str], str]):
        step = 0

        def get(self, key: object, default: object = None) -> str:
            self.step += 1
            zone = ".".join("x" for _ in range(min(self.step, labels))) + "."
            return (
                f";AUTHORITY\n{zone} 3600 NS ns.{zone}\n"
                f";ADDITIONAL\nns.{zone} 3600 A 192.0.2.{self.step}"
            )

    world.internet.table = Ladder()
    resolution = world.resolve(f"{name} A")
    assert resolution.rcode == types.SERVFAIL
    assert "max_referrals" in resolution.ede[0][1]
    assert len(world.internet.asked) <= MAX_ASKS
    assert MAX_ADDRESS_LOOKUPS <= MAX_ASKS


def test_the_ds_of_a_zone_is_asked_of_its_parent() -> None:
    table = DOWN | {
        (EXAMPLE, "www.example.com. A"): ANSWER,
        (COM, "example.com. DS"): (
            "AA\n;ANSWER\nexample.com. 60 DS 1 13 2 "
            "0000000000000000000000000000000000000000000000000000000000000000"
        ),
    }
    world = walk_over(table)
    world.resolve("www.example.com. A")
    assert len(world.resolve("example.com. DS").answer) == 1
    assert world.internet.questions[-1] == f"{COM} example.com. DS"


def test_a_forward_zone_is_asked_with_recursion_and_believed_without_authority() -> (
    None
):
    forward = configured_zone("corp.", "192.0.2.53", recursive=True)
    world = walk_over(
        {
            ("192.0.2.53", "www.corp. A"): (
                "RA\n;ANSWER\nwww.corp. 60 CNAME web.corp.\nweb.corp. 60 A 10.0.0.1"
            )
        },
        configured=(forward,),
        minimise=True,
    )
    assert len(world.resolve("www.corp. A").answer) == 2
    [asked] = world.internet.asked
    assert asked.recursive


def test_nothing_that_a_forwarder_says_outside_its_zone_is_believed() -> None:
    forward = configured_zone("corp.", "192.0.2.53", recursive=True)
    world = walk_over(
        {
            ("192.0.2.53", "www.corp. A"): (
                "RA\n;ANSWER\nwww.corp. 60 CNAME www.com.\nwww.com. 60 A 10.0.0.66"
            ),
            (ROOT, "www.com. A"): TO_COM,
            (COM, "www.com. A"): "AA\n;ANSWER\nwww.com. 60 A 203.0.113.1",
        },
        configured=(forward,),
    )
    assert lines(world.resolve("www.corp. A"))[1].endswith("203.0.113.1")


def test_a_stub_zone_is_asked_without_recursion_and_may_delegate() -> None:
    stub = configured_zone("lab.", "192.0.2.53", recursive=False)
    world = walk_over(
        {
            ("192.0.2.53", "www.sub.lab. A"): (
                ";AUTHORITY\nsub.lab. 60 NS ns.sub.lab.\n"
                ";ADDITIONAL\nns.sub.lab. 60 A 192.0.2.54"
            ),
            ("192.0.2.54", "www.sub.lab. A"): (
                "AA\n;ANSWER\nwww.sub.lab. 60 A 10.0.0.1"
            ),
        },
        configured=(stub,),
    )
    assert len(world.resolve("www.sub.lab. A").answer) == 1
    assert not any(asked.recursive for asked in world.internet.asked)


def test_an_address_that_must_not_be_asked_is_not_asked() -> None:
    world = walk_over(
        DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER},
        may_ask=lambda host: host != EXAMPLE,
    )
    assert world.resolve("www.example.com. A").rcode == types.SERVFAIL
    assert EXAMPLE not in {asked.server for asked in world.internet.asked}


def test_minimisation_tells_each_zone_one_label_more() -> None:
    table = {
        (ROOT, "com. A"): TO_COM,
        (COM, "example.com. A"): TO_EXAMPLE,
        (EXAMPLE, "b.example.com. A"): "AA\n" + SOA,
        (EXAMPLE, "a.b.example.com. TXT"): (
            'AA\n;ANSWER\na.b.example.com. 60 TXT "here"'
        ),
    }
    world = walk_over(table, minimise=True)
    assert len(world.resolve("a.b.example.com. TXT").answer) == 1
    assert world.internet.questions == [f"{server} {q}" for server, q in table]


def test_minimisation_gives_way_when_a_server_does_not_understand_it() -> None:
    for answer in ("REFUSED", "AA NXDOMAIN\n" + SOA, "SERVFAIL"):
        table = {
            (ROOT, "com. A"): TO_COM,
            (COM, "example.com. A"): TO_EXAMPLE,
            (EXAMPLE, "b.example.com. A"): answer,
            (EXAMPLE, "a.b.example.com. A"): (
                "AA\n;ANSWER\na.b.example.com. 60 A 203.0.113.1"
            ),
        }
        world = walk_over(table, minimise=True)
        assert world.resolve("a.b.example.com. A").rcode == types.NOERROR, answer


def test_minimisation_gives_way_after_two_silences() -> None:
    table = {
        (ROOT, "com. A"): TO_COM,
        (COM, "example.com. A"): TO_EXAMPLE,
        (EXAMPLE, "a.b.example.com. A"): (
            "AA\n;ANSWER\na.b.example.com. 60 A 203.0.113.1"
        ),
    }
    world = walk_over(table, minimise=True)
    assert world.resolve("a.b.example.com. A").rcode == types.NOERROR
    assert world.internet.questions.count(f"{EXAMPLE} b.example.com. A") == 2


def test_priming_asks_the_hints_who_serves_the_root_and_then_asks_those() -> None:
    primed = (
        "AA\n;ANSWER\n. 3600 NS ns2.root.\n;ADDITIONAL\nns2.root. 3600 A 192.0.2.99"
    )
    table = {
        (ROOT, ". NS"): primed,
        ("192.0.2.99", "com. A"): ("AA\n;AUTHORITY\n. 60 SOA a. b. 1 2 3 4 60"),
        ("192.0.2.99", "net. A"): "AA\n;AUTHORITY\n. 60 SOA a. b. 1 2 3 4 60",
    }
    world = walk_over(table, prime=True)
    world.resolve("com. A")
    world.resolve("net. A")
    assert world.internet.questions == [f"{server} {q}" for server, q in table]


def test_the_hints_serve_when_priming_fails_and_it_is_tried_again_later() -> None:
    nothing = "AA\n;AUTHORITY\n. 60 SOA a. b. 1 2 3 4 60"
    world = walk_over({(ROOT, "com. A"): nothing}, prime=True)
    assert world.resolve("com. A").rcode == types.NOERROR
    world.internet.table[ROOT, "net. A"] = nothing
    asked = len(world.internet.asked)
    world.resolve("net. A")
    assert world.internet.questions[asked:] == [f"{ROOT} net. A"]
    world.clock.time += 60
    world.internet.table[ROOT, "org. A"] = nothing
    world.resolve("org. A")
    assert f"{ROOT} . NS" in world.internet.questions[asked:]


def test_the_diary_tells_the_story_in_order() -> None:
    world = walk_over(DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER})
    _, errand = world.errand("www.example.com. A")
    told = [note.kind for note in errand.diary]
    assert told == ["question", *["zone", "verdict"] * 3]
