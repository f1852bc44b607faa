from resolver.config.declared import declared
from resolver.config.marks import LATER


def test_the_mark_says_in_words_what_it_means() -> None:
    assert LATER.value == "not in effect in this version"


def test_the_mark_is_told_of_each_setting_that_has_it() -> None:
    tables = declared()
    assert tables["dns64"].settings["prefix"].later
    assert not tables["cache"].settings["size"].later
