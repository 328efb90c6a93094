"""What render keeps of lists, put right from the articles themselves (`shared.live` names the keys).

Places in archives were given for good and cannot be worked out again: they stay as they are.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.render.dirty_steps import WAITING
from services.render.everything import each, every_article
from services.render.known import SHELVINGS
from services.render.listed import Ordered, arrange
from services.render.rest import at_rest
from shared import live
from shared.articles import Article, Card
from shared.events import ARTICLES
from shared.kept import read_card
from shared.store import Command, Script, Store, pairs

PATIENCE = 20.0
AT_ONCE = 500  # commands in a step, which blocks the store for a millisecond


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the store has of lists: the cards as they stand there, the members with their scores, and
    by their keys the counts."""

    cards: Mapping[str, bytes]
    lists: Mapping[str, Mapping[str, int]]
    counts: Mapping[str, Mapping[str, int]]


async def relist(store: Store) -> bool:
    """Make cards, lists and counts what the articles make of them; False if the site did not stand still meanwhile, for
    at most PATIENCE seconds: what was wrong may be so still."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    while loop.time() < until:
        moment = await _moment(store)
        if await at_rest(store) is not None:
            commands = list(_mends(await _cards(store), await _kept(store)))
            if await _carry_out(store, moment, commands):
                return True
        await asyncio.sleep(0.05)
    return False


def _mends(cards: Mapping[str, Card], kept: _Kept) -> Iterator[Command]:
    """What makes that which is kept what these cards make of it."""
    for ident in cards.keys() | kept.cards.keys():
        wanted = cards[ident].model_dump_json() if ident in cards else None
        if wanted is None:
            yield ("DEL", live.live_key(ident))
        elif kept.cards.get(ident) != wanted.encode():
            yield ("SET", live.live_key(ident), wanted)
    lists = arrange(cards.values())
    for name in lists.keys() | kept.lists.keys():
        scores = {ident: at for at, ident in lists.get(name, Ordered()).positions}
        for ident, score in _differing(scores, kept.lists.get(name, {})):
            yield ("ZREM", live.list_key(name), ident) if score is None else ("ZADD", live.list_key(name), score, ident)
    wanted_counts = {key: counts for name, one in lists.items() for key, counts in one.counts(name).items()}
    for key in wanted_counts.keys() | kept.counts.keys():
        there = {period: count for period, count in kept.counts.get(key, {}).items() if count}
        for period, count in _differing(wanted_counts.get(key, {}), there):
            yield ("HSET", key, period, count or 0)


def _differing(wanted: Mapping[str, int], there: Mapping[str, int]) -> Iterator[tuple[str, int | None]]:
    """What is to be otherwise, and the number that it is to have: None for none."""
    for name in wanted.keys() | there.keys():
        if wanted.get(name) != there.get(name):
            yield name, wanted.get(name)


async def _cards(store: Store) -> dict[str, Card]:
    """The cards that are to be listed: of an article whose page could not be built, the one that it was listed with."""
    found: dict[str, Card] = {}
    async for articles in every_article(store):
        listed = [article for _, record, _ in articles if (article := Article.model_validate_json(record)).live]
        asked: list[Command] = []
        for article in listed:
            asked += [("HGET", live.built_key(article.id), "revision"), ("GET", live.live_key(article.id))]
        told = await store.all(asked)
        for article, revision, kept in zip(listed, told[::2], told[1::2], strict=True):
            if revision is not None and int(revision) == article.revision:
                found[article.id] = article.card()
            elif kept:
                found[article.id] = read_card(kept)
    return found


async def _kept(store: Store) -> _Kept:
    lists = await _each(store, live.list_key(""), lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"))
    months, days = [
        await _each(store, prefix, lambda key: ("HGETALL", key)) for prefix in (live.months_key(""), live.days_key(""))
    ]
    return _Kept(
        await _each(store, live.live_key(""), lambda key: ("GET", key)),
        {name: _numbers(flat) for name, flat in lists.items()},
        {live.months_key(name): _numbers(flat) for name, flat in months.items()}
        | {live.days_key(month): _numbers(flat) for month, flat in days.items()},
    )


async def _each(store: Store, prefix: str, ask: Callable[[str], Command]) -> dict[str, Any]:
    """What the store answers about each key that begins so, by what it is called beyond that."""
    return {key.removeprefix(prefix): answer async for key, answer in each(store, f"{prefix}*", ask)}


def _numbers(flat: list[bytes]) -> dict[str, int]:
    return {name.decode(): int(float(number)) for name, number in pairs(flat)}


async def _moment(store: Store) -> tuple[bytes, bytes]:
    """The newest event, and how often anything was shelved: while both stay and nothing waits, no list changes."""
    [newest, shelvings] = await store.all([("XREVRANGE", ARTICLES, "+", "-", "COUNT", 1), ("GET", SHELVINGS)])
    return (newest[0][0] if newest else b""), shelvings or b""


async def _carry_out(store: Store, moment: tuple[bytes, bytes], commands: list[Command]) -> bool:
    for first in range(0, len(commands), AT_ONCE):
        flat = [part for command in commands[first : first + AT_ONCE] for part in (len(command), *command)]
        if not await store.run(_AS_LONG_AS_IT_RESTS, (ARTICLES, SHELVINGS, *WAITING), (*moment, *flat)):
            return False
    return True


_AS_LONG_AS_IT_RESTS = Script("""
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if (newest and newest[1] or '') ~= ARGV[1] or (redis.call('GET', KEYS[2]) or '') ~= ARGV[2] then return 0 end
for at = 3, #KEYS do
  if redis.call('EXISTS', KEYS[at]) == 1 then return 0 end
end
local at = 3
while at <= #ARGV do
  local size = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + size))
  at = at + size + 1
end
return 1
""")
