"""The little language of `${...}` that steps compute with.

`$name` is a variable, `${time}` the clock, `${timeout}` the seconds until the next
timer, `${ctime T}` a time in words, `${range LOW X HIGH}` is X and fails outside the
limits.  Anything else in braces is text in which sums are worked out from left to
right, without precedence, as Unbound's testbound does.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Final

_INNERMOST: Final = re.compile(r"\$\{([^{}]*)\}")
_VARIABLE: Final = re.compile(r"\$(\w+)")
_SUM: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([-+*/])\s*(\d+(?:\.\d+)?)")
_OPERATIONS: Final[dict[str, Callable[[float, float], float]]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
}


class MacroError(ValueError):
    """An expression that has no value, or one outside of its limits."""


def expand(
    text: str,
    variables: Mapping[str, str],
    now: float = 0.0,
    next_timer: float | None = None,
) -> str:
    """Replace every `${...}` by its value.  Raises MacroError."""

    def value(found: re.Match[str]) -> str:
        body = _VARIABLE.sub(lambda name: _variable(name.group(1), variables), found[1])
        match body.split():
            case ["time"]:
                return str(int(now))
            case ["timeout"]:
                left = 0.0 if next_timer is None else max(0.0, next_timer - now)
                return str(int(left))
            case ["ctime", *rest]:
                return time.asctime(time.gmtime(int(float(_sums(" ".join(rest))))))
            case ["range", *rest]:
                return _in_range(_sums(" ".join(rest)))
            case _:
                return _sums(body)

    for _ in range(text.count("${") + 1):
        text = _INNERMOST.sub(value, text)
    return text


def _variable(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise MacroError(f"variable is not defined: ${name}")
    return variables[name]


def _sums(text: str) -> str:
    """Work out the sums in a text, from left to right."""
    while (found := _SUM.search(text)) is not None:
        result = _OPERATIONS[found[2]](float(found[1]), float(found[3]))
        text = f"{text[: found.start()]}{result:.12g}{text[found.end() :]}"
    return text


def _in_range(text: str) -> str:
    low, value, high = (float(word) for word in text.split()[:3])
    if not low <= value <= high:
        raise MacroError(f"{value:.24g} is not in the range from {low:g} to {high:g}")
    return f"{value:.24g}"
