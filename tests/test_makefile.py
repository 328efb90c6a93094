"""The Makefile: what it needs, and what it leaves alone."""

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def make(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words], cwd=folder, env=os.environ | environ, capture_output=True, text=True, check=False, timeout=30
    )


def test_what_it_takes_away_is_nothing_that_was_posted() -> None:
    told = make(ROOT, "-n", "clean").stdout
    assert ".venv" in told
    assert not re.search(r"\b(?:data|secrets)\b", told)


def test_an_old_python_is_named_before_anything_is_made(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements"):
        (tmp_path / name).symlink_to(ROOT / name)
    old = tmp_path / "python"
    pretend = "import sys; sys.version_info = (3, 9, 6); exec(sys.argv[2])"
    old.write_text(f'#!/bin/sh\nexec {shutil.which(sys.executable)} -c "{pretend}" "$@"\n')
    old.chmod(0o755)
    told = make(tmp_path, "install", f"PYTHON={old}")
    assert told.returncode
    assert "Python 3.11 or newer is needed, this is 3.9; name another: make run PYTHON=python3.13" in told.stderr
    assert not (tmp_path / ".venv").exists()


def test_libraries_go_into_the_venv_also_where_pip_is_told_to_put_them_into_the_users_home(tmp_path: Path) -> None:
    (tmp_path / "Makefile").symlink_to(ROOT / "Makefile")
    for folder in ("requirements", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements/dev.lock").touch()
    (tmp_path / ".venv/bin/pip").symlink_to(Path(sys.executable).with_name("pip"))
    told = make(tmp_path, "--assume-old=.venv/.installed", ".venv/.installed-dev", PIP_USER="1")
    assert told.returncode == 0, told.stderr


def test_every_test_that_needs_no_engine_is_in_one_of_the_two_runs() -> None:
    runs = re.findall(r'pytest .*?-m "(.*?)"', make(ROOT, "-n", "test").stdout)
    names = ("compose", "fault", "browser")
    for marks in itertools.product((False, True), repeat=len(names)):
        held = dict(zip(names, marks, strict=True))
        chosen = [run for run in runs if eval(run, held)]  # noqa: S307 - as pytest reads an expression of marks
        assert len(chosen) == (not held["compose"]), (held, chosen)
