"""WordPress' plugin does what its page says: what happens to a post happens on the site."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any
from zlib import crc32

import pytest

from tests.servers import free_port, wait_for
from tests.stack import Up, path_of

PLUGIN = Path(__file__).parents[2] / "docs" / "connect" / "pressrun.php"
WORDPRESS = Path(__file__).with_name("wordpress.php")
NUMBERS = count(1)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The site that the posts come to."""
    with Up(tmp_path_factory.mktemp("wordpress"), one_core=True) as up:
        up.start()
        yield up


@dataclass(slots=True)
class Blog:
    """A WordPress with the plugin; each call is a request of its own."""

    php: Path
    up: Up
    state: Path
    environ: dict[str, str]
    told: str = ""

    def request(self, **what: Any) -> list[dict[str, Any]]:
        """One request; what the plugin sent, with the answers. PHP's warnings are errors."""
        done = subprocess.run(
            [self.php, "-d", "log_errors=0", "-d", "display_errors=stderr", WORDPRESS, PLUGIN, self.state],
            env={"PATH": os.environ["PATH"], **self.environ},
            input=json.dumps({"user": True, **what}),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        self.told = done.stderr
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def save(
        self,
        ident: int,
        status: str = "publish",
        later: int = 0,
        user: bool = True,
        newspack: bool = False,
        **members: Any,
    ) -> list[dict[str, Any]]:
        """Save a post, as an editor does, or cron."""
        now = datetime.now(UTC)
        post = {
            "status": status,
            "date_gmt": f"{now:%Y-%m-%dT%H:%M:%S}",
            "modified_gmt": f"{now + timedelta(seconds=later):%Y-%m-%dT%H:%M:%S}",
            "slug": f"post-{ident}",
            "title": f"Post {ident} &amp; more",
            "content": f"<p>Body of {ident}.</p>",
            **members,
        }
        return self.request(do="save", id=ident, post=post, user=user, newspack=newspack)

    def scheduled(self) -> list[dict[str, Any]]:
        """What WordPress' cron has to do."""
        return list(json.loads(self.state.read_text())["cron"])

    def waits_for(self, path: str, status: int) -> None:
        """Until a reader gets that status."""
        wait_for(lambda: self.up.site_get(path).status_code == status, what=f"{path} answers {status}")

    def page_of(self, call: dict[str, Any]) -> str:
        """What readers get of the post that a call sent, once it is there."""
        path = path_of(call["answer"]["url"])
        self.waits_for(path, 200)
        return self.up.page(path)


@pytest.fixture
def blog(php: Path, up: Up, tmp_path: Path) -> Blog:
    """A new WordPress, connected."""
    url = f"{up.run['ingest']}/v1/push/{up.run['source']}/wordpress"
    return Blog(php, up, tmp_path / "state.json", {"PRESSRUN_URL": url, "PRESSRUN_TOKEN": up.run["token"]})


@pytest.fixture
def ident() -> int:
    """A post's id that no other test has."""
    return next(NUMBERS)


def test_a_published_post_is_on_the_site_with_what_was_saved_after_its_status(blog: Blog, ident: int) -> None:
    (call,) = blog.save(ident, categories=["City"], tags=["Rivers", "Bridges"], excerpt="<p>In short.</p>")
    assert (call["status"], call["answer"]["outcome"]) == (202, "published")
    page = blog.page_of(call)
    for words in (f"<h1>Post {ident} & more</h1>", f"Body of {ident}.", "In short.", ">City<", ">Rivers<", ">Ada<"):
        assert words in page, words
    assert blog.scheduled() == []


def test_all_whom_co_authors_plus_knows_are_named(blog: Blog, ident: int) -> None:
    (call,) = blog.save(ident, coauthors=["Ann", "Ben"])
    page = blog.page_of(call)
    assert ">Ann<" in page
    assert ">Ben<" in page
    assert ">Ada<" not in page
    assert call["sent"]["coauthors"][1] == {"display_name": "Ben", "link": "https://blog.example/author/ben/"}


@pytest.mark.parametrize(
    "name",
    [
        "_yoast_wpseo_primary_category", "rank_math_primary_category", "_seopress_robots_primary_cat",
        "_primary_term_category",
    ],
)  # fmt: skip
def test_the_section_is_the_category_that_a_plugin_knows_for_the_first(blog: Blog, ident: int, name: str) -> None:
    (call,) = blog.save(ident, categories=["Breaking", "Politics"], meta={name: crc32(b"Politics")})
    assert '<p class="kicker"><a href="/politics/">Politics</a>' in blog.page_of(call)


def test_without_one_the_section_is_the_first_category(blog: Blog, ident: int) -> None:
    meta = {"_seopress_robots_primary_cat": "none", "rank_math_primary_category": ""}
    (call,) = blog.save(ident, categories=["Breaking", "Politics"], meta=meta)
    assert call["sent"]["primary_category"] is None
    assert '<p class="kicker"><a href="/breaking/">Breaking</a>' in blog.page_of(call)


def test_whose_the_featured_picture_is_stands_below_it(blog: Blog, ident: int) -> None:
    picture = next(NUMBERS)
    blog.save(
        picture, status="inherit", type="attachment", meta={"_media_credit": "Jo", "_navis_media_credit_org": "AP"}
    )
    (call,) = blog.save(ident, thumbnail=picture)
    assert '<span class="credit"><bdi>Jo / AP</bdi></span>' in blog.page_of(call)
    blog.save(picture, status="inherit", type="attachment", meta={"_media_credit": " "})
    assert blog.save(ident, later=1, thumbnail=picture)[0]["sent"]["featured_media_credit"] == ""


def test_a_post_that_was_paid_for_says_so_before_anything_else(blog: Blog, ident: int) -> None:
    (call,) = blog.save(ident, sponsor="Acme & Sons")
    said = "<p><strong>Paid for by Acme & Sons.</strong></p>"
    assert f"{said}<p>Body of {ident}.</p>" in blog.page_of(call)
    assert blog.save(ident, later=1, sponsor="")[0]["sent"]["sponsor_disclaimers"] == []


def test_a_correction_of_newspacks_is_on_the_page_until_it_is_deleted(blog: Blog, ident: int) -> None:
    first = blog.save(ident, newspack=True)[0]
    assert "Correction," not in blog.page_of(first)
    told: dict[str, Any] = {"type": "newspack_correction", "meta": {"newspack_correction-post-id": ident}}
    correction = next(NUMBERS)
    (call,) = blog.save(correction, newspack=True, content="The mayor is 61, not 16.", **told)
    assert call["answer"]["outcome"] == "updated"
    path = path_of(first["answer"]["url"])
    wait_for(lambda: "The mayor is 61, not 16." in blog.up.page(path), what="the correction is shown")
    (call,) = blog.request(do="delete", id=correction, newspack=True)
    assert call["answer"]["outcome"] == "updated"
    wait_for(lambda: "The mayor is 61, not 16." not in blog.up.page(path), what="the correction is gone")


def test_a_correction_of_what_is_not_sent_sends_nothing(blog: Blog, ident: int) -> None:
    told: dict[str, Any] = {"type": "newspack_correction", "meta": {"newspack_correction-post-id": ident}}
    assert blog.save(ident, status="draft", newspack=True) == []
    assert blog.save(next(NUMBERS), newspack=True, **told) == []


@pytest.mark.parametrize(("plugin", "code", "lang"), [("polylang", "ar", "ar"), ("wpml", "pt-br", "pt-br")])
def test_the_language_that_a_plugin_knows_is_the_pages(
    blog: Blog, ident: int, plugin: str, code: str, lang: str
) -> None:
    (call,) = blog.save(ident, **{plugin: code})
    assert f' lang="{lang}"' in blog.page_of(call)


def test_a_post_of_which_no_plugin_knows_the_language_has_the_sites(blog: Blog, ident: int) -> None:
    (call,) = blog.save(ident, polylang="")
    assert call["sent"]["lang"] is None
    assert call["answer"]["outcome"] == "published"


def test_an_edited_post_changes_and_its_old_address_leads_to_the_new_one(blog: Blog, ident: int) -> None:
    old = path_of(blog.save(ident, tags=["Old"])[0]["answer"]["url"])
    blog.waits_for(old, 200)
    (call,) = blog.save(ident, later=1, title="Edited", slug=f"edited-{ident}", tags=["New"])
    assert call["answer"]["outcome"] == "updated"
    page, new = blog.page_of(call), path_of(call["answer"]["url"])
    assert "<h1>Edited</h1>" in page
    assert ">New<" in page
    assert ">Old<" not in page
    blog.waits_for(old, 301)
    assert blog.up.site_get(old).headers["location"] == new


@pytest.mark.parametrize("status", ["trash", "draft", "private"])
def test_a_post_that_is_taken_back_is_gone_and_can_return(blog: Blog, ident: int, status: str) -> None:
    path = path_of(blog.save(ident)[0]["answer"]["url"])
    blog.waits_for(path, 200)
    (call,) = blog.save(ident, status)
    assert call["answer"]["outcome"] == "withdrawn"
    blog.waits_for(path, 410)
    (call,) = blog.save(ident, later=60)
    assert call["answer"]["outcome"] in ("published", "updated")
    blog.waits_for(path, 200)


def test_a_post_deleted_for_good_is_gone(blog: Blog, ident: int) -> None:
    path = path_of(blog.save(ident)[0]["answer"]["url"])
    blog.waits_for(path, 200)
    (call,) = blog.request(do="delete", id=ident)
    assert call["answer"]["outcome"] == "withdrawn"
    blog.waits_for(path, 410)


def test_a_post_that_becomes_a_page_is_gone_and_can_return(blog: Blog, ident: int) -> None:
    path = path_of(blog.save(ident)[0]["answer"]["url"])
    blog.waits_for(path, 200)
    (call,) = blog.save(ident, type="page")
    assert call["answer"]["outcome"] == "withdrawn"
    blog.waits_for(path, 410)
    assert blog.save(ident, type="page", title="As a page") == []
    (call,) = blog.save(ident, type="post", later=60)
    assert call["answer"]["outcome"] == "published"
    blog.waits_for(path, 200)


def test_a_scheduled_post_is_sent_at_once_and_again_when_it_is_due(blog: Blog, ident: int) -> None:
    later = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    (call,) = blog.save(ident, "future", date_gmt=later)
    assert call["answer"]["outcome"] == "scheduled"
    (call,) = blog.save(ident, later=1)
    assert call["answer"]["outcome"] in ("published", "updated")
    blog.waits_for(path_of(call["answer"]["url"]), 200)


def test_a_published_post_that_is_dated_into_the_future_is_gone_until_then(blog: Blog, ident: int) -> None:
    """As on the blog itself, where a scheduled post is nobody's to see."""
    later = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    (call,) = blog.save(ident, categories=[f"Early {ident}"])
    path, section = path_of(call["answer"]["url"]), f"/early-{ident}/"
    blog.waits_for(path, 200)
    blog.waits_for(section, 200)
    (call,) = blog.save(ident, "future", date_gmt=later, later=60)
    assert (call["answer"]["outcome"], path_of(call["answer"]["url"])) == ("scheduled", path)
    blog.waits_for(path, 410)
    blog.waits_for(section, 404)
    told = blog.up.ingest.get(f"/v1/articles/{call['answer']['id']}").json()
    assert (told["state"], told["scheduled_version"]) == ("withdrawn", 2)
    (call,) = blog.save(ident, later=120)
    assert call["answer"]["outcome"] == "published"
    blog.waits_for(path, 200)


@pytest.mark.parametrize("user", [True, False])
def test_what_a_plugin_shows_to_members_alone_is_sent_as_everybody_sees_it(blog: Blog, ident: int, user: bool) -> None:
    """Such plugins look at who reads (Paid Memberships Pro, Jetpack): an editor saves the post, and may read it all."""
    later = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    for_members = {"content": "<p>For all.</p><p>[members]Inside.[/members]</p>", "user": user}
    for status, date_gmt, excerpt in (("publish", "2025-07-26T09:30:00", ""), ("future", later, "In short.")):
        (call,) = blog.save(ident, status, date_gmt=date_gmt, excerpt=excerpt, **for_members)
        assert call["sent"]["content"]["rendered"] == "<p>For all.</p><p></p>", status
        assert call["sent"]["excerpt"]["rendered"] == excerpt, status
        assert call["sent"]["_embedded"]["author"][0]["name"] == "Ada", status


def test_what_is_for_no_reader_is_not_sent(blog: Blog, ident: int) -> None:
    assert blog.save(ident, "draft") == []
    assert blog.save(ident, "auto-draft") == []
    assert blog.request(do="save", id=ident, post={"type": "page", "status": "publish"}) == []
    assert blog.request(do="delete", id=ident) == []


@pytest.mark.parametrize(("status", "outcome"), [("publish", "published"), ("future", "scheduled")])
def test_what_cannot_be_delivered_is_sent_again_by_cron(blog: Blog, ident: int, status: str, outcome: str) -> None:
    due = f"{datetime.now(UTC) + timedelta(days=status == 'future'):%Y-%m-%dT%H:%M:%S}"
    there, blog.environ["PRESSRUN_URL"] = blog.environ["PRESSRUN_URL"], f"http://127.0.0.1:{free_port()}/away"
    (call,) = blog.save(ident, status, date_gmt=due)
    assert call["status"] == ""
    (event,) = blog.scheduled()
    assert (event["hook"], event["args"]) == ("pressrun_send", [ident])
    (call,) = blog.request(do="cron", user=False)
    assert len(blog.scheduled()) == 1
    blog.environ["PRESSRUN_URL"] = there
    (call,) = blog.request(do="cron", user=False)
    assert call["answer"]["outcome"] == outcome
    assert blog.scheduled() == []


@pytest.mark.parametrize("do", ["save", "delete"])
def test_what_a_request_does_not_come_to_is_sent_by_cron(blog: Blog, ident: int, do: str) -> None:
    """PHP ends a request that takes too long, as one that trashes fifty posts at once may while nobody answers."""
    path = path_of(blog.save(ident)[0]["answer"]["url"])
    assert blog.request(do=do, id=ident, post={"status": "trash"}, dies=True) == []
    (call,) = blog.request(do="cron", user=False)
    assert call["answer"]["outcome"] == "withdrawn"
    blog.waits_for(path, 410)
    assert blog.scheduled() == []


def test_what_is_refused_is_not_sent_again_but_logged(blog: Blog, ident: int) -> None:
    blog.environ["PRESSRUN_TOKEN"] = "wrong"
    (call,) = blog.save(ident)
    assert call["status"] == 401
    assert blog.scheduled() == []
    assert f"Pressrun did not take post {ident}: 401" in blog.told


@pytest.fixture
def answering() -> Iterator[Callable[[int], str]]:
    """Begins a server that gives every call one answer, and says where it is."""
    servers: list[HTTPServer] = []

    def begin(status: int) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Answer))
        Thread(target=servers[-1].serve_forever).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("status", "again"), [(500, True), (503, True), (302, False), (422, False)])
def test_only_what_may_succeed_another_time_is_sent_again(
    blog: Blog, ident: int, answering: Callable[[int], str], status: int, again: bool
) -> None:
    blog.environ["PRESSRUN_URL"] = answering(status)
    (call,) = blog.save(ident)
    assert call["status"] == status  # also 302: who follows it shows the token to another server
    assert bool(blog.scheduled()) == again
    assert bool(blog.told) != again


def test_of_a_network_the_main_blog_is_sent_alone(blog: Blog, ident: int) -> None:
    """The others have posts of the same numbers, which would take the places of its own."""
    post = {"status": "publish", "title": "Another", "content": "<p>Another.</p>"}
    assert blog.request(do="save", id=ident, post=post, blog=2) == []
    assert (blog.scheduled(), blog.told) == ([], "")
    (call,) = blog.save(ident)
    assert call["answer"]["outcome"] == "published"


def test_of_a_network_each_blog_has_a_source_of_its_own(blog: Blog, ident: int) -> None:
    for name in ("PRESSRUN_URL", "PRESSRUN_TOKEN"):
        blog.environ[name] = json.dumps({"3": blog.environ[name]})
    assert blog.save(ident) == []
    assert (blog.scheduled(), blog.told) == ([], "")
    post = json.loads(blog.state.read_text())["posts"][str(ident)]
    (call,) = blog.request(do="save", id=ident, post=post, blog=3)
    assert call["answer"]["outcome"] == "published"


def test_a_post_that_is_written_from_another_blog_is_sent_by_its_own_cron(blog: Blog, ident: int) -> None:
    (call,) = blog.save(ident)
    post = json.loads(blog.state.read_text())["posts"][str(ident)] | {"status": "trash"}
    assert blog.request(do="save", id=ident, post=post, ends_in=2) == []
    (call,) = blog.request(do="cron", user=False)
    assert call["answer"]["outcome"] == "withdrawn"
    assert blog.scheduled() == []


def test_without_its_settings_the_plugin_does_nothing(blog: Blog, ident: int) -> None:
    blog.environ.clear()
    assert blog.save(ident) == []
    assert "PRESSRUN_URL" in blog.told
