"""How much of everything.

Full runs take long enough for steady figures; quick ones tell a factor of two, within
two minutes.  Rounds are what is interleaved: each goes through all servers once, in
another order each time.
"""

from typing import Final, NamedTuple


class Clients(NamedTuple):
    """One setting of the load: sockets, and questions that may be open at once."""

    sockets: int
    open: int


class Plan(NamedTuple):
    """Counts, seconds, and questions a second."""

    name: str
    # For (a), and for (d) cached.
    warm_names: int
    warm_rounds: int
    warm_seconds: float
    warm_clients: tuple[Clients, ...]
    warm_rate: int
    latency_seconds: float
    # For (b), and for (d) cold.
    cold_rounds: int
    new_zones: int
    known_names: int
    cold_rate: int
    # For (c).
    mix_rounds: int
    mix_questions: int
    # For (e) and (h): the numbers of names that a cache grows to.
    sizes: tuple[int, ...]
    size_runs: int
    size_seconds: float
    # For (f) and (g).
    starts: int
    worker_rounds: int
    # For (i).
    reload_rate: int
    reload_seconds: float


# A client with one socket, an office, a provider's customers.
CLIENTS: Final = (Clients(1, 20), Clients(10, 100), Clients(50, 200))
# What cold questions and fillings come from: enough to keep a resolver busy.
COLD_CLIENTS: Final = Clients(20, 100)
# Latency is measured with room to be late, so that a pause delays no later question.
STEADY_CLIENTS: Final = Clients(20, 5000)

FULL: Final = Plan(
    name="full",
    warm_names=10_000,
    warm_rounds=5,
    warm_seconds=3,
    warm_clients=CLIENTS,
    warm_rate=10_000,
    latency_seconds=5,
    cold_rounds=5,
    new_zones=10_000,
    known_names=20_000,
    cold_rate=500,
    mix_rounds=5,
    mix_questions=100_000,
    sizes=(1_000, 100_000, 1_000_000),
    size_runs=3,
    size_seconds=5,
    starts=9,
    worker_rounds=5,
    reload_rate=20_000,
    reload_seconds=20,
)
QUICK: Final = Plan(
    name="quick",
    warm_names=10_000,
    warm_rounds=2,
    warm_seconds=0.5,
    warm_clients=CLIENTS[1:],
    warm_rate=10_000,
    latency_seconds=1,
    cold_rounds=2,
    new_zones=1_500,
    known_names=3_000,
    cold_rate=500,
    mix_rounds=2,
    mix_questions=8_000,
    sizes=(1_000, 20_000),
    size_runs=1,
    size_seconds=0.5,
    starts=3,
    worker_rounds=1,
    reload_rate=20_000,
    reload_seconds=3,
)
