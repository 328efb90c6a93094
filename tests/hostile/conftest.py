"""The site, made once; a test that changes it would be another folder's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pytest
from PIL import Image

from tests.hostile.edition import LANGUAGES, PAYLOADS, hostile, plain
from tests.servers import wait_for
from tests.stack import Up, path_of

NOW = "2025-07-29T09:00:00+03:00"
SITE = """
name = "Baghdad & Basra \\"Courier\\" 🗞️ <b>"
timezone = "Asia/Baghdad"
city = "Baghdad"
"""
MANY = 101  # more than a page of an archive holds


@dataclass(frozen=True, slots=True)
class Press:
    """The running site and what was posted: paths of the articles by name, and of one that was withdrawn."""

    up: Up
    paths: dict[str, str]
    withdrawn: str

    def pages(self) -> list[str]:
        """Every address of a page on disk, fragments and the pages of errors aside."""
        root = self.up.folder / "site"
        found = (file.relative_to(root).as_posix().removesuffix("index.html") for file in root.rglob("*.html"))
        return sorted(f"/{path}" for path in found if not path.endswith(".html") and not path.startswith("_"))

    def files(self, pattern: str) -> list[str]:
        """Every address of a file of that name on disk."""
        root = self.up.folder / "site"
        return sorted(f"/{file.relative_to(root).as_posix()}" for file in root.rglob(pattern))


@pytest.fixture(scope="session")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """A site full of hostile text, with pages of every kind."""
    with Up(tmp_path_factory.mktemp("hostile"), SITE, PRESSRUN_NOW=NOW) as up:
        up.start()
        yield _filled(up)


def _filled(up: Up) -> Press:
    up.put("/v1/conditions", {"city": "Baghdad & \x85 <b>\x80", "temperature_c": 48.5, "at": NOW})
    many = [plain(number, published_at="2025-07-27T05:00:00Z", section="Many") for number in range(MANY)]
    answers = up.ingest.post("/v1/articles/batch", content="\n".join(map(json.dumps, many))).text.splitlines()
    assert [json.loads(answer)["status"] for answer in answers] == [202] * MANY
    posted = {name: up.post(name, **hostile(text)) for name, text in PAYLOADS.items()}
    for tag in LANGUAGES:
        posted[tag] = up.post(tag, language=tag, published_at="2025-07-28T05:00:00Z")
    posted["old"] = up.post("old", published_at="1869-05-01T05:00:00Z", updated_at="1869-06-01T05:00:00Z")
    for name, mode in (("jpeg", "RGB"), ("webp", "RGBA")):
        file = BytesIO()
        Image.new(mode, (1200, 800), (200, 30, 30, 128)[: len(mode)]).save(file, "PNG")
        pushed = up.ingest.post(
            f"/v1/push/{up.run['source']}/assets", data={"media_id": name}, files={"media": (name, file.getvalue())}
        )
        assert pushed.status_code == 201, pushed.text
        picture = {"media_id": name, "alt": "A & B", "credit": PAYLOADS["quotes"]}
        posted[name] = up.post(name, image=picture, published_at="2025-07-28T05:00:00Z", section="Pictures")
    gone = up.post("withdrawn", **{**hostile(PAYLOADS["markup"]), "section": "Gone", "topics": ["Gone"]})
    up.withdraw(gone["id"])
    views = [
        {"event_id": f"{name} {at}", "article": answer["id"], "at": at}
        for name, answer in posted.items()
        for at in ("2025-07-26T05:00:00Z", "2025-07-29T05:00:00Z")
    ]
    told = up.ingest.post("/v1/views/batch", content="\n".join(map(json.dumps, views))).text.splitlines()
    assert [json.loads(answer)["status"] for answer in told] == [202] * len(views)
    up.drain()
    wait_for(lambda: up.site_get("/hot/2025-W30/").status_code == 200, what="the finished week has its chart")
    up.drain()
    return Press(up, {name: path_of(answer["url"]) for name, answer in posted.items()}, path_of(gone["url"]))
