from collections.abc import Mapping

import pytest

from resolver.daemon.commands import Commands, Refused


async def echo(arguments: Mapping[str, object]) -> object:
    return dict(arguments)


async def test_a_command_gets_its_arguments_and_gives_its_result() -> None:
    commands = Commands()
    commands.add("echo", echo)
    assert await commands.run("echo", {"name": "www."}) == {"name": "www."}


async def test_an_unknown_command_is_refused_with_those_that_there_are() -> None:
    commands = Commands()
    commands.add("echo", echo)
    commands.add("again", echo)
    with pytest.raises(Refused, match="no command ecko; there are again, echo"):
        await commands.run("ecko", {})


def test_a_name_is_given_once() -> None:
    commands = Commands()
    commands.add("echo", echo)
    with pytest.raises(ValueError, match="echo already"):
        commands.add("echo", echo)
