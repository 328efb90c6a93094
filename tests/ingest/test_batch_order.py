"""Lines of one batch that are about one article: without versions what comes last is newest."""

import asyncio
import json
import threading
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from services.ingest.beside import LARGE
from services.ingest.desk import Desk
from services.ingest.doors import Doors
from services.ingest.formats import native
from services.ingest.register import Register
from services.ingest.waiting import Waiting
from shared.service import Service
from shared.settings import Settings
from tests.ingest.conftest import Ingest

ILLUSTRATED = {"headline": "H", "body_text": "First.", "image": {"media_id": "bridge"}}
PLAIN = {"headline": "H", "body_text": "Second."}


@pytest.mark.parametrize(("last", "state"), [(PLAIN, "published"), ({**PLAIN, "status": "canceled"}, "withdrawn")])
def test_a_line_does_not_overtake_one_whose_picture_is_looked_for(
    ingest_process: Ingest, last: dict[str, object], state: str
) -> None:
    with ingest_process.client() as client:
        picture = BytesIO()
        Image.new("RGB", (8, 8)).save(picture, "PNG")
        files = {"media": ("bridge.png", picture.getvalue(), "image/png")}
        assert client.post("/v1/push/desk/assets", data={"media_id": "bridge"}, files=files).status_code == 201
        lines = [{"guid": f"{state}-{number}", **one} for number in range(20) for one in (ILLUSTRATED, last)]
        told = client.post("/v1/articles/batch", content="\n".join(map(json.dumps, lines)))
        answers = [json.loads(line) for line in told.text.splitlines()]
        assert [(answer["status"], answer["version"]) for answer in answers] == [(202, 1), (202, 2)] * 20
        for answer in answers:
            assert client.get(f"/v1/articles/{answer['id']}").json()["state"] == state


def test_a_line_does_not_overtake_one_that_takes_long_to_read(ingest_process: Ingest) -> None:
    long, short = {"headline": "H", "body_html": "<p>First.</p>" * (LARGE // 10)}, {"headline": "H", "body_text": "B"}
    lines = [{"guid": f"long-{number}", **one} for number in range(10) for one in (long, short)]
    with ingest_process.client() as client:
        told = client.post("/v1/articles/batch", content="\n".join(map(json.dumps, lines)))
        versions = [json.loads(line)["version"] for line in told.text.splitlines()]
        assert versions == [1, 2] * 10


async def test_a_long_line_is_read_beside_what_others_wait_for(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    readers, plainly = [], native.read

    def read(content: Any) -> Any:
        readers.append(threading.current_thread())
        return plainly(content)

    monkeypatch.setattr(native, "read", read)
    service = Service("ingest", Settings(redis_url=valkey))
    register = Register(service.store, service.settings.site, service.clock)
    desk = Desk(service, Doors({}), register, Waiting(service.store))
    for body in ("b", "b" * LARGE):
        line = json.dumps({"guid": "g", "headline": "H", "body_text": body}).encode()
        assert (await desk.line("desk", asyncio.Lock(), line))["status"] == 202
    assert [reader is threading.current_thread() for reader in readers] == [True, False]
    await service.store.close()
