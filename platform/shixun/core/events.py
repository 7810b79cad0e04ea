"""Things that happened, told within the same transaction to the features that care. The order of subscribers is the order of modules."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E")
_subscribers: dict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Decorator: call the function with every event of the dataclass `kind`. An error in it fails the whole unit of work."""

    def register(function: Callable[[E], None]) -> Callable[[E], None]:
        if function not in _subscribers[kind]:
            _subscribers[kind].append(function)
        return function

    return register


def emit(event: object) -> None:
    """Tell `event` to its subscribers, now."""
    for function in _subscribers[type(event)]:
        function(event)
