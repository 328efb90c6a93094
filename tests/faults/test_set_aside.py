"""What is set aside is counted once and logged once, so that who is on call hears of it and finds it."""

import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from shared.events import VIEWS
from tests.servers import wait_for
from tests.stack import Up

pytestmark = pytest.mark.fault


def letters(up: Up) -> list[dict[bytes, bytes]]:
    """What the dead letters say."""
    with up.store() as store:
        return [fields for _, fields in store.xrange("dead-letters")]


def logged(up: Up, service: str) -> list[dict[str, Any]]:
    """What a service has logged as an error."""
    lines = [json.loads(line) for line in (up.folder / "logs" / f"{service}.log").read_text().splitlines()]
    return [line for line in lines if line["level"] == "error"]


def is_counted_once(up: Up, service: str, metric: str) -> bool:
    """Whether a metric, with its labels, stands at 1."""
    return f"{metric} 1.0" in httpx.get(f"{up.run[service]}/metrics").text.splitlines()


def test_a_view_that_belongs_to_no_hour_is_counted_and_logged_once(stack: Up) -> None:
    stack.start()
    view = {"type": "article.viewed", "event_id": "long-ago", "at": "2020-01-01T00:00:00Z", "article": "a" * 16}
    with stack.store() as store:
        entry = store.xadd(VIEWS, {"event": json.dumps(view)}).decode()
    wait_for(lambda: letters(stack) and logged(stack, "trending"), what="it is set aside, and logged")
    [letter], [line] = letters(stack), logged(stack, "trending")
    assert (line["event"], line["event_id"]) == ("an event was set aside", "long-ago")
    assert f"{line['stream']}/{line['entry']}" == letter[b"name"].decode() == f"views/{entry}"
    assert line["reason"] == letter[b"reason"].decode()
    counter = 'pressrun_events_set_aside_total{group="trending",stream="views"}'
    wait_for(lambda: is_counted_once(stack, "trending", counter), what="it is counted")


def test_a_picture_that_cannot_be_made_is_counted_and_logged_once(stack: Up) -> None:
    stack.start()
    picture = io.BytesIO()
    Image.new("RGB", (500, 100), "red").save(picture, "PNG")
    pushed = stack.ingest.post(
        "/v1/push/newsroom/assets", data={"media_id": "bridge.png"}, files={"media": picture.getvalue()}
    )
    assert pushed.status_code == 201, pushed.text
    [original] = [path for path in (stack.folder / "media").rglob("*") if path.is_file()]
    original.write_bytes(b"damaged")
    ident = stack.post("one", image={"media_id": "bridge.png"})["id"]
    stack.drain()
    [letter], [line] = letters(stack), logged(stack, "render")
    assert (line["event"], line["article"]) == ("a picture was set aside", ident)
    assert line["picture"] == letter[b"name"].decode()
    assert is_counted_once(stack, "render", "pressrun_pictures_failed_total")
