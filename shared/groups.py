"""The groups that read a stream, as the store tells of them."""

from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from shared.store import Store, pairs

PRESSES, COUNTERS = "render", "trending"
"""As which render and trending read streams."""
OURS = frozenset({PRESSES, COUNTERS})
"""All others are somebody else's."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of readers: `last` is the newest entry that one of them got; `lag` and `pending` count entries that none
    got yet (None where the store cannot tell), and those that were not acknowledged."""

    name: str
    last: str
    lag: int | None
    pending: int

    @property
    def behind(self) -> bool:
        """Whether it has entries left to get or to acknowledge."""
        return bool(self.lag or self.pending)


async def groups_of(store: Store, stream: str) -> list[Group]:
    """The groups of a stream; none where there is no such stream."""
    try:
        answer = await store.do("XINFO", "GROUPS", stream)
    except ResponseError:
        return []
    told = map(_fields, answer)
    return [
        Group(one["name"].decode(), one["last-delivered-id"].decode(), one.get("lag"), one["pending"]) for one in told
    ]


async def pending_between(store: Store, stream: str, group: str) -> tuple[str, str] | None:
    """The oldest and the newest entry that a group got and has not acknowledged; None if there is none. Raises
    ResponseError if the group is gone."""
    _, oldest, newest, _ = await store.do("XPENDING", stream, group)
    return (oldest.decode(), newest.decode()) if oldest else None


async def left_by(store: Store, stream: str, group: Group) -> dict[str, list[str]]:
    """The entries that each reader of a group got and has not acknowledged."""
    left: dict[str, list[str]] = {}
    if group.pending:
        for entry, reader, *_ in await store.do("XPENDING", stream, group.name, "-", "+", group.pending):
            left.setdefault(reader.decode(), []).append(entry.decode())
    return left


async def idle_of(store: Store, stream: str, group: str) -> list[int]:
    """For how many milliseconds each reader of a group has asked for nothing. Raises ResponseError if it is gone."""
    return [int(_fields(flat)["idle"]) for flat in await store.do("XINFO", "CONSUMERS", stream, group)]


def _fields(flat: list[Any]) -> dict[str, Any]:
    return {name.decode(): value for name, value in pairs(flat)}
