"""The press: takes pages that wait, builds them from the current state, writes what changed."""

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

from services.render import keys
from services.render.affected import Shown, affected, neighbourhoods
from services.render.dirty import Dirty, Taken
from services.render.edition import LiveEdition, Story
from services.render.firsts import WithArticle, linked_pages
from services.render.pages import article, build
from services.render.pages.sitemaps import NEWS_WINDOW
from services.render.pictures import Pictures
from services.render.printer import Printer
from services.render.shelf import SHELVINGS, SHOWN, Listed, shelve
from services.render.site import Output, Site
from shared import live, observe
from shared.articles import Card
from shared.clock import TICK, Clock, millis, moment
from shared.dead_letters import set_aside
from shared.events import Event, PageBuilt, PageRemoved
from shared.front import Front
from shared.store import Command, Store, StoreUnavailable

AT_ONCE = 24
SIDE_BY_SIDE = 2
IDLE = 0.1

rendered = Counter("pressrun_pages_rendered_total", "Pages rendered", ["kind"])
looked_at = Counter("pressrun_pages_looked_at_total", "Articles looked at whose related articles were the same")
written = Counter("pressrun_pages_written_total", "Pages whose files changed", ["kind"])
failed = Counter("pressrun_pages_failed_total", "Pages set aside after an error", ["kind"])
to_live = Histogram("pressrun_event_to_live_seconds", "From acceptance to the page on disk", buckets=observe.LATENCY)
waiting = Gauge("pressrun_pages_waiting", "Pages that wait to be built")


class Press:
    """A builder. Several may run over one store: a lease keeps two from building one page at once."""

    def __init__(
        self,
        store: Store,
        edition: LiveEdition,
        printer: Printer,
        site: Site,
        clock: Clock,
        worker: str,
        originals: Path,
    ) -> None:
        self._store = store
        self._edition = edition
        self._printer = printer
        self._site = site
        self._clock = clock
        self._pictures = Pictures(store, originals, site.root)
        self.dirty = Dirty(store, worker)
        self._awake = asyncio.Event()
        self.disk_fault: str | None = None

    def wake(self) -> None:
        """There is something to build."""
        self._awake.set()

    def now(self) -> datetime:
        """The site's time."""
        return self._clock.now()

    async def run(self) -> None:
        """Build for ever, in two rounds side by side: one prints while the other waits for the store."""
        await self.dirty.reclaim()
        await asyncio.gather(*(self._rounds() for _ in range(SIDE_BY_SIDE)))

    async def _rounds(self) -> None:
        while True:
            self._awake.clear()
            if not await self.round():
                try:
                    await asyncio.wait_for(self._awake.wait(), IDLE)
                except TimeoutError:
                    continue

    async def measure(self) -> None:
        """For ever: count the pages that wait."""
        while True:
            waiting.set(len(await self.dirty.waiting()))
            await asyncio.sleep(1)

    async def round(self) -> int:
        """Take and build some pages; return how many."""
        taken = await self.dirty.take(AT_ONCE, secrets.token_hex(4))
        results = await asyncio.gather(*(self._build(page) for page in taken))
        if not all(results):
            await asyncio.sleep(IDLE)
            await self.dirty.reclaim()
        return len(taken)

    async def _build(self, taken: Taken) -> bool:
        """Build one page; False if it was left on its lease, because the store or the disk failed."""
        try:
            if keys.kind(taken.key) == "article":
                await self._article(taken)
            else:
                await self._page(taken)
        except StoreUnavailable:
            observe.store_failures.inc()
            return False
        except OSError as error:
            self.disk_fault = str(error)
            observe.log().error("the disk does not take a page", page=taken.key, event_id=taken.cause, error=str(error))
            return False
        except Exception as error:  # noqa: BLE001 - one page's error must not keep the others from being built
            await self._set_aside(taken, error)
        return True

    async def _page(self, taken: Taken) -> None:
        output = await build(self._edition, self._printer, taken.key)
        rendered.labels(keys.kind(taken.key)).inc()
        changed = self._apply(taken, output)
        await self.dirty.done(taken, self._announced(taken, output, changed))

    async def _article(self, taken: Taken) -> None:
        ident = taken.key.partition(":")[2]
        story, (listed, built, tick) = await asyncio.gather(self._edition.story(ident), self._found(ident))
        if story is None:
            await self.dirty.done(taken)
        elif story.article.live:
            await self._publish(
                taken, story, listed, built, shown_beyond_lists(listed, tick, self._edition.site.topics)
            )
        elif listed.card is not None:
            await self._unlist(taken, story, listed, shown_beyond_lists(listed, tick, self._edition.site.topics))
        else:
            await self._take_down(taken, story)

    async def _found(self, ident: str) -> tuple[Listed, dict[bytes, bytes], int]:
        kept, left, flat, tick, shelvings, *shown = await self._store.all(
            [
                ("GET", live.live_key(ident)),
                ("GET", live.left_key(ident)),
                ("HGETALL", live.built_key(ident)),
                ("GET", TICK),
                ("GET", SHELVINGS),
                *(("GET", key) for key in SHOWN),
            ]
        )
        built = {flat[at]: flat[at + 1] for at in range(0, len(flat), 2)}
        return Listed(kept, left, tuple(shown), int(shelvings or 0)), built, int(tick or 0)

    async def _publish(
        self, taken: Taken, story: Story, listed: Listed, built: dict[bytes, bytes], shown: Shown
    ) -> None:
        if listed.card and listed.card.path not in (story.article.path, *story.former):
            story = replace(story, former=tuple(sorted((*story.former, listed.card.path))))
        related = await self._edition.related(story.article)
        look = self._look(story, related)
        current = built.get(b"revision") == str(story.article.revision).encode()
        if listed.live and current and built.get(b"shown") == look.encode():
            looked_at.inc()
            await self.dirty.done(taken)
            return
        if story.article.media:
            await self._pictures.show(story.article.id, story.article.media)
        output = article.page(self._edition, self._printer, story, related)
        rendered.labels("article").inc()
        firsts = await self._firsts(story) if listed.card is None or not current else {}
        changed = self._apply(taken, output)
        events = self._announced(taken, output, changed, story)
        for key, first in firsts.items():
            there = Taken(key, taken.token, taken.cause, taken.marked_at)
            events += self._announced(there, first, self._apply(there, first))
        await self._pictures.keep_only(self.dirty, story.article.id, story.article.media)
        await self._shelve(taken, story, listed, story.article.card(), shown, look, events, tuple(firsts))
        if changed and not current:
            self._measure(taken)

    async def _firsts(self, story: Story) -> dict[str, Output]:
        """The pages that the article's page leads to and that are not there yet; they go out together with it."""
        absent = [key for path, key in linked_pages(story.article.card()).items() if not self._site.has(path)]
        coming = WithArticle(self._edition, story)
        return {key: await build(coming, self._printer, key) for key in absent}

    async def _unlist(self, taken: Taken, story: Story, listed: Listed, shown: Shown) -> None:
        await self._shelve(taken, story, listed, None, shown, "", ())

    async def _shelve(
        self,
        taken: Taken,
        story: Story,
        listed: Listed,
        after: Card | None,
        shown: Shown,
        look: str,
        page_events: Sequence[str],
        firsts: tuple[str, ...] = (),
    ) -> None:
        before = listed.card
        # lists that were built since it left do not have it any more, however much it looks as it did
        left_and_back = listed.live is None and before is not None and after is not None
        changes = [(before, None), (None, after)] if left_and_back else [(before, after)]
        news_until = millis(after.published_at + NEWS_WINDOW) if after and after.published_at > shown.news_since else 0
        await shelve(
            self._store,
            taken,
            story.article.id,
            listed,
            after,
            [mark for was, now in changes for mark in affected(was, now, shown)],
            [topic for was, now in changes for topic in neighbourhoods(was, now)],
            revision=story.article.revision,
            version=story.article.version,
            shown=look,
            at_ms=time.time_ns() // 1_000_000,
            news_until=news_until,
            page_events=page_events,
            firsts=firsts,
        )

    async def _take_down(self, taken: Taken, story: Story) -> None:
        heir = await article.heir(self._edition, story.article)
        if heir is not None and await self.dirty.wait_for(taken, heir.id):
            return
        output = await article.absent(self._edition, story)
        changed = self._apply(taken, output)
        await self._pictures.keep_only(self.dirty, story.article.id, ())
        built = ("revision", story.article.revision, "version", story.article.version, "gone", 1)
        noted: list[Command] = [("HSET", live.built_key(story.article.id), *built, "at", time.time_ns() // 1_000_000)]
        if story.article.path and heir is None:
            noted.append(("SADD", live.former_key(story.article.id), story.article.path))
        await self._store.all(noted)
        await self.dirty.done(taken, self._announced(taken, output, changed, story))

    def _apply(self, taken: Taken, output: Output) -> list[str]:
        changed = self._site.apply(output)
        self.disk_fault = None
        if changed:
            written.labels(keys.kind(taken.key)).inc()
        return changed

    def _announced(self, taken: Taken, output: Output, changed: list[str], story: Story | None = None) -> list[str]:
        if not changed:
            return []
        served = [path for path in changed if path in output.files and not path.startswith("_gone/")]
        kind = PageBuilt if served or not any(path in output.absent for path in changed) else PageRemoved
        event: Event = kind(
            at=self._clock.now(),
            page=taken.key,
            paths=changed,
            cause=taken.cause or None,
            article=story.article.id if story else None,
            revision=story.article.revision if story else None,
        )
        return [event.model_dump_json()]

    def _look(self, story: Story, related: Sequence[Card]) -> str:
        """A digest of what an article's page shows beside the article: the same look needs no new page."""
        shown = [(card.path, card.headline, card.excerpt, card.image and card.image.url) for card in related]
        text = json.dumps([self._printer.digest, story.former, shown])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def _measure(self, taken: Taken) -> None:
        """The event_id begins with the moment of acceptance, so that the wait is known without a look-up."""
        if len(taken.cause) == 32:
            seconds = time.time() - int(taken.cause[:12], 16) / 1000
            to_live.observe(max(seconds, 0))
            observe.log().info("live", page=taken.key, event_id=taken.cause, ms=round(seconds * 1000, 2))

    async def _set_aside(self, taken: Taken, error: Exception) -> None:
        failed.labels(keys.kind(taken.key)).inc()
        observe.log().error("a page was set aside", page=taken.key, event_id=taken.cause, exc_info=error)
        reason = f"{type(error).__name__}: {error}"
        await self._store.do(*set_aside("page", taken.key, reason, event_id=taken.cause))
        await self.dirty.done(taken)


def shown_beyond_lists(listed: Listed, tick: int, block: int) -> Shown:
    """What pages show beyond lists."""
    hot, topics, front = listed.shown
    at = moment(tick)
    return Shown(
        hot=tuple(json.loads(hot or b"[]")),
        topics=tuple(json.loads(topics or b"[]")),
        lead=Front.model_validate_json(front).at(at) if front else (),
        block=block,
        news_since=at - NEWS_WINDOW if tick else at,
    )
