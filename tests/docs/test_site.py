"""The documentation builds as a site without a warning, and needs no other site to be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.dev.site_links import REPOSITORY
from tests.docs.pages import ROOT

_LOADED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']?(https?:)?//""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a page without a place in the navigation or a dead link would fail it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    """Whatever is written can be read on the site."""
    written = {page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")}
    assert [page for page in written if not (site / page.with_suffix(".html")).is_file()] == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """The site works without the internet: no fonts, scripts or pictures of others."""
    pages = list(site.rglob("*.html"))
    assert pages
    assert [page.name for page in pages if _LOADED.search(page.read_text())] == []


def test_links_out_of_the_pages_lead_to_the_repository(site: Path) -> None:
    """A file beside the pages is not on the site, and its link goes on working."""
    assert f"{REPOSITORY}CHANGELOG.md" in (site / "index.html").read_text()
