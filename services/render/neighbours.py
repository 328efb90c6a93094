"""The articles around one in its topics: their pages may show it among the related ones, or have to no longer.

Looking around costs more than listing an article does. So what is marked when it is listed or leaves is the look
alone, `near:{article}|{score}|{patience}|{topics}`, which waits its turn as a page does and then marks the pages.
Whoever is further off by then has new articles in between, which look around themselves.
"""

from collections.abc import Iterable

from services.render import keys
from services.render.dirty_steps import ALL, LUA
from services.render.leases import Taken
from services.render.related import AROUND
from shared.live import list_key
from shared.store import Script, Store


def near(article: str, score: int, topics: Iterable[str], patience: int) -> str:
    """Key of the look around a place in these topics' lists."""
    return f"near:{article}|{score}|{patience}|{','.join(topics)}"


async def mark_neighbours(store: Store, taken: Taken) -> None:
    """Look around, mark the pages and give the lease back, in one step."""
    article, score, patience, topics = taken.key.removeprefix("near:").split("|")
    lists = [list_key(f"topic:{topic}") for topic in topics.split(",")]
    about = (taken.key, taken.token, taken.cause, article, score, patience, AROUND)
    await store.run(_MARK_NEIGHBOURS, (*ALL, *lists), about)


def may_reach(waits: str, page: str) -> bool:
    """Whether what waits may, when its turn comes, mark this page: a look around marks articles' pages, an article's
    page any.

    Until it has done so, that page differs from what the store says, and is not wrong for that: the store has a
    withdrawn article out of its lists already, and the new text, which feeds show, of one that waits to be built.
    """
    return keys.kind(waits) == "article" or (keys.kind(waits) == "near" and keys.kind(page) == "article")


_MARK_NEIGHBOURS = Script(
    LUA
    + """
local page, token, cause, id, score, patience, around = unpack(ARGV)
local marks, seen = {}, {[id] = true}
for at = 9, #KEYS do
  local key, member = KEYS[at], id
  if redis.call('ZSCORE', key, id) ~= score then
    -- it is not there, or no longer there: where would it be?
    member = id .. '!'
    redis.call('ZADD', key, score, member)
  end
  local rank = redis.call('ZRANK', key, member)
  for _, other in ipairs(redis.call('ZRANGE', key, math.max(0, rank - around - 1), rank + around + 1)) do
    if other ~= member and not seen[other] then
      seen[other] = true
      marks[#marks + 1], marks[#marks + 2], marks[#marks + 3] = 'article:' .. other, patience, cause
    end
  end
  if member ~= id then redis.call('ZREM', key, member) end
end
mark_all(tonumber(patience) > 0 and BACKGROUND or SHARED, marks)
done(page, token)
return #marks / 3
"""
)
