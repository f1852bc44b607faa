"""What `import resolver` gives, and what it costs."""

import subprocess
import sys

import pytest

import resolver
import resolver.library as room


def test_the_package_offers_the_library_by_name() -> None:
    assert resolver.Resolver is room.Resolver
    assert resolver.Answer is room.Answer
    assert resolver.Security is room.Security
    assert set(resolver.__all__) == set(room.__all__)


def test_what_is_not_there_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Resolvr'"):
        getattr(resolver, "Resolvr")  # noqa: B009 - mypy would see it


def test_importing_the_package_loads_nothing_until_it_is_named() -> None:
    code = (
        "import sys; before = set(sys.modules); import resolver;"
        "print(sorted(set(sys.modules) - before)); resolver.Resolver;"
        "print('dns' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    first, second = done.stdout.splitlines()
    assert "resolver" in first
    assert "dns" not in first
    assert "asyncio" not in first
    assert second == "True"


def test_using_it_changes_nothing_of_the_process() -> None:
    code = (
        "import asyncio, gc, logging, resource, signal, threading;"
        "from resolver import Resolver;"
        "state = lambda: (logging.root.handlers[:], gc.get_threshold(),"
        " resource.getrlimit(resource.RLIMIT_NOFILE), threading.active_count(),"
        " [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]);"
        "exec('async def main():\\n async with Resolver() as one:\\n"
        '  print(*await one.resolve("localhost"))\\n'
        "  return state()');"
        "before = state(); r = asyncio.Runner(); during = r.run(main()); r.close();"
        "print(before[:4] == during[:4], before[4][0] == during[4][0],"
        " state() == before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["127.0.0.1", "True True True"]
    assert done.stderr == ""
