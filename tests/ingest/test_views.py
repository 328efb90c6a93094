"""Views: which count, who a visitor is, and what the senders are told."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import jsonschema_rs
import pytest

from services.ingest.asyncapi import document
from services.ingest.robots import is_robot
from services.ingest.view_stream import FLOOD
from services.ingest.views import MOST, Beacons, ViewBeacon, batch_route
from services.ingest.visitors import SALTS, Client, DailySalts, mark, network_of
from shared.application import create_app
from shared.clock import Clock
from shared.events import VIEWS
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store, StoreUnavailable
from shared.together import Together
from shared.view_bounds import REMEMBERED, most_remembered
from tests.ingest.door import EDGE, FIREFOX, GONE, NOW, ONE, TWO, Door


async def test_a_readers_view_is_on_the_stream_once_it_is_answered(door: Door) -> None:
    now = NOW + timedelta(milliseconds=7)
    door.set_clock(now)
    assert await door.post({"article": ONE}) == 202
    (event,) = await door.streamed()
    assert (event.article, event.at, event.once) == (ONE, now, False)


async def test_every_entry_is_what_the_asyncapi_document_says(door: Door) -> None:
    await door.post({"article": ONE})
    await door.lines(line(), line("2", GONE, NOW - timedelta(days=1)))
    made = document()
    schema = made["components"]["messages"]["article.viewed"]["payload"] | {"components": made["components"]}
    valid = jsonschema_rs.validator_for(schema)
    entries = await door.service.store.do("XRANGE", VIEWS, "-", "+")
    assert len(entries) == 3
    for _, fields in entries:
        assert fields[0] == b"event"
        valid.validate(json.loads(fields[1]))


@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "application/json", "application/octet-stream"])
async def test_what_send_beacon_sends_is_taken(door: Door, kind: str) -> None:
    assert await door.post({"article": ONE}, **{"content-type": kind}) == 202
    assert len(await door.streamed()) == 1


async def test_a_visitor_counts_once_per_article_in_half_an_hour_from_the_view_that_counted(door: Door) -> None:
    for minutes, counted in ((0, 1), (1, 1), (29, 1), (30, 2), (31, 2), (59, 2), (60, 3)):
        door.set_clock(NOW + timedelta(minutes=minutes))
        assert await door.post({"article": ONE}) == 202
        assert len(await door.streamed()) == counted, minutes
        (seen,) = await door.service.store.do("KEYS", "seen:*")
        assert await door.service.store.do("PTTL", seen) > 0


async def test_other_visitors_and_other_articles_count(door: Door) -> None:
    await door.post({"article": ONE})
    await door.post({"article": TWO})
    await door.post({"article": ONE}, client="198.51.100.8")
    await door.post({"article": ONE}, agent=FIREFOX + "1")
    assert len(await door.streamed()) == 4


async def test_midnight_makes_no_new_visitor(door: Door) -> None:
    midnight = datetime(2025, 7, 26, 21, tzinfo=UTC)  # in Baghdad
    for minutes, counted in ((-20, 1), (9, 1), (10, 2), (31, 2), (40, 3)):
        door.set_clock(midnight + timedelta(minutes=minutes))
        await door.post({"article": ONE})
        assert len(await door.streamed()) == counted, minutes
    assert await door.service.store.do("HKEYS", SALTS) == [b"2025-07-27"]


async def test_nothing_personal_is_stored(door: Door) -> None:
    await door.post({"article": ONE}, client="198.51.100.77")
    store = door.service.store
    kept = [await store.do("KEYS", "*")]
    kept += [await store.do("XRANGE", VIEWS, "-", "+"), await store.do("HGETALL", SALTS)]
    assert "198.51" not in repr(kept)
    assert "Firefox" not in repr(kept)
    marks = [key for key in kept[0] if key.startswith((b"seen:", b"views:from:"))]
    assert len(marks) == 2
    assert all([await store.do("PTTL", key) > 60_000 for key in marks]), "and longer than a minute, which they bound"


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
        "facebookexternalhit/1.1",
        "Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 Chrome/137.0 Mobile Safari/537.36 Chrome-Lighthouse",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
        "Mozilla/5.0 (compatible; Blueno/1.0; +http://naver.me/scrap)",
        "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
    ],
)
async def test_robots_are_answered_and_do_not_count(door: Door, agent: str) -> None:
    assert await door.post({"article": ONE}, agent=agent) == 202
    assert await door.streamed() == []


@pytest.mark.parametrize(
    "agent",
    [
        FIREFOX,
        "",
        "Mozilla/5.0 (Linux; Android 10; CUBOT X30) Chrome/120.0 Mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile NAVER(inapp; search; 1000; 12.0.0; 13)",
        "Mozilla/5.0 (Linux; Android 10; wv) Chrome/68.0 Mobile Safari/537.36 SogouMSE,SogouMobileBrowser/6.5.11",
    ],
)
def test_browsers_are_no_robots(agent: str) -> None:
    assert not is_robot(agent.encode())


@pytest.mark.parametrize("article", ["d" * 16, GONE, "../etc", "", "ü", "\ud800", "x" * (MOST - 15)])
async def test_unknown_articles_are_answered_and_do_not_count(door: Door, article: str) -> None:
    assert await door.post({"article": article}) == 202
    assert await door.streamed() == []


async def test_pages_of_others_do_not_count(door: Door) -> None:
    assert await door.post({"article": ONE}, **{"sec-fetch-site": "cross-site"}) == 202
    assert await door.streamed() == []
    await door.post({"article": ONE}, **{"sec-fetch-site": "same-origin"})
    assert len(await door.streamed()) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff", 400), (b"[" * 4000, 400), (b"1" * 4001, 422), (b"null", 422), (b"[]", 422),
        (b"{}", 422), (b'{"article": 1}', 422), (b'{"article": null}', 422),
        (b'{"article": "' + b"x" * MOST + b'"}', 413),
    ],
)  # fmt: skip
async def test_what_is_no_view_is_refused(door: Door, body: bytes, status: int) -> None:
    answer = await door.http.post("/v1/views", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 422:
        assert answer.json()["errors"]
    assert await door.streamed() == []


async def test_views_are_only_posted(door: Door) -> None:
    answer = await door.http.get("/v1/views")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_in_front_of_the_application_the_beacon_takes_its_own_call_alone(door: Door) -> None:
    front = ViewBeacon(create_app(door.service, "test"), Beacons(door.service))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://ingest") as http:
        assert (await http.post("/v1/views", json={"article": ONE})).status_code == 202
        assert (await http.post("/v1/views", json={})).json()["errors"][0]["pointer"] == "/article"
        assert (await http.get("/health/live")).status_code == 200
        assert (await http.post("/v1/views/batch")).status_code == 404, "it is the application's"
    assert len(await door.streamed()) == 1


async def test_behind_a_proxy_that_is_trusted_each_of_its_visitors_counts(door: Door) -> None:
    door.service.settings.__dict__["trusted_proxies"] = CDN
    front = ViewBeacon(create_app(door.service, "test"), Beacons(door.service))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://ingest") as http:
        for visitor in ("1.1.1.1", "2.2.2.2", "1.1.1.1"):
            told = {"x-pressrun-edge": EDGE, "x-pressrun-client": PROXY, "x-forwarded-for": visitor}
            assert (await http.post("/v1/views", json={"article": ONE}, headers=told)).status_code == 202
    assert len(await door.streamed()) == 2


async def test_a_view_whose_body_does_not_come_gives_its_place_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ingest.views.PATIENCE", 0.05)
    monkeypatch.setattr("services.ingest.views.LOOK_EVERY", 0.01)
    beacons = Beacons(door.service)
    hurrying = asyncio.create_task(beacons.hurry())

    async def never() -> Any:
        await asyncio.Event().wait()

    async with asyncio.timeout(5):
        problem = await beacons.problem_with({"type": "http", "method": "POST", "path": "/v1/views"}, never)
    assert problem is not None
    assert problem.status == 503
    hurrying.cancel()


async def test_a_view_whose_body_comes_a_little_later_is_taken(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.views.LOOK_EVERY", 0)
    beacons = Beacons(door.service)
    hurrying = asyncio.create_task(beacons.hurry())

    async def later() -> Any:
        for _ in range(20):
            await asyncio.sleep(0)
        return {"body": json.dumps({"article": ONE}).encode()}

    call = {"type": "http", "method": "POST", "path": "/v1/views", "headers": [], "client": None}
    assert await beacons.problem_with(call, later) is None
    assert len(await door.streamed()) == 1
    assert not beacons._reading, "nothing is kept of it"
    hurrying.cancel()


async def test_who_ends_the_wait_for_a_view_otherwise_ends_it(door: Door) -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    call = {"type": "http", "method": "POST", "path": "/v1/views"}
    taking = asyncio.create_task(Beacons(door.service).problem_with(call, never))
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking


async def test_without_the_store_a_sender_is_told_to_come_back(door: Door) -> None:
    door.service.store = Store(Settings(redis_url="redis://127.0.0.1:1/0"))
    app = create_app(door.service, "test")
    app.router.routes.append(batch_route(door.service, lambda _: "desk"))
    front = ViewBeacon(app, Beacons(door.service))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://ingest") as http:
        answer = await http.post("/v1/views", json={"article": ONE})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        line = {"event_id": "1", "article": ONE, "at": NOW.isoformat()}
        assert (await http.post("/v1/views/batch", json=line)).json()["status"] == 503


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.100.8"),
        ("2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:3::1"),  # a household, and another
    ],
)
async def test_a_flood_from_one_address_is_bounded(door: Door, one: str, same: str, other: str) -> None:
    await door.post({"article": ONE}, client=one)
    (key,) = await door.service.store.do("KEYS", "views:from:*")
    (address,) = await door.service.store.do("HKEYS", key)
    await door.service.store.do("HSET", key, address, FLOOD - 1)
    door.set_clock(NOW + timedelta(seconds=59))
    for number in range(3):
        assert await door.post({"article": ONE}, client=same, agent=f"{FIREFOX}{number}") == 202
    assert len(await door.streamed()) == 2
    await door.post({"article": ONE}, client=other)
    assert len(await door.streamed()) == 3
    door.set_clock(NOW + timedelta(minutes=1))
    await door.post({"article": ONE}, client=same, agent=f"{FIREFOX}2")
    assert len(await door.streamed()) == 4, "who did not count is no visitor that counted"


async def test_a_stopped_clock_does_not_see_the_half_hour_pass_with_the_real_one(door: Door) -> None:
    await door.post({"article": ONE})
    (seen,) = await door.service.store.do("KEYS", "seen:*")
    assert await door.service.store.do("PTTL", seen) > timedelta(hours=23) / timedelta(milliseconds=1)


async def test_a_visitors_mark_is_kept_for_little_more_than_the_half_hour(door: Door) -> None:
    door.service.clock._stopped_at = None
    await door.post({"article": ONE})
    (seen,) = await door.service.store.do("KEYS", "seen:*")
    viewed_at, goes_at = [int(await door.service.store.do(what, seen)) for what in ("GET", "PEXPIRETIME")]
    assert timedelta(minutes=30) <= timedelta(milliseconds=goes_at - viewed_at) < timedelta(minutes=31)


CDN = [ip_network("203.0.113.0/24"), ip_network("2001:db8::/32")]
PROXY = "203.0.113.5"


@pytest.mark.parametrize(
    ("client", "edge", "forwarded", "address"),
    [
        (None, None, None, "peer"),
        (None, None, "1.1.1.1", "peer"),
        ("1.1.1.1", None, None, "peer"),
        ("1.1.1.1", "wrong", None, "peer"),
        ("1.1.1.1", EDGE, None, "1.1.1.1"),
        (None, EDGE, None, "peer"),
        ("1.1.1.1", EDGE, "2.2.2.2", "1.1.1.1"),
        (PROXY, EDGE, "9.9.9.9, 2.2.2.2", "2.2.2.2"),
        (PROXY, EDGE, f"6.6.6.6, 2.2.2.2, 203.0.113.9, {PROXY}", "2.2.2.2"),
        ("2001:db8::1", EDGE, "2a00::1", "2a00::1"),
        (PROXY, EDGE, "9.9.9.9, junk", PROXY),
        (PROXY, EDGE, "9.9.9.9, junk:4711", PROXY),
        (PROXY, EDGE, "9.9.9.9, 2.2.2.2:4711", "2.2.2.2"),
        (PROXY, EDGE, "2.2.2.2:4711, 203.0.113.9:80", "2.2.2.2"),
        (PROXY, EDGE, "[2a00::1]:4711", "2a00::1"),
        (PROXY, EDGE, "[2a00::1]", "2a00::1"),
        (PROXY, EDGE, "2A00:0:0::1", "2a00::1"),
        (PROXY, EDGE, "::ffff:2.2.2.2", "2.2.2.2"),
        (PROXY, EDGE, None, PROXY),
    ],
)
def test_the_address_is_what_nginx_says_and_cannot_be_forged(
    client: str | None, edge: str | None, forwarded: str | None, address: str
) -> None:
    given = {b"x-pressrun-client": client, b"x-pressrun-edge": edge, b"x-forwarded-for": forwarded}
    headers = {name: value.encode() for name, value in given.items() if value is not None}
    assert Client(EDGE, CDN).address(headers, "peer") == address


def test_without_a_secret_the_peer_is_believed_alone() -> None:
    raw = {b"x-pressrun-client": b"1.1.1.1", b"x-pressrun-edge": b""}
    assert Client(None, CDN).address(raw, "peer") == "peer"


def test_an_ipv6_household_is_one_address() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("no address") == "no address"
    assert network_of("no:address") == "no:address"


def test_a_mark_cannot_be_made_again_without_the_salt_of_its_day() -> None:
    visit = (b"198.51.100.77", b"Firefox", ONE.encode())
    today, tomorrow = b"a" * 16, b"b" * 16
    assert mark(today, *visit) == mark(today, *visit) != mark(tomorrow, *visit)
    assert mark(today, b"1", b"23") != mark(today, b"12", b"3")


def line(event_id: str = "1", article: str = ONE, at: datetime = NOW) -> dict[str, str]:
    return {"event_id": event_id, "article": article, "at": at.isoformat()}


async def test_reported_views_are_answered_line_for_line(door: Door) -> None:
    answers = await door.lines(
        line(), line("2", at=NOW - timedelta(days=8)), line("3", at=NOW + timedelta(minutes=5)),
        line("4", GONE), b"", b"{", b"[]", line("5", "d" * 16), line("6", at=NOW + timedelta(minutes=6)),
        line("7", at=NOW - timedelta(days=8, seconds=1)), {"event_id": "8", "article": ONE},
        {**line("9"), "at": "2025-07-26T09:00:00"}, {**line("10"), "at": 1753520400}, {**line("11"), "more": 1},
        b" " * (MOST + 1), line(""), line("x" * 201),
    )  # fmt: skip
    statuses = [answer["status"] for answer in answers]
    assert statuses == [202] * 4 + [400, 400, 422, 422, 422, 422, 422, 422, 422, 202, 413, 422, 422]
    pointers = [answer["errors"][0]["pointer"] for answer in answers if answer["status"] == 422]
    assert pointers == ["/event_id", "/article", "/at", "/at", "/at", "/at", "/at", "/event_id", "/event_id"]
    events = await door.streamed()
    ages = {
        "1": timedelta(0),
        "2": timedelta(days=8),
        "3": -timedelta(minutes=5),
        "4": timedelta(0),
        "11": timedelta(0),
    }
    assert {event.event_id: NOW - event.at for event in events} == ages, "each counts in the week that it says"
    assert all(event.once for event in events)


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        (
            {**line(), "at": None},
            "This is no moment with a zone, of the years 1000 to 9998; write it as in RFC 3339, like"
            " 2025-07-26T09:30:00Z.",
        ),
        ({"event_id": "1", "article": ONE}, "This member is required and missing; send it."),
        ({**line(), "event_id": 5}, "This must be text, not a number."),
        (line("x" * 201), "This is too long; shorten it to 200 characters."),
        ([], "This must be an object, not a list."),
        (b'{"event_id": nope}', "The line is not JSON: expected ident at line 1 column 15."),
    ],
)
async def test_what_is_wrong_with_a_reported_view_is_said_as_of_an_article(door: Door, told: Any, detail: str) -> None:
    (answer,) = await door.lines(told)
    assert [error["detail"] for error in answer["errors"]] == [detail]


@pytest.mark.parametrize(
    "at",
    ["1753520400", 1753520400, "1753520400.5", "2025-07-26", "2025-07-26T09:00Z", "2025-07-26T09:00:00+00", "PT0S",
     "0001-01-01T00:00:00+14:00", "", None, True, {}],
)  # fmt: skip
async def test_a_reported_moment_is_written_as_rfc_3339_has_it(door: Door, at: Any) -> None:
    (answer,) = await door.lines({**line(), "at": at})
    assert (answer["status"], answer["errors"][0]["pointer"]) == (422, "/at")
    for good in ("2025-07-26T09:00:00Z", "2025-07-26t12:00:00.123456789+03:00"):
        assert await door.lines({**line(good), "at": good}) == [{"status": 202}]
    assert {event.at.replace(microsecond=0) for event in await door.streamed()} == {NOW}


async def test_reported_views_may_begin_with_a_byte_order_mark(door: Door) -> None:
    first = b"\xef\xbb\xbf" + json.dumps(line()).encode()
    assert await door.lines(first, line("2")) == [{"status": 202}] * 2


async def test_reported_views_need_a_token(door: Door) -> None:
    answer = await door.http.post("/v1/views/batch", json=line())
    assert (answer.status_code, "www-authenticate" in answer.headers) == (401, True)


async def test_full_of_event_ids_it_takes_no_more(door: Door) -> None:
    most = most_remembered(door.service.settings)
    await door.service.store.do("SET", REMEMBERED, most - 1)
    assert [answer["status"] for answer in await door.lines(line())] == [202]
    await door.service.store.do("SET", REMEMBERED, most)
    assert [answer["status"] for answer in await door.lines(line(), line("2", "d" * 16))] == [503, 422]


async def test_what_comes_during_a_commit_goes_into_the_next_together() -> None:
    groups: list[list[int]] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def commit(group: Any) -> Any:
        groups.append(list(group))
        begun.set()
        await go_on.wait()
        if 7 in group:
            raise StoreUnavailable("away")
        return [item * 2 for item in group]

    together = Together(commit, most=3)
    first = asyncio.create_task(together.put(0))
    await begun.wait()
    later = [asyncio.create_task(together.put(n)) for n in range(1, 9)]
    await asyncio.sleep(0)
    go_on.set()
    rest = await asyncio.gather(*later, return_exceptions=True)
    assert await first == 0
    assert groups == [[0], [1, 2, 3], [4, 5, 6], [7, 8]]
    assert rest[:6] == [2, 4, 6, 8, 10, 12]
    assert all(isinstance(failed, StoreUnavailable) for failed in rest[6:])
    assert await together.put(5) == 10


def test_the_clock_of_these_tests_stands_still() -> None:
    assert Clock(Settings(now=NOW)).now() == NOW


async def test_the_salt_of_a_day_holds_for_half_an_hour_after_it_at_all_replicas(store: Store) -> None:
    one, other = (DailySalts(store, SiteSettings(timezone="Asia/Baghdad")) for _ in range(2))
    midnight, second = datetime(2025, 7, 26, 21, tzinfo=UTC), timedelta(seconds=1)
    before = await one.at(midnight - second)
    within = await one.at(midnight + timedelta(minutes=30) - second)
    assert await other.at(midnight) == within
    after = await one.at(midnight + timedelta(minutes=30))
    assert (before.yesterday, within.yesterday, after.yesterday) == (None, before.today, None)
    assert before.today != within.today == after.today


async def test_the_store_is_asked_for_salts_when_they_change_and_not_for_each_view(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    salts, run, asked = DailySalts(store, SiteSettings()), store.run, []

    async def and_note(*what: Any) -> Any:
        asked.append(what)
        return await run(*what)

    monkeypatch.setattr(store, "run", and_note)
    for minutes, times in ((-2, 1), (-1, 1), (1, 2), (2, 2), (31, 3), (32, 3)):
        await salts.at(datetime(2025, 7, 27, tzinfo=UTC) + timedelta(minutes=minutes))
        assert len(asked) == times, minutes


async def test_a_process_whose_clock_is_behind_leaves_the_others_the_salt_of_their_day(store: Store) -> None:
    ahead, behind, started_since = (DailySalts(store, SiteSettings()) for _ in range(3))
    midnight = datetime(2025, 7, 27, tzinfo=UTC)
    begun = await ahead.at(midnight)
    await behind.at(midnight - timedelta(milliseconds=1))
    assert (await started_since.at(midnight)).today == begun.today
