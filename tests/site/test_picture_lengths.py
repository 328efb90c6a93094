"""Feeds say how long a picture is, also after its file was made anew, or by a Pressrun that did not measure it."""

import asyncio
import re
from io import BytesIO

from PIL import Image

from services.render.dirty import Dirty
from shared.media import LENGTHS
from shared.settings import Settings
from shared.store import Store
from tests.stack import Up


def test_a_picture_that_was_on_its_page_already_is_measured_again(stack: Up) -> None:
    stack.start()
    file = BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(file, "PNG")
    pushed = stack.ingest.post(
        f"/v1/push/{stack.run['source']}/assets", data={"media_id": "red"}, files={"media": ("red", file.getvalue())}
    )
    assert pushed.status_code == 201
    posted = stack.post("pictured", image={"media_id": "red", "alt": "Red"}, section="World")
    stack.drain()
    enclosure = re.compile(r"<enclosure [^>]+>").findall(stack.site_get("/world/rss.xml").text)
    assert len(enclosure) == 1
    with stack.store() as store:
        (address,) = store.hkeys(LENGTHS)
        for known in (None, "1"):  # never measured, and of another length
            store.delete(LENGTHS)
            if known:
                store.hset(LENGTHS, address, known)
            stack.post(f"newer, {known}", section="World")
            stack.drain()
            assert enclosure[0] not in stack.site_get("/world/rss.xml").text
            store.hset(f"built:{posted['id']}", "shown", "an older look")
            asyncio.run(_mark(stack.run["redis"], f"article:{posted['id']}"))
            stack.drain()
            assert enclosure[0] in stack.site_get("/world/rss.xml").text
    assert stack.check()[0] == 0


async def _mark(url: str, page: str) -> None:
    store = Store(Settings(redis_url=url))
    await Dirty(store).mark([page])
    await store.close()
