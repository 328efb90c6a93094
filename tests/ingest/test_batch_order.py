"""Lines of one batch that are about one article: without versions what comes last is newest."""

import json
from io import BytesIO

import pytest
from PIL import Image

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
