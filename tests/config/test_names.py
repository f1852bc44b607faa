from resolver.config import Config
from resolver.config.declared import declared


def test_what_is_said_of_names_stands_in_tables_of_its_own() -> None:
    tables = declared()
    assert {"forward", "stub", "local", "rebinding", "dns64"} <= set(tables)
    assert not Config().forward
    assert not Config().stub


def test_nothing_is_local_or_filtered_unless_the_configuration_says_so() -> None:
    config = Config()
    assert not config.local.records
    assert not config.local.zones
    assert not config.rebinding.remove
