import pytest

from benchmarks.results import Results, Row
from benchmarks.table import render, shown


def test_a_table_has_servers_side_by_side_and_the_ratio_last() -> None:
    results = Results(frozenset("ab"))
    results.add(Row("b", "new zones", "CPU us each"), "ours", 0, 300.0)
    results.add(Row("b", "new zones", "CPU us each"), "unbound", 0, 40.0)
    results.add(Row("a", "10 names", "answers/s"), "ours", 0, 123456.0)
    results.add(Row("a", "10 names", "answers/s"), "dnsmasq", 0, 1000.0)
    assert render(results, "ours", ["unbound", "named"]).splitlines() == [
        "                               ours  unbound  dnsmasq  ours/unbound",
        "(a) cached",
        "    10 names   answers/s    123,456        -    1,000             -",
        "(b) cold",
        "    new zones  CPU us each      300     40.0        -          7.50",
    ]


def test_a_table_of_nothing_is_a_table() -> None:
    assert render(Results(frozenset("a")), "ours", ["unbound"]) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.00"),
        (3.456, "3.46"),
        (34.56, "34.6"),
        (345.6, "346"),
        (34567.8, "34,568"),
    ],
)
def test_values_have_three_digits_or_so(value: float | None, text: str) -> None:
    assert shown(value) == text
