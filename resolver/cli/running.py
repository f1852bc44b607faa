"""What the resolver that is running was told to do."""

from resolver.cli.control import Connection, NotRunning, Refusal, places
from resolver.config import Config, parse


def settings(path: str) -> Config | None:
    """Ask for the configuration in effect; `path` is [control] path.

    None where nobody is running, or nobody that we may ask.
    """
    try:
        with Connection(places(None, path)) as connection:
            told = connection.run("settings")
    except (NotRunning, Refusal):
        return None
    return parse(str(told["text"])) if isinstance(told, dict) else None
