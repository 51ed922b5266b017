"""The wheel: what a release ships, built, unpacked and run."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, in a folder that can go first on PYTHONPATH."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    environment = {**os.environ, "GROUNDSWELL_OPTIMIZE": "0"}  # in a third of the time
    subprocess.run(build, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=600)
    (wheel,) = folder.glob("*.whl")
    content = folder / "content"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(content)
    return content


def run(unpacked: Path, *arguments: str, cwd: Path) -> str:
    # Not the checkout's packages: PYTHONPATH comes before the editable installation.
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    finished = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.timeout(600)
def test_the_wheel_ships_the_engine_compiled(unpacked: Path, tmp_path: Path) -> None:
    program = "import wave_ot.transformation as t, wave_ot.document as d; print(t.__file__, d.__file__)"
    for file in run(unpacked, "-c", program, cwd=tmp_path).split():
        assert file.startswith(str(unpacked))
        assert file.endswith(".so")


@pytest.mark.timeout(600)
def test_the_program_in_the_wheel_makes_and_migrates_a_database(unpacked: Path, tmp_path: Path) -> None:
    run(unpacked, "-m", "groundswell", "migrate", cwd=tmp_path)
    assert (tmp_path / "data" / "groundswell.db").is_file()
    assert "embedded" in run(unpacked, "-m", "groundswell", "check-config", cwd=tmp_path)


@pytest.mark.timeout(600)
def test_the_wheel_ships_the_browser_client_built(unpacked: Path, tmp_path: Path) -> None:
    client = unpacked / "wave_web" / "static" / "client"
    page = (client / "index.html").read_text(encoding="utf-8")
    scripts = [script.name for script in client.glob("assets/*.js") if script.name in page]
    assert scripts, "index.html names no script of the build"
