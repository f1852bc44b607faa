"""The numbers have their registered names, which dnspython knows independently."""

import dns.rcode
import dns.rdatatype
import pytest

from resolver.wire import types


@pytest.mark.parametrize("number", [1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 35, 39, 41])
def test_common_types_are_named_as_everywhere(number: int) -> None:
    assert types.type_name(number) == dns.rdatatype.to_text(
        dns.rdatatype.RdataType.make(number)
    )


@pytest.mark.parametrize("number", [43, 46, 47, 48, 50, 51, 64, 65, 251, 252, 255])
def test_dnssec_service_and_question_types_too(number: int) -> None:
    assert types.type_name(number) == dns.rdatatype.to_text(
        dns.rdatatype.RdataType.make(number)
    )


def test_a_type_without_a_name_is_written_as_rfc_3597_does() -> None:
    assert types.type_name(65280) == "TYPE65280"


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 6, 9, 16])
def test_response_codes_are_named_as_everywhere(number: int) -> None:
    assert types.rcode_name(number) == dns.rcode.to_text(dns.rcode.Rcode.make(number))


def test_a_response_code_without_a_name_is_written_as_its_number() -> None:
    assert types.rcode_name(17) == "RCODE17"
