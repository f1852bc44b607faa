"""What a resolver tells of itself."""

import pytest

from resolver.policy.identity import HIDDEN, Identity
from resolver.wire import types
from resolver.wire.edns import COOKIE, NSID
from resolver.wire.message import Edns, Question
from resolver.wire.presentation import name_from_text, rrsets_from_text

US = Identity(b"fra-2", b"resolver two", b"1.0")


def chaos(name: str, rdtype: int = types.TXT) -> Question:
    return Question(name_from_text(name), rdtype, types.CH)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("id.server.", "resolver two"),
        ("hostname.bind.", "resolver two"),
        ("version.server.", "1.0"),
        ("version.bind.", "1.0"),
    ],
)
@pytest.mark.parametrize("rdtype", [types.TXT, types.ANY])
def test_its_name_and_version_have_names_in_class_chaos(
    name: str, text: str, rdtype: int
) -> None:
    told = US.answer(chaos(name, rdtype))
    assert told is not None
    assert list(told.answer) == rrsets_from_text(f'{name} 0 CH TXT "{text}"')
    assert not told.authoritative


def test_such_a_name_exists_whatever_is_asked_of_it_or_told() -> None:
    for identity, rdtype in ((US, types.A), (HIDDEN, types.TXT)):
        told = identity.answer(chaos("id.server.", rdtype))
        assert told is not None
        assert (told.rcode, told.answer) == (types.NOERROR, ())


def test_other_names_in_class_chaos_are_none() -> None:
    assert US.answer(chaos("authors.bind.")) is None
    assert US.answer(chaos("www.id.server.")) is None


def test_nsid_goes_to_who_asks_for_it_whatever_is_in_the_option() -> None:
    assert US.options(Edns(options=((NSID, b""),))) == ((NSID, b"fra-2"),)
    both = ((COOKIE, bytes(8)), (NSID, b"x"), (NSID, b""))
    assert US.options(Edns(options=both)) == ((NSID, b"fra-2"),)


def test_nsid_goes_to_nobody_else() -> None:
    assert US.options(Edns()) == ()
    assert US.options(Edns(options=((COOKIE, bytes(8)),))) == ()
    assert HIDDEN.options(Edns(options=((NSID, b""),))) == ()
    # What options mean in another version is not known (RFC 6891 section 6.1.3).
    assert US.options(Edns(version=1, options=((NSID, b""),))) == ()
