"""What was set of a value, for as long as that same value comes again."""

from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")
T = TypeVar("T")


class Remembered(Generic[V, T]):
    """Makes something of a value once. Values are told apart by identity: they must not change."""

    def __init__(self, make: Callable[[V], T], size: int) -> None:
        self._make = make
        self._size = size
        self._made: dict[int, tuple[V, T]] = {}  # the value stays alive, so that no other one gets its id

    def __call__(self, value: V) -> T:
        """What is made of it."""
        found = self._made.get(id(value))
        if found is None:
            if len(self._made) >= self._size:
                self._made.clear()
            found = self._made[id(value)] = (value, self._make(value))
        return found[1]
