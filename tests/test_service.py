"""What every service has: answers are timed, and one that cannot have its port ends."""

import socket
import sys
from pathlib import Path

import httpx
from prometheus_client import REGISTRY

from shared.service import Service, create_app
from shared.settings import Settings
from tests.servers import running

ROOT = Path(__file__).parents[1]


def _answers(route: str, status: int) -> float:
    labels = {"route": route, "status": str(status)}
    return REGISTRY.get_sample_value("pressrun_request_seconds_count", labels) or 0


async def test_each_answer_is_timed_by_its_route_and_status(valkey: str) -> None:
    app = create_app(Service("test", Settings(redis_url=valkey, consumer="w")), "test")
    live, absent = _answers("/health/live", 200), _answers("none", 404)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/no/such/id-17")).status_code == 404
    assert _answers("/health/live", 200) == live + 1
    assert _answers("none", 404) == absent + 1


def test_a_service_whose_port_is_taken_ends(valkey: str, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[sources.desk]\ntokens = ["a-token"]\n')
    environ = {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": valkey, "PRESSRUN_CONSUMER": "w"}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "uvicorn", "services.ingest.app:app", "--app-dir", str(ROOT), "--port", port]
        with running(command, environ, tmp_path / "log") as process:
            assert process.wait(20) != 0
    log = (tmp_path / "log").read_text()
    assert "address already in use" in log
    assert "did not end" not in log
