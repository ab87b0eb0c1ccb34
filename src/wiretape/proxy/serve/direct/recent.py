"""A small memory: what was used last stays, what was not goes first."""

from __future__ import annotations

from collections import OrderedDict


class Recent[K, V]:
    """A dictionary of bounded weight."""

    def __init__(self, limit: int) -> None:
        """Hold values of at most *limit* in all, in whatever unit `put` is given."""
        self._limit = limit
        self._weight = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value of *key*, which counts as used now; None where it is not held."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int) -> None:
        """Hold *value*; what was not used for longest makes room. What is too heavy by itself is not held."""
        former = self._values.pop(key, None)
        if former is not None:
            self._weight -= former[1]
        if weight > self._limit:
            return
        self._values[key] = (value, weight)
        self._weight += weight
        while self._weight > self._limit:
            _, (_, lost) = self._values.popitem(last=False)
            self._weight -= lost
