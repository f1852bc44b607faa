import re

from resolver.config.declared import declared
from resolver.config.describe import describe
from resolver.config.kinds import SWITCH
from resolver.config.marks import LATER
from resolver.config.names import Forward, Stub
from resolver.config.reader import parse
from resolver.config.tables import Config


def taken_in(text: str) -> str:
    """The file with every setting's `#` taken away."""
    return re.sub(r"(?m)^#(?! |$)", "", text)


def test_the_file_as_printed_sets_nothing() -> None:
    config = parse(describe())
    assert config == Config()
    assert config.origins == {}


def test_the_settings_in_comments_are_the_defaults() -> None:
    config = parse(taken_in(describe()))
    assert config == Config(
        forward=(
            Forward(zone="corp.example", servers=("192.0.2.53", "[2001:db8::53]:53")),
        ),
        stub=(Stub(zone="lab.example", servers=("192.0.2.54",)),),
    )


def test_every_setting_is_printed_under_its_table_with_its_meaning() -> None:
    text = " ".join(re.sub(r"(?m)^# ?", " ", describe()).split())
    for table in declared().values():
        assert " ".join(table.meaning.split()) in text
        for setting in table.settings.values():
            assert " ".join(setting.meaning.split()) in text
            assert setting.kind is SWITCH or setting.kind.expected in text
    settings = sum(len(table.settings) for table in declared().values())
    assert len(re.findall(r"(?m)^#[a-z0-9_]+ = ", describe())) == settings


def test_what_is_not_in_effect_says_so_beside_the_setting() -> None:
    later = [
        setting.name
        for table in declared().values()
        for setting in table.settings.values()
        if setting.later
    ]
    found = re.findall(rf"(?mi)^# {LATER.value}\.\n#(\w+) = ", describe())
    assert found == later


def test_lines_fit_a_page() -> None:
    assert max(map(len, describe().splitlines())) <= 88
