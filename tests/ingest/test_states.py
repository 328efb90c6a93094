"""What ingest says of an article that is not as its last version would have it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.ingest.conftest import Ingest


def moment(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def post(client: httpx.Client, guid: str, **members: Any) -> dict[str, Any]:
    article = {"guid": guid, "headline": f"Story {guid}", "body_text": f"{guid} {members.get('version')}", **members}
    answer = client.post("/v1/articles", json=article)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("member", ["published_at", "embargo_until"])
def test_what_is_of_just_now_is_published_however_finely_its_sender_counts(ingest_process: Ingest, member: str) -> None:
    with ingest_process.client() as client:
        for n in range(60):
            assert post(client, f"just now {member} {n}", **{member: moment(0)})["outcome"] == "published"


def test_what_waits_goes_with_the_article_though_its_senders_clock_is_ahead(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        told = post(client, "ahead", version=1)
        assert post(client, "ahead", version=2, updated_at=moment(1), embargo_until=moment(2))["outcome"] == "scheduled"
        path = f"/v1/articles/{told['id']}"
        assert client.get(path).json()["scheduled_version"] == 2
        assert client.delete(path).json()["outcome"] == "withdrawn"
        state = client.get(path).json()
        assert (state["state"], state["version"], state["scheduled_version"]) == ("withdrawn", 1, None)


@pytest.mark.parametrize("version", [None, 5])
def test_deleting_what_is_withdrawn_takes_what_was_scheduled_since(ingest_process: Ingest, version: int | None) -> None:
    with ingest_process.client() as client:
        told = post(client, f"since {version}", version=version and 1, updated_at=moment(-3))
        path = f"/v1/articles/{told['id']}"
        client.delete(path)
        later = {"version": version, "updated_at": moment(0), "embargo_until": moment(2)}
        assert post(client, f"since {version}", **later)["outcome"] == "scheduled"
        client.delete(path)
        state = client.get(path).json()
        assert (state["state"], state["scheduled_version"]) == ("withdrawn", None)


def test_deleting_what_is_withdrawn_takes_what_waits_because_it_is_newer_than_the_kill(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        path = f"/v1/articles/{post(client, 'newer', updated_at=moment(-3))['id']}"
        post(client, "newer", updated_at=moment(-1), embargo_until=moment(2))
        assert post(client, "newer", updated_at=moment(-2), status="canceled")["outcome"] == "withdrawn"
        assert client.get(path).json()["scheduled_version"] == 2
        client.delete(path)
        assert client.get(path).json()["scheduled_version"] is None


@pytest.mark.parametrize(("killed", "rewritten"), [(-3, -1), (-3, 2)])
def test_deleting_what_is_withdrawn_takes_down_the_rewrite_that_came_since(
    ingest_process: Ingest, killed: float, rewritten: float
) -> None:
    before, since = f"before {rewritten}", f"since {rewritten}"
    with ingest_process.client() as client:
        told = post(client, before, version=2, updated_at=moment(killed), status="canceled")
        shown = post(client, since, version=1, updated_at=moment(rewritten), evolved_from=before)
        assert shown["outcome"] == "published"
        client.delete(f"/v1/articles/{told['id']}")
        for ident in (told["id"], shown["id"]):
            assert client.get(f"/v1/articles/{ident}").json()["state"] == "withdrawn"


def test_the_same_kill_again_says_what_it_takes_down_since(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        kill = {"version": 2, "status": "canceled"}
        told = post(client, "early", **kill, updated_at=moment(-3))
        post(client, "late", version=1, updated_at=moment(-2), evolved_from="early")
        again = post(client, "early", **kill, updated_at=moment(-1))
        assert (again["outcome"], again["event_id"] is None) == ("withdrawn", False)
        back = post(client, "late", version=2, updated_at=moment(-0.5), body_text="late 1", evolved_from="early")
        assert (back["outcome"], back["event_id"] is None) == ("published", False)
        path = f"/v1/articles/{told['id']}"
        assert client.get(path).json()["state"] == "replaced"
        assert client.delete(path).json()["outcome"] == "withdrawn"
        assert (client.delete(path).json()["outcome"], client.get(path).json()["state"]) == ("unchanged", "withdrawn")


@pytest.mark.parametrize("killed", [{}, {"updated_at": -3}, {"version": 2, "updated_at": -3}, {"version": 2}])
@pytest.mark.parametrize("rewritten", [None, 2])
def test_a_kill_without_a_version_and_a_moment_takes_down_the_rewrite_that_came_since_the_last_one(
    ingest_process: Ingest, killed: dict[str, int], rewritten: int | None
) -> None:
    early, late = (f"{name} {killed} {rewritten}" for name in ("killed", "rewrite"))
    before = {**killed, "updated_at": moment(killed["updated_at"])} if "updated_at" in killed else killed
    with ingest_process.client() as client:
        told = post(client, early, **before, status="canceled")
        since = {"updated_at": moment(rewritten)} if rewritten else {}
        shown = post(client, late, **since, evolved_from=early)
        assert shown["outcome"] == "published"
        again = post(client, early, status="canceled")
        assert (again["outcome"], again["event_id"] is None) == ("withdrawn", False)
        for ident in (told["id"], shown["id"]):
            assert client.get(f"/v1/articles/{ident}").json()["state"] == "withdrawn"
        assert post(client, early, status="canceled")["outcome"] == "unchanged"


def test_a_delete_takes_down_a_chain_though_a_member_is_ahead_of_what_waits(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        first = post(client, "behind", version=1, updated_at=moment(-3))
        shown = post(client, "in front", version=1, updated_at=moment(-2), evolved_from="behind")
        later = {"version": 2, "updated_at": moment(1), "embargo_until": moment(2)}
        assert post(client, "in front", **later, evolved_from="behind")["outcome"] == "scheduled"
        post(client, "behind", version=2, updated_at=moment(1.5))
        client.delete(f"/v1/articles/{shown['id']}")
        for ident in (first["id"], shown["id"]):
            assert client.get(f"/v1/articles/{ident}").json()["state"] == "withdrawn"


def test_deleting_what_is_withdrawn_takes_down_a_chain_though_another_member_is_ahead(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        told = post(client, "long gone", version=2, updated_at=moment(-3), status="canceled")
        ahead = post(client, "ahead of all", version=1, updated_at=moment(2), evolved_from="long gone")
        shown = post(client, "its end", version=1, updated_at=moment(-1), evolved_from="ahead of all")
        assert client.get(f"/v1/articles/{shown['id']}").json()["state"] == "published"
        client.delete(f"/v1/articles/{told['id']}")
        for ident in (told["id"], ahead["id"], shown["id"]):
            assert client.get(f"/v1/articles/{ident}").json()["state"] == "withdrawn"


def test_a_newer_version_of_what_was_rewritten_is_an_update_as_readers_get_no_article(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        told = post(client, "corrected since", version=1)
        assert post(client, "its rewrite", evolved_from="corrected since")["outcome"] == "published"
        again = post(client, "corrected since", version=2, headline="Corrected")
        assert (again["outcome"], again["event_id"] is None) == ("updated", False)
        assert client.get(f"/v1/articles/{told['id']}").json()["state"] == "replaced"


def test_a_rewrite_that_is_older_than_its_chains_kill_is_said_to_be_withdrawn(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        post(client, "first", version=1, updated_at=moment(-9))
        post(client, "first", version=2, updated_at=moment(-3), status="canceled")
        told = post(client, "second", version=1, updated_at=moment(-5), evolved_from="first")
        assert told["outcome"] == "withdrawn"
        assert client.get(f"/v1/articles/{told['id']}").json()["state"] == "withdrawn"
        again = post(client, "third", version=1, updated_at=moment(-1), evolved_from="second")
        assert again["outcome"] == "published"
        assert client.get(f"/v1/articles/{told['id']}").json()["state"] == "replaced"


@pytest.mark.parametrize("status", ["trash", "future"])
def test_a_post_that_wordpress_made_as_a_scheduled_one_can_be_corrected_and_killed_before(
    ingest_process: Ingest, status: str
) -> None:
    at = datetime.now(UTC) + timedelta(days=2)
    to_come, now = (f"{when:%Y-%m-%dT%H:%M:%S}" for when in (at, datetime.now(UTC)))
    made = {"id": f"made {status}", "status": "future", "title": "A", "content": "A", "date_gmt": to_come}
    with ingest_process.client() as client:

        def push(**members: Any) -> dict[str, Any]:
            return dict(client.post("/v1/push/desk/wordpress", json={**made, **members}).json())

        assert push(modified_gmt=to_come)["outcome"] == "scheduled", "its modified_gmt is its date_gmt"
        told = push(modified_gmt=now, status=status, content="B")
        assert told["outcome"] == ("withdrawn" if status == "trash" else "scheduled")
        waits = client.get(f"/v1/articles/{told['id']}").json()["scheduled_version"]
        assert waits == (None if status == "trash" else 2)
