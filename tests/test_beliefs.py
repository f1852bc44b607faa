from resolver.beliefs import BOGUS, INSECURE, SECURE, UNCHECKED, security_name


def test_what_is_worth_less_is_less() -> None:
    assert BOGUS < UNCHECKED < INSECURE < SECURE
    names = [security_name(each) for each in (BOGUS, UNCHECKED, INSECURE, SECURE)]
    assert names == ["bogus", "unchecked", "insecure", "secure"]
