"""The articles around one in its topics: their pages may show it among the related ones, or have to no longer.

Looking around costs more than listing an article does. So what is marked when it is listed or leaves is the look
alone, which waits its turn as a page does and then marks the pages. Whoever is further off by then has new articles in
between, which look around themselves.

Most articles around one show the same as before, and building a page costs far more than to see that: so each is noted
with what its page was last built from (its `basis`), and marked only where that does not show that nothing changes:

- Its page was built from what stood in the lists after the change: whoever is shelved gets a number, higher each time.
- The change is no more than another article that came (`joined`), or other words on it (`words`), and it has no place
  among the related ones: they are as many as there can be, all of them before it in their order. Nor did who came push
  one of them out of reach.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from services.render import keys
from services.render.dirty_steps import ALL, LUA, basis_key
from services.render.leases import Taken
from services.render.related import AROUND, TOPICS, topics_of
from shared.articles import Article, Card
from shared.clock import millis
from shared.live import list_key
from shared.store import Script, Store

Changed = Literal["joined", "words", "moved"]
"""What became of an article in its lists: it was in none; its card tells something else, and it stands where it stood
in the same topics; or anything else, its leaving among that."""


def near(article: str, score: int, patience: int, changed: Changed, topics: Iterable[str]) -> str:
    """Key of the look around a place in these topics' lists; the number of the shelving is added behind another `|`."""
    return f"near:{article}|{score}|{patience}|{changed}|{','.join(topics)}"


def basis(shelvings: int, article: Article, related: Sequence[Card], size: int) -> str:
    """What an article's page is built from, as the look around others reads it: how many shelvings there had been; what
    another article must have to be shown (how many topics it shares, its moment in ms, its id); and for each topic
    which of those that are shown share it."""
    topics = topics_of(article)
    shared = [{topic.slug for topic in card.topics}.intersection(topics) for card in related]
    last = (0, 0, "-") if len(related) < size else (TOPICS + 1, 0, "-")  # anybody is shown; nobody is
    if related and len(related) == size:
        last = (len(shared[-1]), millis(related[-1].published_at), related[-1].id)
    shown = ((topic, [card.id for card, its in zip(related, shared, strict=True) if topic in its]) for topic in topics)
    return " ".join((str(shelvings), *map(str, last), ";".join(f"{topic}={','.join(ids)}" for topic, ids in shown)))


async def mark_neighbours(store: Store, taken: Taken) -> None:
    """Look around, mark the pages and give the lease back, in one step."""
    article, score, patience, changed, topics, number = taken.key.removeprefix("near:").split("|")
    slugs = topics.split(",")
    lists = [list_key(f"topic:{slug}") for slug in slugs]
    about = (taken.key, taken.token, taken.cause, article, score, patience, changed, number, AROUND)
    await store.run(_MARK_NEIGHBOURS, (*ALL, *lists), (*about, *slugs))


def may_reach(waits: str, page: str) -> bool:
    """Whether what waits may, when its turn comes, mark this page: a look around marks articles' pages, an article's
    page any.

    Until it has done so, that page differs from what the store says, and is not wrong for that: the store has a
    withdrawn article out of its lists already, and the new text, which feeds show, of one that waits to be built.
    """
    return keys.kind(waits) == "article" or (keys.kind(waits) == "near" and keys.kind(page) == "article")


# KEYS[9] and further: lists of topics. ARGV: the page, its lease's token, the cause; the parts of the key of the look;
# how far it reaches; the slugs of the topics. Answers how many pages it marked.
_MARK_NEIGHBOURS = Script(
    LUA
    + f"local BASIS = '{basis_key('')}'\n"
    + """
local page, token, cause, id, score, patience, changed, number, around = unpack(ARGV, 1, 9)
local FIRST = 9
number, around = tonumber(number), tonumber(around)
local found, seen, is_of_topic = {}, {[id] = true}, {}
local windows = {} -- of each topic, while the article is there: its place, and that of each around it
for at = FIRST, #KEYS do
  local key, slug = KEYS[at], ARGV[at + 1]
  is_of_topic[slug] = true
  local is_there, member = redis.call('ZSCORE', key, id) == score, id
  if not is_there then
    -- where would it be?
    member = id .. '!'
    redis.call('ZADD', key, score, member)
    changed = 'moved'
  end
  local rank = redis.call('ZRANK', key, member)
  -- where it moved, it may stand between the others and where it stood
  local reach = changed == 'moved' and around + 1 or around
  local asked = changed == 'moved' and reach or 2 * around -- whom others may reach is asked for too
  local first, place_of = math.max(0, rank - asked), {}
  for offset, other in ipairs(redis.call('ZRANGE', key, first, rank + asked)) do
    local place = first + offset - 1
    place_of[other] = place
    if other ~= member and not seen[other] and math.abs(place - rank) <= reach then
      seen[other] = true
      found[#found + 1] = other
    end
  end
  windows[slug] = {rank, place_of}
  if not is_there then redis.call('ZREM', key, member) end
end

local function has_lost_one(other, topic, shown)
  -- whether who is in its reach has pushed one of those that it shows out of it
  local rank, place_of = unpack(windows[topic])
  local place = place_of[other]
  if not place or math.abs(place - rank) > around then return false end
  for one in string.gmatch(shown, '[^,]+') do
    if not place_of[one] or math.abs(place_of[one] - place) > around then return true end
  end
  return false
end
local function may_change(other, basis, is_leased)
  local had, least, moment, last, by_topic = string.match(basis or '', '^(%d+) (%d+) (%-?%d+) (%S+) (.*)$')
  if not had then return true end
  if tonumber(had) >= number then return false end
  if changed == 'moved' or is_leased then return true end
  local shared, has_lost = 0, false
  for topic, shown in string.gmatch(by_topic, '([^=;]+)=([^;]*)') do
    if is_of_topic[topic] then
      shared = shared + 1
      has_lost = has_lost or changed == 'joined' and has_lost_one(other, topic, shown)
    end
  end
  if shared == 0 then return false end -- it is around it in a topic that is not asked for its page
  local at = tonumber(score)
  least, moment = tonumber(least), tonumber(moment)
  return has_lost or shared > least or shared == least and (at > moment or at == moment and id <= last)
end
local marks = {}
for first = 1, #found, 1000 do -- unpack has its bounds; somebody may give an article a thousand topics
  local pages, kept = {}, {}
  for at = first, math.min(first + 999, #found) do
    pages[#pages + 1], kept[#kept + 1] = 'article:' .. found[at], BASIS .. found[at]
  end
  local leases, bases = redis.call('ZMSCORE', LEASES, unpack(pages)), redis.call('MGET', unpack(kept))
  for at, page in ipairs(pages) do
    if may_change(found[first + at - 1], bases[at], leases[at]) then
      marks[#marks + 1], marks[#marks + 2], marks[#marks + 3] = page, patience, cause
    end
  end
end
mark_all(tonumber(patience) > 0 and BACKGROUND or SHARED, marks)
done(page, token)
return #marks / 3
"""
)
