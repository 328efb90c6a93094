"""An article's way through the press: onto disk and into its lists, or out of them and off the disk."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.render import keys
from services.render.delivery import Delivery
from services.render.edition import LiveEdition, Story
from services.render.firsts import WithArticle, linked_pages
from services.render.known import Known, look_beyond_lists_again, read_known
from services.render.leases import Leases, Taken
from services.render.neighbours import basis
from services.render.output import Output
from services.render.pages import article, build
from services.render.pictures import MoreToMake, Pictures
from services.render.printer import Printer
from services.render.shelf import Brought, Shelf
from shared import live, metrics
from shared.articles import Card
from shared.clock import Clock, millis
from shared.events import made_at
from shared.logs import log
from shared.metrics import Counter, Histogram
from shared.store import Store

looked_at = Counter("pressrun_pages_looked_at_total", "Articles looked at whose related articles were the same")
to_live = Histogram("pressrun_event_to_live_seconds", "From acceptance to the page on disk", buckets=metrics.LATENCY)


class ArticlePress:
    """Builds articles' pages. Lists show only what is on disk: they are marked when the page is there."""

    def __init__(
        self,
        store: Store,
        edition: LiveEdition,
        printer: Printer,
        delivery: Delivery,
        dirty: Leases,
        pictures: Pictures,
        clock: Clock,
    ) -> None:
        self._store = store
        self._edition = edition
        self._printer = printer
        self._delivery = delivery
        self._dirty = dirty
        self._pictures = pictures
        self._clock = clock
        self._shelf = Shelf(store, clock)
        self._topics = edition.site.topics

    async def build(self, taken: Taken) -> None:
        """Build what is to stand at an article's addresses, and note it in the lists. Raises MoreToMake, TooLate."""
        known = read_known(taken.known, self._topics)
        story = known.story
        if story is None:
            await self._dirty.done(taken)
        elif story.article.live:
            await self._publish(taken, story, known)
        elif known.listed.card is not None:
            # its page leads to lists that may have no other article: they stay until the rewrite is there
            if not await self._waits_for_heir(taken, story):
                await self._shelf.shelve(taken, story.article, known, None)
        else:
            await self._take_down(taken, story, known.pictures)

    async def _publish(self, taken: Taken, story: Story, known: Known) -> None:
        listed, is_built, look = known.listed, known.is_built, self._look(story, known.related)
        built_from = basis(listed.shelvings, story.article, known.related, self._edition.site.related)
        # whoever came to no end may have written over what was built last
        if listed.live and is_built and not taken.untold and known.built.get(b"shown") == look.encode():
            await self._leave_as_it_is(taken, story, known, built_from)
            return
        if story.article.media:
            await self._show_pictures(taken, story, known)
        output = article.page(self._edition, self._printer, story, known.related)
        card = story.article.card()
        firsts = await self._firsts(story, card) if listed.card is None or not is_built else {}
        told, alone = ({}, {}) if not listed.live else await self._bring_firsts(taken, firsts)
        events = await self._delivery.bring(taken, output, story)
        if not listed.live:  # else lists lead to its page already, and that is to lead to no page that is not there
            told, alone = await self._bring_firsts(taken, firsts)
        if known.pictures.difference(story.article.media):  # lists show those until they are built: they go after them
            await self._dirty.mark_later(taken.key, taken.cause)
        if story.article.media or firsts:  # these take long: rankings may have changed, and all would be for nothing
            known = await look_beyond_lists_again(self._store, known, self._topics)
        brought = Brought(look, built_from, [*events, *told.values()], tuple(told), alone)
        await self._shelf.shelve(taken, story.article, known, card, brought)
        if events and not is_built:
            self._measure(taken)

    async def _leave_as_it_is(self, taken: Taken, story: Story, known: Known, built_from: str) -> None:
        """Its page shows what it is to show: only pictures that it showed before may be left to go."""
        looked_at.inc()
        await self._leave_pictures(taken, known.pictures, story.article.media)
        await self._dirty.leave(taken, story.article.id, built_from)

    async def _show_pictures(self, taken: Taken, story: Story, known: Known) -> None:
        """Have its pictures there before its page is. Raises MoreToMake."""
        measured, are_all = await self._pictures.show(story.article.id, story.article.media, taken.cause)
        if known.listed.card is not None and measured & known.pictures:
            # made anew, or by a Pressrun that did not measure: its feeds say another length, or none
            await self._dirty.mark(keys.feed(name) for name in known.listed.card.lists)
        if not are_all:
            raise MoreToMake

    async def _firsts(self, story: Story, card: Card) -> dict[str, tuple[Output, bool]]:
        """The pages that the article's page leads to and that are not there yet; they go out together with it. With
        each, whether it shows that article alone.

        Another press may build them at the same time, on a lease and from what is listed: then its pages stay.
        """
        absent = [key for path, key in linked_pages(card) if not self._delivery.site.has(path)]
        if not absent:
            return {}
        found = {}
        for key in absent:
            coming = WithArticle(self._store, self._edition.site, story)
            output = await build(coming, self._printer, key)
            found[key] = replace(output, only_new=True), coming.alone
        return found

    async def _bring_firsts(
        self, taken: Taken, firsts: Mapping[str, tuple[Output, bool]]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Bring these pages to disk. The events of those that were not there; and of those that are there just as they
        were made, and show the article alone, by which mark each waits."""
        if not firsts:
            return {}, {}
        marks = await self._dirty.mark_firsts(firsts, taken.cause)  # whatever becomes of us, they are looked at again
        told: dict[str, str] = {}
        alone: dict[str, str] = {}
        for key, (first, is_alone) in firsts.items():
            for event in await self._delivery.bring(replace(taken, key=key, untold=False), first):
                told[key] = event
                if is_alone and key in marks and json.loads(event)["paths"] == list(first.files):
                    alone[key] = marks[key]
        return told, alone

    async def _take_down(self, taken: Taken, story: Story, pictures: set[str]) -> None:
        if await self._waits_for_heir(taken, story):
            return
        output = await article.absent(self._edition, story)
        events = await self._delivery.bring(taken, output, story)
        await self._leave_pictures(taken, pictures, ())
        built = ("revision", story.article.revision, "version", story.article.version, "gone", 1)
        await self._store.do("HSET", live.built_key(story.article.id), *built, "at", millis(self._clock.now()))
        await self._dirty.done(taken, events)

    async def _waits_for_heir(self, taken: Taken, story: Story) -> bool:
        """Whether a rewrite replaced it that is not listed yet; then the lease is given back until it is."""
        heir = await article.heir(self._edition, story.article)
        return heir is not None and await self._dirty.wait_for(taken, heir.id, heir.path)

    async def _leave_pictures(self, taken: Taken, noted: set[str], shown: tuple[str, ...]) -> None:
        ident = taken.key.partition(":")[2]
        await self._pictures.keep_only(ident, noted, shown, taken.cause, untold=taken.untold)

    def _look(self, story: Story, related: Sequence[Card]) -> str:
        """A digest of what an article's page shows beside the article: the same look needs no new page."""
        shown = [(card.path, card.headline, card.excerpt, card.language) for card in related]
        text = repr((self._printer.digest, story.former, shown))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def _measure(self, taken: Taken) -> None:
        """The event_id begins with the moment of acceptance, so that the wait is known without a look-up."""
        if (accepted := made_at(taken.cause)) is not None:
            seconds = time.time() - accepted / 1000
            to_live.observe(max(seconds, 0))
            log().info("live", page=taken.key, event_id=taken.cause, ms=round(seconds * 1000, 2))
