"""Load from wrk (Debian's package of that name), which costs less than any client of ours."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests a second, and answers that were not 2xx or 3xx."""

    rate: float
    refused: int


def is_there() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(url: str, *, connections: int, seconds: float, script: Path | None = None, threads: int = 1) -> Load:
    """Ask as fast as answers come."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s"]
    command += ["-s", str(script)] if script else []
    told = subprocess.run([*command, url], capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    found = re.search(r"Requests/sec:\s*([\d.]+)", told)
    assert found, told
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return Load(float(found[1]), int(refused[1]) if refused else 0)


NO_WRK = "wrk is not installed (apt-get install wrk)"
