"""What stands in the store under a name of Pressrun's and is not what Pressrun keeps there: somebody else wrote it."""

import json
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from redis.exceptions import ResponseError

from services.console.exported import ASKED
from services.render.authority import AUTHORITY
from services.render.dirty_steps import CAUSES, TOKENS, WAITING, WHY
from services.render.everything import scan_bytes
from shared.articles import Article, Card
from shared.charts import Chart, charts_key
from shared.conditions import CONDITIONS, Conditions
from shared.events import DEAD_LETTERS, STREAMS
from shared.front import FRONT, Front
from shared.kept import unpack_body
from shared.media import LENGTHS
from shared.store import Command, Store

READ_ERRORS = (ValueError, TypeError, LookupError, ResponseError)
"""What a command may end in that has read such a thing."""


def _texts(parts: list[bytes]) -> None:
    for part in parts:
        part.decode()


def _counts(parts: list[bytes]) -> None:
    _texts(parts)
    for count in parts[1::2]:
        int(count.rpartition(b" ")[2])


Read = Callable[[Any], object]
KEPT: dict[str, tuple[str, Read]] = {
    **dict.fromkeys((*STREAMS, DEAD_LETTERS), ("stream", bool)),
    **dict.fromkeys(("article:", "scheduled:"), ("string", Article.model_validate_json)),
    **dict.fromkeys(("body:", "scheduled-body:"), ("string", unpack_body)),
    **dict.fromkeys(("live:", "left:"), ("string", Card.model_validate_json)),
    "chart:": ("string", Chart.model_validate_json),
    "clock:": ("string", int),
    CONDITIONS: ("string", Conditions.model_validate_json),
    FRONT: ("string", Front.model_validate_json),
    "ranking:": ("string", json.loads),
    **dict.fromkeys(("slug:", AUTHORITY), ("string", bytes.decode)),
    **dict.fromkeys(("list:", "place:", *WAITING), ("zset", _texts)),
    **dict.fromkeys(("former:", "charted:", charts_key()), ("set", _texts)),
    **dict.fromkeys(("names:", "built:", TOKENS, CAUSES), ("hash", _texts)),
    **dict.fromkeys(("days:", "months:", WHY, LENGTHS), ("hash", _counts)),
}
"""What is kept under a name, or under those that begin so with a colon, and what reads it."""


def kept_under(name: str) -> tuple[str, Read] | None:
    """What is to be under a name, and what reads it; None for one that commands do not read."""
    return KEPT.get(name) or KEPT.get("".join(name.partition(":")[:2]))


async def unreadable(store: Store) -> list[str]:
    """The keys that cannot be read, each with what is wrong."""
    found = []
    async for keys in scan_bytes(store, "*"):
        known = [(key, name, *kept) for key in keys if (kept := kept_under(name := _text(key)))]
        kinds = [kind.decode() for kind in await store.all([("TYPE", key) for key, *_ in known])]
        asked = [ASKED.get(there, _only_whether)(key) for (key, *_), there in zip(known, kinds, strict=True)]
        values = await store.all(asked)
        for (key, name, kind, read), there, value in zip(known, kinds, values, strict=True):
            if wrong := _wrong(key, kind, read, there, value):
                found.append(f"{name}: {wrong}")
    return sorted(found)


def _only_whether(key: str | bytes) -> Command:
    """A stream is not read, and of what has gone there is nothing to read."""
    return ("EXISTS", key)


def _text(key: bytes) -> str:
    return key.decode(errors="backslashreplace")


def _wrong(key: bytes, kind: str, read: Read, there: str, value: Any) -> str:
    """What is wrong with a key; nothing if it can be read, or has gone."""
    if there not in (kind, "none"):
        return f"a {there}, where a {kind} is to be"
    try:
        key.decode()
        if value is not None:
            read(value)
    except ValidationError as error:
        return error.errors(include_url=False)[0]["msg"]
    except READ_ERRORS as error:
        return str(error)
    return ""
