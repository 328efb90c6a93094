"""What was set of a value, for as long as that same value comes again."""

from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")
T = TypeVar("T")


class Remembered(Generic[V, T]):
    """Makes something of a value once, and keeps at most `size` of what it made: what did not come again among the last
    half as many is forgotten. Values are told apart by identity: they must not change."""

    def __init__(self, make: Callable[[V], T], size: int) -> None:
        self._make = make
        self._half = size // 2
        # the values stay alive, so that no other one gets the id of one
        self._new: dict[int, tuple[V, T]] = {}
        self._old: dict[int, tuple[V, T]] = {}

    def __call__(self, value: V) -> T:
        """What is made of it."""
        found = self._new.get(id(value))
        if found is None:
            found = self._old.get(id(value)) or (value, self._make(value))
            if len(self._new) >= self._half:  # all at once would have every list set anew at one moment
                self._old, self._new = self._new, {}
            self._new[id(value)] = found
        return found[1]
