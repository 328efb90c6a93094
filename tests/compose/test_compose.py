"""docker-compose.yml on a real engine: through the published ports alone, and with every process killed."""

import json
import os
import re
import secrets
import subprocess
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.compose.stack import OURS, SERVICES, Stack, path_of, wait

pytestmark = pytest.mark.compose


def words() -> str:
    """A headline that no other test has."""
    return f"Words {secrets.token_hex(6)}"


def test_a_posted_article_is_a_served_page(stack: Stack) -> None:
    headline = words()
    answer = stack.call(
        "POST",
        "/v1/articles",
        json={"guid": headline, "headline": headline, "body_html": "<p>Through two doors.</p>"},
        headers={"Prefer": "wait=20"},
    )
    assert answer.status_code == 201, answer.text
    page = stack.get(path_of(answer.json()))
    assert page.status_code == 200
    assert headline in page.text
    assert "Through two doors." in page.text
    assert "include virtual" not in page.text
    stack.wait_for_page("/", headline)


def test_a_view_posted_through_the_site_shows_in_hot_this_week_on_another_page(stack: Stack) -> None:
    read, other = stack.publish(headline=words()), stack.publish(headline=words())
    wait(lambda: stack.view(read["id"]) == 202, "a view is taken")

    def hot() -> bool:
        block = re.search(r'<section class="hot".*?</section>', stack.get(path_of(other)).text, re.DOTALL)
        return block is not None and path_of(read) in block[0]

    wait(hot, "Hot this week shows what was read")
    assert stack.views(read["id"]) == 1
    wait(lambda: path_of(read) in stack.get("/hot/").text, "/hot/ lists it too")


def test_readers_behind_a_server_on_the_same_machine_are_told_apart_as_the_docs_say(stack: Stack) -> None:
    read = stack.publish(headline=words())
    for number in range(1, 4):
        for _ in range(2):
            assert stack.view(read["id"], passed_on_for=f"198.51.100.{number}") == 202
    wait(lambda: stack.views(read["id"]) == 3, "each of the readers is counted, once")


def test_a_batch_that_is_sent_faster_than_it_is_taken_comes_through_the_door(stack: Stack) -> None:
    article = {"headline": words(), "body_text": "Much more of it than fits on the way. " * 6000}
    lines = "\n".join(json.dumps({"guid": f"{article['headline']}-{number}", **article}) for number in range(120))
    answer = stack.call("POST", "/v1/articles/batch", content=lines)
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [202] * 120


@pytest.mark.parametrize("path", ["/metrics", "/docs", "/openapi.json", "/asyncapi", "/health/ready"])
def test_what_is_for_the_inside_is_not_published(stack: Stack, path: str) -> None:
    assert stack.get(path).status_code == 404
    assert stack.call("GET", path).status_code == 404
    assert stack.call("GET", "/health/live").status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_the_next_article_goes_live_after_a_kill(stack: Stack, service: str) -> None:
    before = stack.publish(headline=words())
    stack.wait_for_page(path_of(before), "Some words.")
    killed = stack.kill(service)
    headline = words()
    after = stack.publish(headline=headline)
    stack.wait_for_page(path_of(after), headline)
    stack.wait_healthy(service, killed)
    assert stack.get(path_of(before)).status_code == 200
    assert stack.call("GET", f"/v1/articles/{before['id']}").json()["state"] == "published"


def test_views_count_once_when_trending_is_killed_and_they_are_sent_again(stack: Stack) -> None:
    article = stack.publish(headline=words())["id"]
    at = datetime.now(UTC).isoformat()
    lines = b"".join(
        json.dumps({"event_id": f"{article}-{n}", "article": article, "at": at}).encode() + b"\n" for n in range(300)
    )
    killed = 0
    for _ in range(2):
        answer = stack.call("POST", "/v1/views/batch", content=lines)
        assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [202] * 300
        killed = killed or stack.kill("trending")
    stack.wait_healthy("trending", killed)
    wait(lambda: stack.views(article) >= 300, "all views are counted")
    assert stack.views(article) == 300


def test_readers_are_counted_once_each_while_trending_is_killed(stack: Stack) -> None:
    read = stack.publish(headline=words())
    readers = 60
    killed = 0
    for reader in range(readers):
        for _ in range(2):  # who comes back within half an hour counts once
            wait(lambda reader=reader: stack.view(read["id"], reader) == 202, "a view is taken")  # type: ignore[misc]
        killed = killed or (stack.kill("trending") if reader == readers // 2 else 0)
    stack.wait_healthy("trending", killed)
    wait(lambda: stack.views(read["id"]) >= readers, "all readers are counted")
    assert stack.views(read["id"]) == readers
    wait(lambda: path_of(read) in stack.get("/hot/").text, "/hot/ lists what was read")


def test_an_embargo_lifts_though_ingest_is_killed_meanwhile(stack: Stack) -> None:
    headline = words()
    lifts = datetime.now(UTC) + timedelta(seconds=6)
    answer = stack.publish(headline=headline, published_at=None, embargo_until=lifts.isoformat())
    stack.wait_healthy("ingest", stack.kill("ingest"))
    stack.wait_for_page(path_of(answer), headline)
    assert datetime.now(UTC) >= lifts


def test_every_address_of_a_withdrawn_article_answers_410(stack: Stack) -> None:
    slug, headline = secrets.token_hex(6), words()
    old = stack.publish(guid=slug, headline=headline, slug=f"old-{slug}", version=1)
    new = stack.publish(guid=slug, headline=headline, slug=f"new-{slug}", version=2, section=f"Section {slug}")
    stack.wait_for_page(path_of(new), headline)
    assert stack.wait_for_redirect(path_of(old)) == path_of(new)
    stack.wait_for_page(f"/section-{slug}/", headline)
    stack.call("DELETE", f"/v1/articles/{new['id']}")
    for answer in (old, new):
        wait(lambda answer=answer: stack.get(path_of(answer)).status_code == 410, "it is gone")  # type: ignore[misc]
    wait(lambda: stack.get(f"/section-{slug}/").status_code == 404, "its section, empty now, is gone too")
    wait(lambda: headline not in stack.get("/feed.xml").text, "the feed has let it go")


def test_an_embargo_lifts(stack: Stack) -> None:
    headline = words()
    lifts = datetime.now(UTC) + timedelta(seconds=4)
    answer = stack.publish(headline=headline, published_at=None, embargo_until=lifts.isoformat())
    assert answer["outcome"] == "scheduled"
    assert stack.get(path_of(answer)).status_code == 404 or datetime.now(UTC) >= lifts
    stack.wait_for_page(path_of(answer), headline)
    assert datetime.now(UTC) >= lifts


def test_a_withdrawn_article_answers_410_and_leaves_the_front_page(stack: Stack) -> None:
    headline = words()
    answer = stack.publish(headline=headline)
    stack.wait_for_page("/", headline)
    assert stack.call("DELETE", f"/v1/articles/{answer['id']}").status_code in (200, 202)
    wait(lambda: stack.get(path_of(answer)).status_code == 410, "the page answers 410")
    wait(lambda: headline not in stack.get("/").text, "the front page has let it go")


def test_an_old_address_answers_301_to_the_newest(stack: Stack) -> None:
    slug, headline = secrets.token_hex(6), words()
    old = stack.publish(guid=slug, headline=headline, slug=f"old-{slug}", version=1)
    new = stack.publish(guid=slug, headline=headline, slug=f"new-{slug}", version=2)
    stack.wait_for_page(path_of(new), headline)
    assert stack.wait_for_redirect(path_of(old)) == path_of(new)


def test_the_live_site_equals_a_build_from_the_store(stack: Stack) -> None:
    stack.publish(headline=words(), section="World", topics=["Energy"], authors=["Ada"])
    stack.check()


def test_no_service_met_what_it_did_not_expect(stack: Stack) -> None:
    stack.publish(headline=words())
    for service in OURS:
        counted = re.search(r"^pressrun_unhandled_exceptions_total (.+)$", stack.ask(service, "/metrics"), re.MULTILINE)
        assert counted is not None
        assert float(counted[1]) == 0, stack.compose("logs", "--no-color", "--tail", "60", service).stdout


def test_a_store_that_an_operator_stops_is_named_in_each_log_as_no_error_of_ours(stack: Stack) -> None:
    def log(service: str) -> str:
        return stack.compose("logs", "--no-log-prefix", "--since", stopped, service).stdout

    stopped = datetime.now(UTC).isoformat()
    assert stack.compose("stop", "redis").returncode == 0
    try:
        for service in OURS:
            wait(lambda service=service: "the store does not serve" in log(service), f"{service} says so")  # type: ignore[misc]
    finally:
        stack.up("--no-recreate")
    headline = words()
    stack.wait_for_page(path_of(stack.publish(headline=headline)), headline)
    for service in OURS:
        assert '"level": "error"' not in log(service)


def test_an_export_is_a_file_of_whoever_asked_for_it(stack: Stack, tmp_path: Path) -> None:
    stack.publish(headline=words())
    run = ("run", "--rm", "--no-deps", "-T", "-u", f"{os.getuid()}:{os.getgid()}", "-v", f"{tmp_path}:/to", "ingest")
    done = stack.compose(*run, "pressrun", "export", "/to/backup.pressrun")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "backup.pressrun").stat().st_uid == os.getuid()
    with tarfile.open(tmp_path / "backup.pressrun") as archive:
        assert {"store.ndjson", "site.toml"} <= set(archive.getnames())


def test_replicas_of_render_have_names_of_their_own_and_keep_them(stack: Stack) -> None:
    try:
        stack.up("--no-recreate", "--scale", "render=2")
        stack.up("--force-recreate", "--no-deps", "--scale", "render=2", "render")
        headline = words()
        stack.wait_for_page(path_of(stack.publish(headline=headline)), headline)
        fields = stack.ask_store("XINFO", "CONSUMERS", "articles", "render").splitlines()
        names = {fields[at + 1] for at in range(len(fields)) if fields[at] == "name"}
        assert names == {"render-1", "render-2"}
    finally:
        stack.up("--no-recreate", "--scale", "render=1")


def test_containers_are_locked_down_and_show_no_secret(stack: Stack) -> None:
    known = [stack.token, *((stack.secrets / name).read_text() for name in ("redis_password", "edge_secret"))]
    for service in SERVICES:
        (shown,) = stack.inspect(service)
        host = shown["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert not host["CapAdd"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        ports = [bound for bindings in (host["PortBindings"] or {}).values() for bound in bindings]
        assert len(ports) == (2 if service == "site" else 0), service
        assert {bound["HostIp"] for bound in ports} <= {"127.0.0.1"}, service
        processes = subprocess.run(
            ["docker", "top", shown["Id"], "-eo", "pid,uid,args"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
        assert not re.search(r"^\s*\d+\s+0\s", processes, re.MULTILINE), f"{service} runs as root:\n{processes}"
        for secret in known:
            assert secret not in json.dumps(shown), service
            assert secret not in processes, service
