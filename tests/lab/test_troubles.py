from resolver.lab.behaviours import HONEST, Behaviour, instead
from resolver.lab.catalogue import VICTIM_ADDRESS, named
from resolver.lab.troubles import ANSWER, troubles

MUTE = Behaviour("mute", "says nothing", instead(), "SERVFAIL")


def test_a_misbehaving_server_is_alone_in_one_zone_and_accompanied_in_another() -> None:
    alone, beside = troubles([MUTE])[0].zones
    assert (alone.origin, [host.behaviour for host in alone.hosts]) == (
        "mute.com.",
        [MUTE],
    )
    assert (beside.origin, [host.behaviour for host in beside.hosts]) == (
        "mute.net.",
        [MUTE, HONEST],
    )


def test_alone_it_is_as_the_behaviour_says_and_accompanied_all_is_well() -> None:
    alone, beside = troubles([MUTE])[0].samples
    assert (alone.question, alone.rcode, alone.answer) == (
        "www.mute.com. A",
        "SERVFAIL",
        "",
    )
    assert (beside.question, beside.rcode, beside.answer) == (
        "www.mute.net. A",
        "NOERROR",
        ANSWER,
    )


def test_who_believes_no_lie_finds_the_victims_own_address() -> None:
    liar = troubles([named("lies-in-answer")])[0]
    assert [sample.answer for sample in liar.samples] == [VICTIM_ADDRESS, ""]


def test_every_server_has_an_address_of_its_own() -> None:
    zones = [spec for each in troubles([MUTE, named("dead")]) for spec in each.zones]
    addresses = [
        each for spec in zones for host in spec.hosts for each in host.addresses
    ]
    assert len(set(addresses)) == len(addresses)


def test_one_of_several_works() -> None:
    (flaky,) = troubles([])[0].zones
    assert [host.behaviour for host in flaky.hosts].count(HONEST) == 1
    assert len(flaky.hosts) > 2
