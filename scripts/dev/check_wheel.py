"""Run the unit tests against the built wheel, so that what is shipped is what was tested."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from scripts.dev.node.places import PROJECT
from scripts.dev.stack.venv import EXTRAS, install

NEEDED_BY_TESTS = (
    "tests",
    "demo",
    "scripts",
    "docs",
    "examples",
    "deploy",
    "kibana",
    "mappings",
)
RINGS = ("tests/unit", "tests/wire")
_WHERE = "import es_hybrid, pathlib; print(pathlib.Path(es_hybrid.__file__).resolve())"


def main() -> int:
    """Install the wheel into an environment of its own and run the tests there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist", type=Path, help="the folder with the wheel")
    wheels = sorted(parser.parse_args().dist.glob("*.whl"))
    if len(wheels) != 1:
        print(f"expected one wheel, found {len(wheels)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="es-hybrid-wheel-") as folder:
        return _check(wheels[0].resolve(), Path(folder))


def _check(wheel: Path, folder: Path) -> int:
    python = folder / "venv" / "bin" / "python"
    venv.create(folder / "venv", with_pip=True)
    install(python, [f"{wheel}[{EXTRAS}]"], label="installing the wheel")
    project = folder / "project"  # everything but the package itself
    project.mkdir()
    for path in [*PROJECT.glob("*.md"), *PROJECT.glob("*.toml"), *PROJECT.glob("*.yml")]:
        shutil.copy(path, project)
    for name in NEEDED_BY_TESTS:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, project / name)
    own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    where = subprocess.run(
        [python, "-c", _WHERE], cwd=project, env=own, check=True, capture_output=True, text=True
    ).stdout.strip()
    if not Path(where).is_relative_to((folder / "venv").resolve()):
        print(f"the tests would run against {where}, not the wheel", file=sys.stderr)
        return 1
    pytest = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *RINGS]
    return subprocess.run(pytest, cwd=project, env=own, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
