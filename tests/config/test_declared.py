from dataclasses import MISSING

from resolver.config.declared import declared
from resolver.config.kinds import SWITCH
from resolver.config.names import Forward


def test_every_table_and_setting_has_a_meaning() -> None:
    for table in declared().values():
        assert table.meaning
        assert table.settings
        for setting in table.settings.values():
            assert setting.meaning.endswith(".")


def test_a_declaration_is_read_whole() -> None:
    setting = declared()["recursion"].settings["prime"]
    assert (setting.name, setting.kind, setting.default) == ("prime", SWITCH, True)
    assert (setting.many, setting.required, setting.later) == (False, False, False)


def test_a_list_is_known_by_its_type() -> None:
    assert declared()["listen"].settings["plain"].many


def test_a_repeated_table_has_settings_that_must_be_given() -> None:
    forward = declared()["forward"]
    assert forward.many
    assert forward.shape is Forward
    assert forward.settings["zone"].required
    assert forward.settings["zone"].default is MISSING


def test_a_mark_on_a_table_is_a_mark_on_all_its_settings() -> None:
    assert all(setting.later for setting in declared()["dns64"].settings.values())
    assert not any(setting.later for setting in declared()["log"].settings.values())


def test_a_value_asks_for_a_feature_unless_it_switches_it_off() -> None:
    stale = declared()["cache"].settings["serve_stale"]
    assert [stale.asks(value) for value in (True, False)] == [True, False]
    workers = declared()["server"].settings["workers"]
    assert workers.asks(2)
    assert workers.asks("auto")
    assert not workers.asks(1)
    anchors = declared()["dnssec"].settings["trust_anchors"]
    assert anchors.asks((".",))
    assert not anchors.asks(())
    prefix = declared()["dns64"].settings["prefix"]
    assert prefix.asks("64:ff9b::/96")
    assert not prefix.asks("")
