"""Point links that leave `docs/` to the repository, for the site that `mkdocs.yml` describes.

On GitHub such a link is a path. The site holds the pages alone.
"""

from __future__ import annotations

import re
from typing import Any

REPOSITORY = "https://github.com/es-hybrid/es-hybrid/blob/main/"
_LEAVES = re.compile(r"\]\((?:\.\./)+([^)\s]+)\)")


def on_page_markdown(markdown: str, /, *, page: Any, **_: Any) -> str:
    """Return a page's text with such links made absolute; mkdocs calls this for each page."""
    if "/" in page.file.src_uri:  # `../` of a page in a folder is another page
        return markdown
    return _LEAVES.sub(rf"]({REPOSITORY}\1)", markdown)
