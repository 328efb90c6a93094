"""The pages in docs/connect: what they tell people to run is run against a real ingest."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import httpx
import pytest
import redis

from tests.servers import Valkey, free_port, is_live, running, under_uvicorn, wait_for

DOCS = Path(__file__).parents[2] / "docs" / "connect"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [
    pytest.param(kind, code, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*.md"))
    for number, (kind, code) in enumerate(BLOCK.findall(page.read_text()))
]


@pytest.fixture(scope="module")
def environ(valkey_server: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables that the pages speak of, and an ingest that they point at."""
    valkey_server.flush()
    folder, port = tmp_path_factory.mktemp("ingest"), free_port()
    (folder / "sources.toml").write_text(
        '[sources.newsroom]\ntokens = ["docs-token"]\nhmac_secrets = ["docs-secret"]\n'
    )
    settings = {"PRESSRUN_DATA": str(folder), "PRESSRUN_REDIS_URL": valkey_server.url, "PRESSRUN_DISK_FLOOR_MB": "0"}
    url = f"http://127.0.0.1:{port}"
    with running(under_uvicorn("ingest", port), settings, folder / "log"):
        wait_for(lambda: is_live(url), what=f"ingest is live; see {folder / 'log'}")
        yield {
            **os.environ,
            "PRESSRUN_URL": url,
            "PRESSRUN_TOKEN": "docs-token",
            "PRESSRUN_HMAC_SECRET": "docs-secret",
        }


@pytest.mark.parametrize(("kind", "code"), BLOCKS)
def test_what_the_pages_say_works(
    environ: dict[str, str], kind: str, code: str, request: pytest.FixtureRequest
) -> None:
    for command in ("curl", "openssl"):
        if re.search(rf"\b{command} ", code):
            request.getfixturevalue(command)
    code = code.replace("wait=5", "wait=0.1")  # nobody builds pages here
    command = ["bash", "-euo", "pipefail", "-c", code] if kind == "sh" else [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # stale: the blocks come in any order, and some are versions of one article
    assert re.search(r"published|updated|unchanged|withdrawn|stale", done.stdout), done.stdout


def test_the_reader_that_is_shown_takes_up_what_it_had_in_hand_and_goes_on(
    environ: dict[str, str], valkey_server: Valkey, tmp_path: Path
) -> None:
    [(_, code)] = [block for block in BLOCK.findall((DOCS.parent / "events.md").read_text()) if block[0] == "python"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "run.json").write_text(json.dumps({"redis": valkey_server.url}))
    store = redis.Redis.from_url(valkey_server.url)
    store.xgroup_create("articles", "search", "$", mkstream=True)

    def post(guid: str) -> str:
        article = {"guid": guid, "headline": guid, "body_text": "Read from the stream."}
        authorization = {"Authorization": f"Bearer {environ['PRESSRUN_TOKEN']}"}
        answer = httpx.post(f"{environ['PRESSRUN_URL']}/v1/articles", json=article, headers=authorization)
        return f"article.published 1 {answer.json()['url']}\n"

    in_hand = post("reader-1")
    store.xreadgroup("search", "search-1", {"articles": ">"})  # and was stopped before it was done
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as reader:
        end = Timer(20, reader.kill)  # its lines end then, where it waits for what does not come
        end.start()
        try:
            assert reader.stdout
            assert reader.stdout.readline() == in_hand
            new = post("reader-2")
            assert reader.stdout.readline() == new
            wait_for(lambda: not store.xpending("articles", "search")["pending"], what="both are acknowledged")
        finally:
            end.cancel()
            reader.kill()


def test_every_way_in_has_its_page() -> None:
    assert {page.stem for page in DOCS.glob("*.md")} == {"superdesk", "ghost", "wordpress", "post"}
    assert BLOCKS


def test_the_plugin_does_what_its_page_says() -> None:
    plugin, page = (DOCS / "pressrun.php").read_text(), (DOCS / "wordpress.md").read_text()
    assert plugin.startswith("<?php\n")
    assert "?>" not in plugin
    for opening, closing in ("()", "[]", "{}"):
        assert plugin.count(opening) == plugin.count(closing)
    for name in ("PRESSRUN_URL", "PRESSRUN_TOKEN"):
        assert f"define('{name}'" in page
        assert plugin.count(name) >= 2
    for call in ("transition_post_status", "before_delete_post", "wp_remote_post", "'redirection' => 0", "ABSPATH"):
        assert call in plugin
