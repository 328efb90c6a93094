"""Public files of pictures: two articles with one picture never lose it to each other."""

import json
import re
from collections.abc import Iterable
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from prometheus_client import REGISTRY

from services.ingest.draft import Picture
from services.ingest.illustrations import illustrate
from services.render.delivery import Delivery
from services.render.dirty import Dirty
from services.render.known import pictures_of_key
from services.render.leases import Taken
from services.render.pictures import Pictures
from shared.clock import Clock
from shared.dead_letters import letters
from shared.events import PAGES
from shared.live import built_key
from shared.media import LENGTHS, Original, media_key, media_names, original_path
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Command, Store
from tests.properties.press_room import Killed, OneByOne, draft, opened

DIGEST = "ab" * 20
NARROWER, PICTURE = media_names(DIGEST, 500).values()


@pytest.fixture
def pictures(store: Store, tmp_path: Path) -> Pictures:
    original = original_path(tmp_path / "media", DIGEST)
    original.parent.mkdir(parents=True)
    Image.new("RGB", (500, 100), "red").save(original, "PNG")
    return Pictures(store, Dirty(store), tmp_path / "media", tmp_path / "site", Clock(Settings()))


@pytest.mark.parametrize("known", [True, False], ids=["measured", "by a Pressrun that did not measure it"])
async def test_a_file_that_was_damaged_is_made_anew(
    store: Store, pictures: Pictures, tmp_path: Path, *, known: bool
) -> None:
    await pictures.show("one", (PICTURE,))
    file = tmp_path / "site" / NARROWER[1:]
    whole = file.read_bytes()
    file.write_bytes(b"cut" if known else b"")
    if not known:
        await store.do("DEL", LENGTHS)
    assert await pictures.show("one", (PICTURE,)) == (set() if known else {PICTURE}, True)
    assert file.read_bytes() == whole
    file.unlink()
    file.mkdir()
    assert await pictures.show("one", (PICTURE,)) == (set(), True)
    assert file.read_bytes() == whole


async def test_the_length_of_a_damaged_file_that_cannot_be_made_anew_is_not_taken_for_its_own(
    store: Store, pictures: Pictures, tmp_path: Path
) -> None:
    await pictures.show("one", (PICTURE,))
    lengths = await store.do("HGETALL", LENGTHS)
    (tmp_path / "site" / PICTURE[1:]).write_bytes(b"cut")
    original_path(tmp_path / "media", DIGEST).write_bytes(b"damaged too")
    assert await pictures.show("one", (PICTURE,)) == (set(), True)
    assert await store.do("HGETALL", LENGTHS) == lengths


async def test_of_a_picture_that_nobody_shows_no_length_is_kept(store: Store, pictures: Pictures) -> None:
    await pictures.show("one", (PICTURE,))
    assert set(await store.do("HKEYS", LENGTHS)) == {PICTURE.encode(), NARROWER.encode()}
    await pictures.keep_only("one", {PICTURE}, ())
    assert not await store.do("EXISTS", LENGTHS)


async def test_who_began_to_show_a_picture_while_it_was_taken_away_makes_it_anew_though_its_taker_was_killed(
    store: Store, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do = store.do
    await pictures.show("one", (PICTURE,))

    async def another_shows_it_and_we_are_killed(*command: Any) -> Any:
        if not (tmp_path / "site" / PICTURE[1:]).exists():
            raise Killed
        answer = await do(*command)
        if command[0] == "SCARD":
            await pictures.show("another", (PICTURE,))
        return answer

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(store, "do", another_shows_it_and_we_are_killed)
        await pictures.keep_only("one", {PICTURE}, ())
    await pictures.keep_only("one", {PICTURE}, ())  # as after the restart
    assert await Dirty(store).waiting() == {"article:another"}
    await pictures.show("another", (PICTURE,))
    assert (tmp_path / "site" / PICTURE[1:]).exists()
    await pictures.keep_only("another", {PICTURE}, ())
    assert not (tmp_path / "site" / PICTURE[1:]).exists()


async def told(store: Store) -> list[tuple[str, list[str], str]]:
    """What the stream of pages says of pictures: what happened, to which files, because of which event."""
    events = [json.loads(fields[1]) for _, fields in await store.do("XRANGE", PAGES, "-", "+")]
    assert {event["page"] for event in events} <= {f"picture:{PICTURE}"}
    return [(event["type"], event["paths"], event["cause"]) for event in events]


async def test_files_that_are_made_or_taken_away_are_told_of_once(store: Store, pictures: Pictures) -> None:
    files = [NARROWER[1:], PICTURE[1:]]
    await pictures.show("one", (PICTURE,), "e1")
    await pictures.show("one", (PICTURE,), "e2")
    await pictures.show("another", (PICTURE,), "e3")
    await pictures.keep_only("one", {PICTURE}, (PICTURE,), "e4")
    await pictures.keep_only("one", {PICTURE}, (), "e5")
    assert await told(store) == [("page.built", files, "e1")]
    assert await Dirty(store).waiting() == set(), "the other's files are there: its page stays as it is"
    await pictures.keep_only("another", {PICTURE}, (), "e6")
    assert await told(store) == [("page.built", files, "e1"), ("page.removed", files, "e6")]
    await pictures.keep_only("another", {PICTURE}, (), "e7")
    assert len(await told(store)) == 2


@pytest.mark.parametrize("known", [True, False], ids=["measured", "by a Pressrun that did not measure them"])
async def test_files_that_are_there_are_shown_without_their_original(
    store: Store, pictures: Pictures, tmp_path: Path, *, known: bool
) -> None:
    await pictures.show("one", (PICTURE,))
    if not known:
        await store.do("DEL", LENGTHS)
    original_path(tmp_path / "media", DIGEST).unlink()
    await pictures.show("another", (PICTURE,))
    assert await letters(store) == []


async def test_a_picture_whose_original_is_gone_is_set_aside_and_holds_nothing_up(
    store: Store, pictures: Pictures, tmp_path: Path
) -> None:
    def failed() -> float:
        return REGISTRY.get_sample_value("pressrun_pictures_failed_total") or 0

    before = failed()
    original_path(tmp_path / "media", DIGEST).unlink()
    assert await pictures.show("one", (PICTURE,)) == (set(), True)
    assert [letter["name"] for letter in await letters(store)] == [PICTURE]
    assert failed() == before + 1
    assert await told(store) == []


async def test_many_pictures_are_made_in_turns_and_each_turn_makes_one(
    store: Store, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.render.pictures.TURN", 0)
    lost, second, third = (max(media_names(letter * 40, 500).values()) for letter in "cde")
    for letter in "de":
        original = original_path(tmp_path / "media", letter * 40)
        original.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (500, 100), "blue").save(original, "PNG")
    all_of_them = (lost, second, PICTURE, third)
    assert await pictures.show("one", all_of_them) == ({second}, False), "what cannot be made is no turn"
    assert await pictures.show("one", all_of_them) == ({PICTURE}, False)
    assert await pictures.show("one", all_of_them) == ({third}, True)
    assert await pictures.show("one", all_of_them) == (set(), True)


async def test_a_turn_ends_after_its_time_however_little_each_picture_takes(
    store: Store, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = tuple(max(media_names(letter * 40, 500).values()) for letter in "bcdef")
    for letter in "bcdef":
        original = original_path(tmp_path / "media", letter * 40)
        original.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (500, 100), "blue").save(original, "PNG")
    moments = count()
    monkeypatch.setattr("services.render.pictures.TURN", 4.0)
    monkeypatch.setattr("services.render.pictures.time", SimpleNamespace(monotonic=lambda: next(moments)))
    assert await pictures.show("one", addresses) == ({*addresses[:3]}, False)


async def test_news_do_not_wait_for_an_article_with_many_pictures(
    valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.render.pictures.TURN", 0)
    async with opened(valkey, tmp_path, SiteSettings()) as room:
        for number in range(4):
            await _push(room.store, tmp_path, f"{number:040}", f"{number}")
        illustrate_it = partial(illustrate, room.store, "desk")
        embedded = tuple((f"https://x/{number}", f"{number}") for number in range(4))
        body = "".join(f'<p>A picture.</p><img src="{address}" alt="">' for address, _ in embedded)
        gallery = (
            await room.register.accept("desk", draft("g", body_html=body, embedded=embedded), illustrate_it)
        ).article
        await room.deliver(OneByOne(0))
        await room.press.round()
        news = (await room.accept(draft("n"))).article
        await room.deliver(OneByOne(0))
        while not await room.store.do("EXISTS", built_key(news.id)):
            await room.press.round()
        assert not await room.store.do("EXISTS", built_key(gallery.id))
        await room.drain()
        assert (await room.differences()).clean
        assert len(list((tmp_path / "site" / "media").rglob("*.jpg"))) == 8
        pages = [json.loads(fields[1])["page"] for _, fields in await room.store.do("XRANGE", PAGES, "-", "+")]
        assert pages.count(f"article:{gallery.id}") == 1


async def test_who_shows_a_picture_of_which_a_part_was_taken_away_makes_it_anew(
    store: Store, pictures: Pictures, tmp_path: Path
) -> None:
    """Its taker was killed between two files, and has found it again."""
    for article in ("one", "another"):
        await pictures.show(article, (PICTURE,))
    (tmp_path / "site" / NARROWER[1:]).unlink()
    await pictures.keep_only("one", {PICTURE}, ())
    assert await Dirty(store).waiting() == {"article:another"}


async def test_the_lengths_of_a_picture_stay_that_another_press_makes_while_one_takes_it_away(
    store: Store, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pictures.show("one", (PICTURE,))
    lengths, answers = await store.do("HGETALL", LENGTHS), store.all

    async def late(commands: Iterable[Command]) -> list[Any]:
        if not (tmp_path / "site" / PICTURE[1:]).exists():
            monkeypatch.setattr(store, "all", answers)
            await pictures.show("another", (PICTURE,))
        return await answers(commands)

    monkeypatch.setattr(store, "all", late)
    await pictures.keep_only("one", {PICTURE}, ())
    assert (tmp_path / "site" / PICTURE[1:]).exists()
    assert await store.do("HGETALL", LENGTHS) == lengths


async def test_of_a_damaged_picture_what_is_made_anew_is_told_of(
    store: Store, pictures: Pictures, tmp_path: Path
) -> None:
    await pictures.show("one", (PICTURE,), "e1")
    (tmp_path / "site" / NARROWER[1:]).write_bytes(b"cut")
    await pictures.show("one", (PICTURE,), "e2")
    assert (await told(store))[1:] == [("page.built", [NARROWER[1:]], "e2")]


async def test_files_that_were_made_when_their_press_was_killed_are_told_of(
    store: Store, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(store, "commit", killed)
        await pictures.show("one", (PICTURE,), "e1")
    assert await told(store) == []
    await pictures.show("one", (PICTURE,), "e1")
    assert await told(store) == [("page.built", [NARROWER[1:], PICTURE[1:]], "e1")]


async def test_files_that_were_taken_away_when_their_press_was_killed_are_told_of(
    store: Store, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pictures.show("one", (PICTURE,), "e1")
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(store, "commit", killed)
        await pictures.keep_only("one", {PICTURE}, (), "e2")
    assert not (tmp_path / "site" / PICTURE[1:]).exists()
    noted = {address.decode() for address in await store.do("SMEMBERS", pictures_of_key("one"))}
    await pictures.keep_only("one", noted, (), "e2", untold=True)
    assert (await told(store))[1:] == [("page.removed", [NARROWER[1:], PICTURE[1:]], "e2")]
    assert not await store.do("EXISTS", pictures_of_key("one"))


async def test_a_picture_that_was_replaced_is_there_until_no_page_shows_it(valkey: str, tmp_path: Path) -> None:
    async with opened(valkey, tmp_path, SiteSettings()) as room:
        for number, colour in enumerate(("red", "blue")):
            await _push(room.store, tmp_path, f"{number:040}", colour, colour)
        illustrate_it = partial(illustrate, room.store, "desk")
        for colour in ("red", "blue"):
            await room.drain()
            pictured = draft("g", section="World", topics=("Oil",), image=Picture(media_id=colour))
            await room.register.accept("desk", pictured, illustrate_it)
        await room.deliver(OneByOne(0))
        while not await room.press.dirty.drained():
            await room.press.round()
            assert missing(tmp_path / "site") == set()
        assert len(list((tmp_path / "site" / "media").rglob("*.jpg"))) == 2, "the old one is gone, in both its widths"
        assert (await room.differences()).clean


@pytest.mark.parametrize(
    ("has_picture", "begins_lists"), [(True, True), (True, False), (False, True)], ids=["both", "picture", "lists"]
)
async def test_what_came_with_an_article_is_built_once_though_a_ranking_changes_meanwhile(
    valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_picture: bool, begins_lists: bool
) -> None:
    """Making a picture, and the first pages of lists, takes long enough for trending to announce another one."""
    made: list[tuple[str, ...]] = []
    brought: list[str] = []
    bring = Delivery.bring
    async with opened(valkey, tmp_path, SiteSettings()) as room:

        async def make(_: Pictures, __: str, addresses: tuple[str, ...], ___: str) -> tuple[set[str], bool]:
            made.append(addresses)
            return set(), True

        async def and_note(self: Delivery, taken: Taken, *what: Any) -> list[str]:
            if not brought:
                await room.rank("hot", ["another"])
            brought.append(taken.key)
            return await bring(self, taken, *what)

        if not begins_lists:
            await room.accept(draft("before", section="World", topics=("Oil",)))
            await room.drain()
        monkeypatch.setattr(Pictures, "show", make)
        monkeypatch.setattr(Delivery, "bring", and_note)
        pushed = Original(digest=DIGEST, type="image/png", size=1, width=500, height=100)
        await room.store.do("SET", media_key("desk", "red"), pushed.model_dump_json())
        image = Picture(media_id="red") if has_picture else None
        accepted = await room.register.accept(
            "desk", draft("g", section="World", topics=("Oil",), image=image), partial(illustrate, room.store, "desk")
        )
        await room.drain()
        assert made == [(PICTURE,)] * has_picture
        assert brought.count(f"article:{accepted.article.id}") == 1
        of_the_article = [page for page in brought if "oil" in page or "world" in page]
        assert len(of_the_article) == len(set(of_the_article)) > 5


def missing(site: Path) -> set[str]:
    """The pictures that pages and feeds show and that are not there."""
    files = [file for file in site.rglob("*") if file.suffix in (".html", ".xml", ".json")]
    shown = {name for file in files for name in re.findall(r"/media/[0-9a-f/]+-\d+\.jpg", file.read_text())}
    return {name for name in shown if not (site / name[1:]).exists()}


def killed(*_: Any, **__: Any) -> Any:
    raise Killed


async def _push(store: Store, folder: Path, digest: str, media_id: str, colour: str = "red") -> None:
    """Have an original of this digest there, as a picture that the desk has pushed."""
    original = original_path(folder / "media", digest)
    original.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (500, 100), colour).save(original, "PNG")
    pushed = Original(digest=digest, type="image/png", size=1, width=500, height=100)
    await store.do("SET", media_key("desk", media_id), pushed.model_dump_json())
