import pytest

from resolver.observe.labels import WORKERS, client_text, cut, id_of

IPV6 = bytes.fromhex("20010db8aaaabbbb")


def test_no_two_workers_give_the_same_id() -> None:
    ids = {id_of(number, worker) for number in range(64) for worker in range(WORKERS)}
    assert len(ids) == 64 * WORKERS


def test_ids_are_short_and_have_no_letters_that_look_alike() -> None:
    ids = [id_of(number, 3) for number in range(1, 4096)]
    assert max(map(len, ids)) <= 4
    assert not set("ilou") & set("".join(ids))
    assert id_of(0, 0) == "0"


@pytest.mark.parametrize(
    ("network", "address", "wide"),
    [
        ("192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
        (IPV6, "2001:db8:aaaa:bbbb::/64", "2001:db8:aaaa::/48"),
        ("", "this host", "this host"),
    ],
)
def test_as_much_of_a_client_is_told_as_is_to_be_known(
    network: str | bytes, address: str, wide: str
) -> None:
    assert client_text(network, "address") == address
    assert client_text(network, "network") == wide
    assert client_text(network, "none") == ""


def test_a_text_that_is_too_long_is_cut_at_a_character() -> None:
    assert cut("short", 5) == "short"
    assert cut("longer", 5) == "lo..."
    assert cut("ééé", 6) == "ééé"
    assert cut("éééé", 6) == "é..."
    assert len(cut("x" * 500, 192)) == 192
    assert cut("\ud800", 10) == "?"
