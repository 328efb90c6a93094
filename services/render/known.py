"""What the store knows of an article when its page is taken: read in that same step, since its builder asks next."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.render.affected import NEWS_WINDOW, Shown
from services.render.edition import Story, cards_of, read_story
from services.render.related_step import RELATED
from shared.articles import Card, body_key, record_key
from shared.clock import MILLIS, TICK, moment
from shared.front import FRONT, Front
from shared.kept import read_card
from shared.live import built_key, former_key, left_key, live_key
from shared.ranking import HOT, TOPICS, ranking_key
from shared.store import Store, pairs

SHELVINGS = "render:shelvings"
"""How often any article was shelved. If that is more when an article is shelved than when it was read, others came into
the lists in between, and its related articles may lack them."""
BEYOND_LISTS = (ranking_key(HOT), ranking_key(TOPICS), FRONT)
"""What pages show beside lists; the marks of an article rest on it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """How an article is listed in the store now: its card while it is, or the one it was last listed with.

    `beyond` is what was read of `BEYOND_LISTS`, `shelvings` how often anything had been shelved.
    """

    live: bytes | None
    left: bytes | None
    beyond: tuple[bytes | None, ...]
    shelvings: int

    @property
    def card(self) -> Card | None:
        """What the lists show, or still show until they are built again."""
        kept = self.live or self.left
        return read_card(kept) if kept else None


@dataclass(frozen=True, slots=True)
class Known:
    """An article's story, if there is one, its related articles, if it is live, how it is listed, what is on disk of
    it, its pictures, and what pages showed beyond lists."""

    story: Story | None
    related: tuple[Card, ...]
    listed: Listed
    built: dict[bytes, bytes]
    pictures: set[str]
    shown: Shown

    @property
    def is_built(self) -> bool:
        """Whether what is on disk is of this revision of the story, though it may show other related articles."""
        return self.story is not None and self.built.get(b"revision") == str(self.story.article.revision).encode()


def pictures_of_key(article: str) -> str:
    """Key of the pictures that an article's page may show."""
    return f"render:pictures-of:{article}"


def read_known(answer: Sequence[Any], block: int) -> Known:
    """What the script's `known_of` told; `block` is the size of the topics block."""
    values, flat, pictures, former, related = answer
    record, body, live, left, tick, shelvings, *beyond = values
    listed = Listed(live, left, tuple(beyond), int(shelvings or 0))
    return Known(
        read_story(record, body, former),
        cards_of(related),
        listed,
        dict(pairs(flat)),
        {address.decode() for address in pictures},
        shown_beyond_lists(listed, int(tick or 0), block),
    )


async def look_beyond_lists_again(store: Store, known: Known, block: int) -> Known:
    """The same with what pages show beyond lists now."""
    tick, *beyond = await store.do("MGET", TICK, *BEYOND_LISTS)
    listed = replace(known.listed, beyond=tuple(beyond))
    return replace(known, listed=listed, shown=shown_beyond_lists(listed, int(tick or 0), block))


def shown_beyond_lists(listed: Listed, tick: int, block: int) -> Shown:
    """What pages show beyond lists."""
    hot, topics, front = listed.beyond
    at = moment(tick)
    return Shown(
        hot=tuple(json.loads(hot or b"[]")),
        topics=tuple(json.loads(topics or b"[]")),
        lead=Front.model_validate_json(front).at(at) if front else (),
        block=block,
        news_since=at - NEWS_WINDOW if tick else at,
    )


_OWN = ", ".join(f"'{key('')}' .. id" for key in (record_key, body_key, live_key, left_key))
_COMMON = ", ".join(f"'{key}'" for key in (TICK, SHELVINGS, *BEYOND_LISTS))
KNOWN = (
    MILLIS
    + RELATED
    + f"""
local function place_among_others(record)
  local article, topics = cjson.decode(record), {{}}
  if article.state ~= 'published' or article.down or article.replaced_by ~= cjson.null then return 0, topics end
  for at, topic in ipairs(article.topics) do topics[at] = topic.slug end
  return millis(article.published_at), topics
end
local function related_of(id, record, size, is_live)
  -- a record that cannot be read is left to who builds its page: it must not keep others from being taken
  local well, at, topics = pcall(place_among_others, record)
  return well and size > 0 and #topics > 0 and related_to(id, at, topics, size, is_live) or {{}}
end
local function known_of(id, size)
  local values = redis.call('MGET', {_OWN}, {_COMMON})
  return {{
    values,
    redis.call('HGETALL', '{built_key("")}' .. id),
    redis.call('SMEMBERS', '{pictures_of_key("")}' .. id),
    redis.call('SMEMBERS', '{former_key("")}' .. id),
    related_of(id, values[1], size, values[3]),
  }}
end
"""
)
