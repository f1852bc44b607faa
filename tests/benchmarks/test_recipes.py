from pathlib import Path

import pytest

from benchmarks import recipes, signing, zones
from benchmarks.recipes import Settings
from benchmarks.servers import KINDS, OURS, Kind, in_effect
from resolver.config import load

PEERS = [kind for kind in KINDS if kind.name != OURS]


def settings(folder: Path, *, validate: bool) -> Settings:
    hints, anchor = folder / "hints", folder / "root.key"
    hints.write_text(zones.hints())
    anchor.write_text(f". 86400 IN DNSKEY {signing.dnskey('.')}\n")
    return Settings(5399, folder, hints, anchor, validate=validate)


def written(folder: Path) -> str:
    inputs = {"hints", "root.key"}
    texts = [it.read_text() for it in folder.iterdir() if it.name not in inputs]
    return "\n".join(texts)


@pytest.mark.parametrize("validate", [False, True])
def test_our_configuration_is_one_that_we_understand(
    tmp_path: Path, *, validate: bool
) -> None:
    recipes.ours(settings(tmp_path, validate=validate))
    config = load(tmp_path / "resolver.toml")
    assert config.listen.plain == ("127.0.0.1:5399",)
    assert config.cache.size == recipes.CACHE_BYTES
    assert config.recursion.root_hints == str(tmp_path / "hints")
    assert config.recursion.never_ask == ()
    assert config.dnssec.validate == validate


@pytest.mark.parametrize("kind", PEERS, ids=lambda kind: kind.name)
def test_a_peer_gets_its_program_and_our_port(kind: Kind, tmp_path: Path) -> None:
    command = kind.recipe(settings(tmp_path, validate=False))
    assert command[0] == kind.program
    assert "5399" in written(tmp_path) + " ".join(command)


@pytest.mark.parametrize("kind", PEERS, ids=lambda kind: kind.name)
def test_validation_is_what_makes_the_difference(kind: Kind, tmp_path: Path) -> None:
    kind.recipe(settings(tmp_path, validate=False))
    without = written(tmp_path)
    kind.recipe(settings(tmp_path, validate=True))
    assert (written(tmp_path) != without) == kind.walks


def test_every_kind_has_a_name_and_a_port_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert len({kind.port for kind in KINDS}) == len(KINDS)


def test_settings_are_known_by_their_names() -> None:
    assert in_effect("recursion.root_hints")
    assert {in_effect("server.workers"), in_effect("dnssec.validate")} <= {True, False}
