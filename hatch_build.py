"""Compiles the engine, `ot/wave_ot`, ahead of time with mypyc.

Two ways in: hatchling calls the hook for every wheel that is not editable, and `make build-ot` runs this file
to put a compiled copy of the package into a folder that goes first on PYTHONPATH. Both build from the same
sources, in a copy, so that the checkout stays plain Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "ot" / "wave_ot"
CLIENT = ROOT / "web" / "wave_web" / "static" / "client" / "index.html"

# Lets GCC inline between our functions, which the default for shared objects forbids: a fifth faster.
COMPILER_FLAGS = "-fno-semantic-interposition -fno-plt"

# GROUNDSWELL_OPTIMIZE, 0 to 3, is for who needs the build sooner than its speed.
# Run in the copy's folder: mypyc names its modules by their paths relative to the working directory.
SETUP = """
import os
import sys
from mypyc.build import mypycify
from setuptools import setup

setup(
    name="wave_ot",
    packages=["wave_ot"],
    ext_modules=mypycify(
        ["--strict", *sys.argv.pop().split(":")], opt_level=os.environ.get("GROUNDSWELL_OPTIMIZE", "3")
    ),
)
"""


def compile_engine(target: Path) -> list[Path]:
    """Put the package and its extension modules into ``target``; the extension modules' paths come back.

    The plain sources stay beside the extension modules, for tracebacks and type checkers; an extension module
    takes precedence over the source of the same name.
    """
    copy = target / "wave_ot"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd"))
    modules = sorted(f"wave_ot/{path.name}" for path in copy.glob("*.py") if path.name != "__init__.py")
    flags = COMPILER_FLAGS if sys.platform != "win32" else ""
    environment = {**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} {flags}".strip()}
    command = [sys.executable, "-c", SETUP, "--quiet", "build_ext", "--inplace", ":".join(modules)]
    subprocess.run(command, cwd=target, env=environment, check=True)
    shutil.rmtree(target / "build", ignore_errors=True)
    return sorted(path for pattern in ("*.so", "*.pyd") for path in target.rglob(pattern))


class CompiledEngine(BuildHookInterface[Any]):
    """The hatchling hook: a wheel carries the compiled engine and is tagged for its platform."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a temporary folder and add what came out to the wheel."""
        if self.target_name != "wheel" or version == "editable":
            return
        if not CLIENT.is_file():
            raise FileNotFoundError("a wheel ships the browser client, which is not built: run `make client` first")
        self.temporary = tempfile.TemporaryDirectory(prefix="wave_ot-")
        target = Path(self.temporary.name) / "out"
        for extension in compile_engine(target):
            build_data["force_include"][str(extension)] = str(extension.relative_to(target))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder once the wheel is written."""
        if hasattr(self, "temporary"):
            self.temporary.cleanup()


if __name__ == "__main__":
    for extension in compile_engine(Path(sys.argv[1])):
        print(extension)
