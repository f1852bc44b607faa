from hypothesis import given
from hypothesis import strategies as st

from resolver.ports import Address
from resolver.walk.blame import MAX_BLAME, blame, deed
from resolver.wire.presentation import name_from_text

NS1, NS2 = name_from_text("ns1.example.net."), name_from_text("ns2.example.net.")
ONE, TWO, THREE = (Address(f"192.0.2.{i}") for i in (1, 2, 3))


def test_one_server_is_told_with_its_name_and_address() -> None:
    assert blame([(ONE, NS1, "REFUSED")]) == "ns1.example.net (192.0.2.1) REFUSED"


def test_servers_that_failed_alike_are_told_together() -> None:
    failed = [(ONE, NS1, "timeout"), (TWO, NS1, "timeout"), (THREE, NS2, "timeout")]
    told = "ns1.example.net (192.0.2.1) and 2 others did not reply"
    assert blame(failed) == told
    assert blame(failed[:2]) == told.replace("2 others", "1 other")


def test_different_failures_are_told_one_after_the_other() -> None:
    failed = [(ONE, NS1, "timeout"), (TWO, NS2, "REFUSED"), (THREE, NS1, "timeout")]
    assert blame(failed) == (
        "ns1.example.net (192.0.2.1) and 1 other did not reply;"
        " ns2.example.net (192.0.2.2) REFUSED"
    )


def test_what_means_the_same_to_a_reader_is_the_same() -> None:
    failed = [(ONE, NS1, "network unreachable"), (TWO, NS2, "host unreachable")]
    assert blame(failed) == (
        "ns1.example.net (192.0.2.1) and 1 other could not be reached"
    )


def test_a_server_without_a_name_or_with_an_endless_one_is_told_by_its_address() -> (
    None
):
    assert blame([(ONE, b"", "REFUSED")]) == "192.0.2.1 REFUSED"
    endless = name_from_text(".".join(["x" * 60] * 3) + ".")
    assert blame([(ONE, endless, "REFUSED")]) == "192.0.2.1 REFUSED"


def test_a_reason_is_told_as_a_deed_or_as_it_is() -> None:
    assert deed("timeout") == "did not reply"
    assert deed("REFUSED") == "REFUSED"


def test_what_does_not_fit_is_counted() -> None:
    reasons = ["timeout", "x" * 60, "y" * 60, "y" * 60]
    failed = [(Address(f"192.0.2.{i}"), NS1, r) for i, r in enumerate(reasons)]
    told = blame(failed)
    assert told.startswith("ns1.example.net (192.0.2.0) did not reply; ns1")
    assert told.endswith("x; 2 more")


@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.sampled_from([b"", NS1]), st.text()),
        min_size=1,
        max_size=30,
    )
)
def test_the_text_has_an_end(failed: list[tuple[int, bytes, str]]) -> None:
    told = blame((Address(f"192.0.2.{i}"), name, why) for i, name, why in failed)
    assert 0 < len(told) <= MAX_BLAME
