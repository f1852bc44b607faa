"""What a single reply means, and how much of it is believed."""

from resolver.walk.scrub import (
    Alias,
    Answer,
    Nothing,
    Outcome,
    Referral,
    Useless,
    judge,
    substitute,
)
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.presentation import name_from_text, rrset_text
from tests.walk.pretend import question, reply

SOA = ";AUTHORITY\nexample.com. 900 SOA ns.example.com. admin. 1 2 3 4 300"


def judged(
    asked: str, text: str, zone: str = "example.com.", *, recursive: bool = False
) -> Outcome:
    asking = question(asked)
    return judge(reply(asking, text), asking, name_from_text(zone), recursive=recursive)


def test_records_of_the_name_and_type_are_the_answer() -> None:
    outcome = judged(
        "www.example.com. A", "AA\n;ANSWER\nwww.example.com. 60 A 192.0.2.9"
    )
    assert isinstance(outcome, Answer)
    assert outcome.authoritative


def test_an_answer_without_authority_is_taken_and_marked() -> None:
    outcome = judged("www.example.com. A", ";ANSWER\nwww.example.com. 60 A 192.0.2.9")
    assert isinstance(outcome, Answer)
    assert not outcome.authoritative


def test_records_of_another_name_are_no_answer() -> None:
    outcome = judged(
        "www.example.com. A", "AA\n;ANSWER\nother.example.com. 60 A 192.0.2.9"
    )
    assert isinstance(outcome, Nothing)


def test_a_forwarder_is_believed_a_chain_inside_its_zone() -> None:
    outcome = judged(
        "a.example.com. A",
        ";ANSWER\nb.example.com. 60 A 192.0.2.9\na.example.com. 60 CNAME B.example.com.",
        recursive=True,
    )
    assert isinstance(outcome, Answer)
    assert [link.rdtype for link in outcome.links] == [types.CNAME]


def test_a_chain_that_leaves_the_zone_is_an_alias_whatever_follows() -> None:
    outcome = judged(
        "a.example.com. A",
        "AA NXDOMAIN\n;ANSWER\na.example.com. 60 CNAME b.example.net.\n"
        "b.example.net. 60 A 192.0.2.9",
    )
    assert isinstance(outcome, Alias)
    assert outcome.target == name_from_text("b.example.net.")


def test_a_chain_that_stops_halfway_is_an_alias_to_ask_on_from() -> None:
    outcome = judged(
        "a.example.com. A", "AA\n;ANSWER\na.example.com. 60 CNAME b.example.com."
    )
    assert isinstance(outcome, Alias)


def test_the_target_of_an_alias_is_asked_for_even_if_the_packet_has_it() -> None:
    outcome = judged(
        "random.example.com. A",
        "AA\n;ANSWER\nrandom.example.com. 60 CNAME www.example.com.\n"
        "www.example.com. 60 A 203.0.113.66",
    )
    assert isinstance(outcome, Alias)
    assert [link.rdtype for link in outcome.links] == [types.CNAME]


def test_a_chain_that_ends_in_an_soa_is_a_negative_answer_about_its_end() -> None:
    outcome = judged(
        "a.example.com. A",
        "NXDOMAIN\n;ANSWER\na.example.com. 60 CNAME b.example.com.\n" + SOA,
        recursive=True,
    )
    assert isinstance(outcome, Nothing)
    assert outcome.name == name_from_text("b.example.com.")
    assert outcome.rcode == types.NXDOMAIN


def test_a_question_for_the_alias_itself_is_answered_by_it() -> None:
    outcome = judged(
        "a.example.com. CNAME", "AA\n;ANSWER\na.example.com. 60 CNAME b.example.net."
    )
    assert isinstance(outcome, Answer)


def test_a_loop_of_aliases_in_one_packet_does_not_hang() -> None:
    outcome = judged(
        "a.example.com. A",
        "AA\n;ANSWER\na.example.com. 60 CNAME b.example.com.\n"
        "b.example.com. 60 CNAME a.example.com.",
        recursive=True,
    )
    assert isinstance(outcome, Useless)


def test_a_dname_outside_the_zone_is_not_applied() -> None:
    outcome = judged("a.example.com. A", "AA\n;ANSWER\ncom. 60 DNAME evil.example.")
    assert isinstance(outcome, Nothing)


def test_a_dname_is_not_applied_to_its_own_owner() -> None:
    outcome = judged(
        "example.com. A", "AA\n;ANSWER\nexample.com. 60 DNAME example.net.\n" + SOA
    )
    assert isinstance(outcome, Nothing)
    assert outcome.rcode == types.NOERROR


def test_a_dname_is_believed_rather_than_the_cname_beside_it() -> None:
    outcome = judged(
        "a.example.com. A",
        "AA\n;ANSWER\nexample.com. 60 DNAME example.net.\n"
        "a.example.com. 60 CNAME evil.example.",
    )
    assert isinstance(outcome, Alias)
    assert outcome.target == name_from_text("a.example.net.")


def test_substitution_replaces_the_end_of_the_name() -> None:
    dname = RRset(name_from_text("b.c."), types.DNAME, 60, (name_from_text("x.y."),))
    cname = substitute(dname, name_from_text("a.b.c."))
    assert rrset_text(cname) == "a.b.c. 60 IN CNAME a.x.y."


def test_a_referral_keeps_the_glue_of_its_servers_inside_the_asked_zone_only() -> None:
    outcome = judged(
        "www.example.com. A",
        ";AUTHORITY\nexample.com. 60 NS ns.example.com.\nexample.com. 60 NS ns.other.net.\n"
        ";ADDITIONAL\nns.example.com. 60 A 192.0.2.4\nns.other.net. 60 A 192.0.2.5\n"
        "www.example.com. 60 A 192.0.2.66",
        zone="com.",
    )
    assert isinstance(outcome, Referral)
    assert [rrset.name for rrset in outcome.glue] == [name_from_text("ns.example.com.")]


def test_the_ns_set_beside_an_answer_teaches_nothing() -> None:
    outcome = judged(
        "www.example.com. A",
        "AA\n;ANSWER\nwww.example.com. 60 A 192.0.2.9\n"
        ";AUTHORITY\nexample.com. 60 NS evil.example.",
    )
    assert isinstance(outcome, Answer)
    assert outcome.links == ()


def test_lame_servers_are_recognised() -> None:
    for ns in (". 60 NS ns.root.", "com. 60 NS ns.com.", "example.com. 60 NS ns.x."):
        outcome = judged("www.example.com. A", f";AUTHORITY\n{ns}")
        assert isinstance(outcome, Useless), ns
        assert outcome.reason.startswith("lame"), ns
    sideways = judged("www.example.com. A", ";AUTHORITY\nx.example.com. 60 NS ns.x.")
    assert isinstance(sideways, Useless)


def test_an_soa_from_outside_the_zone_proves_nothing_for_long() -> None:
    outcome = judged(
        "www.example.com. A", "AA NXDOMAIN\n;AUTHORITY\ncom. 900 SOA ns. a. 1 2 3 4 5"
    )
    assert isinstance(outcome, Nothing)
    assert outcome.soa is None


def test_nodata_beside_the_zones_own_ns_set_is_an_answer_only_with_authority() -> None:
    ns = ";AUTHORITY\nexample.com. 60 NS ns.example.com."
    assert isinstance(judged("www.example.com. A", "AA\n" + ns), Nothing)
    assert isinstance(judged("www.example.com. A", ns), Useless)


def test_an_empty_reply_without_authority_counts_only_if_nobody_does_better() -> None:
    outcome = judged("www.example.com. A", "")
    assert isinstance(outcome, Useless)
    assert isinstance(outcome.otherwise, Nothing)


def test_an_nxdomain_that_brings_the_records_is_nonsense() -> None:
    outcome = judged(
        "www.example.com. A", "AA NXDOMAIN\n;ANSWER\nwww.example.com. 60 A 192.0.2.9"
    )
    assert isinstance(outcome, Useless)


def test_a_referral_for_a_ds_at_its_own_cut_means_that_there_is_none() -> None:
    outcome = judged(
        "example.com. DS", ";AUTHORITY\nexample.com. 60 NS ns.example.com.", zone="com."
    )
    assert isinstance(outcome, Nothing)


def test_a_forwarder_must_not_refer_us_elsewhere() -> None:
    text = ";AUTHORITY\nexample.com. 60 NS ns.example.com."
    outcome = judged("www.example.com. A", text, zone="com.", recursive=True)
    assert isinstance(outcome, Useless)


def test_a_reply_about_a_name_outside_the_zone_is_useless() -> None:
    outcome = judged(
        "www.example.net. A", "AA\n;ANSWER\nwww.example.net. 60 A 192.0.2.9"
    )
    assert isinstance(outcome, Useless)


def test_a_name_with_two_aliases_leads_nowhere() -> None:
    two = (
        "AA\n;ANSWER\nwww.example.com. 60 CNAME a.example.com.\n"
        "www.example.com. 60 CNAME b.example.com."
    )
    for asked in ("www.example.com. A", "www.example.com. CNAME"):
        assert isinstance(judged(asked, two), Useless)
    dnames = (
        "AA\n;ANSWER\nd.example.com. 60 DNAME a.net.\nd.example.com. 60 DNAME b.net."
    )
    assert isinstance(judged("www.d.example.com. A", dnames), Useless)


def test_records_beside_an_alias_of_the_same_name_are_the_answer() -> None:
    outcome = judged(
        "www.example.com. A",
        "AA\n;ANSWER\nwww.example.com. 60 CNAME evil.example.net.\n"
        "www.example.com. 60 A 192.0.2.9",
    )
    assert isinstance(outcome, Answer)
    assert outcome.links == ()


def test_every_outcome_can_be_told() -> None:
    told = [
        str(judged("www.example.com. A", text))
        for text in (
            "AA\n;ANSWER\nwww.example.com. 60 A 192.0.2.9",
            "AA\n" + SOA,
            "AA NXDOMAIN\n" + SOA,
            "AA\n;ANSWER\nwww.example.com. 60 CNAME x.net.",
            "REFUSED",
        )
    ]
    assert told == [
        "answer 1 A",
        "no data",
        "NXDOMAIN",
        "alias x.net.",
        "useless REFUSED",
    ]
    referral = judged(
        "a.com. A", ";AUTHORITY\na.com. 60 NS n.a.com.\na.com. 60 NS m.a.com.", "com."
    )
    assert str(referral) == "referral a.com. 2 NS"


def test_who_asks_for_an_alias_that_a_dname_implies_gets_both() -> None:
    records = "example.com. 60 DNAME net.\nwww.example.com. 60 CNAME www.net."
    outcome = judged("www.example.com. CNAME", f"AA\n;ANSWER\n{records}")
    assert isinstance(outcome, Answer)
    assert [it.rdtype for it in (*outcome.links, outcome.rrset)] == [
        types.DNAME,
        types.CNAME,
    ]


def test_an_alias_that_the_dname_does_not_imply_stands_alone() -> None:
    for other in ("example.com. 60 DNAME org.", "www.example.com. 60 A 192.0.2.1"):
        records = f"{other}\nwww.example.com. 60 CNAME www.net."
        outcome = judged("www.example.com. CNAME", f"AA\n;ANSWER\n{records}")
        assert isinstance(outcome, Answer)
        assert outcome.links == ()


def test_a_signature_in_the_additional_section_is_the_answers() -> None:
    signature = "A 13 3 60 20300101000000 20200101000000 1 example.com. AAEC"
    outcome = judged(
        "www.example.com. A",
        "AA\n;ANSWER\nwww.example.com. 60 A 192.0.2.9\n;ADDITIONAL\n"
        f"www.example.com. 60 RRSIG {signature}",
    )
    assert isinstance(outcome, Answer)
    assert len(outcome.rrset.signatures) == 1


def test_a_forwarder_that_refers_us_says_for_want_of_better_that_there_is_nothing() -> (
    None
):
    outcome = judged(
        "www.sub.example.com. A",
        ";AUTHORITY\nsub.example.com. 60 NS ns.example.net.",
        recursive=True,
    )
    assert isinstance(outcome, Useless)
    assert isinstance(outcome.otherwise, Nothing)
    assert outcome.otherwise.rcode == types.NOERROR
