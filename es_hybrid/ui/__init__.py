"""The playground (extra `ui`): pages to try searches on a shop's own index.

What the pages ask and show is decided in modules that know no browser (`catalogue`, `controls`,
`cards`, `candidates`); `markup` writes it as HTML, and only `pages` and `app` know Gradio.
"""

from __future__ import annotations
