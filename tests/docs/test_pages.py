"""The pages say all that there is to say, point to what exists, and are up to date."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

import es_hybrid
from es_hybrid.cli.app import build_parser
from es_hybrid.evaluate import RECIPES, Metric, QueryKind, kind_of
from es_hybrid.indexing.report import IngestReport
from es_hybrid.profiles import embedder_profile, reranker_profile
from es_hybrid.rank.boost import NumericBoost
from es_hybrid.rank.parts import HitParts
from es_hybrid.response import HybridInfo
from es_hybrid.settings import known_names
from es_hybrid.types import BoostContext, DegradationReason, Hit, PassthroughReason
from es_hybrid.wire.rerank import DIALECTS
from scripts.dev import gendocs
from tests.docs.pages import PAGES, ROOT, anchors, blocks, links, name_of

DOCS = ROOT / "docs"
SETTING = re.compile(r"\bES_HYBRID_[A-Z0-9_]*[A-Z0-9]\b")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def row_of(name: str, first: str) -> list[str]:
    """Return the other cells of a table's row."""
    row = re.search(rf"^\| `?{re.escape(first)}[^|]*\|(.*)\|$", page(name), re.MULTILINE)
    assert row is not None
    return [cell.strip() for cell in row[1].split("|")]


def everything() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in PAGES)


def test_the_readme_is_short() -> None:
    """A newcomer reads it in one go."""
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    """A link names a file that is there, and a heading that is in it."""
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_in_the_index() -> None:
    """A reader can find each page."""
    listed = {link.partition("#")[0] for link in links(DOCS / "index.md")}
    assert {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - listed == {
        "index.md"
    }


def test_generated_tables_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make tables` would change nothing."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert gendocs.main(["--check"]) == 0


@pytest.mark.parametrize("name", list(known_names()))
def test_every_setting_is_documented(name: str) -> None:
    """Whatever can be set can be looked up."""
    assert f"`{name}`" in page("settings")


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    """No page names a setting that es_hybrid would refuse."""
    assert set(SETTING.findall(path.read_text())) <= set(known_names())


def test_every_command_is_documented() -> None:
    """Each command of the command line has its table."""
    tables = re.findall(r"^### es-hybrid (\S+)$", page("cli"), re.MULTILINE)
    actions = build_parser()._actions
    assert tables == [name for a in actions if isinstance(a.choices, dict) for name in a.choices]


@pytest.mark.parametrize("code", ["0", "1", "2", "3", "130"])
def test_every_exit_code_is_documented(code: str) -> None:
    """A script that looks at the exit code can be written from the page."""
    assert f"\n| {code} |" in page("cli")


@pytest.mark.parametrize("reason", PassthroughReason)
def test_every_passthrough_is_explained(reason: PassthroughReason) -> None:
    """Whoever sees a reason in an answer finds what it means."""
    assert f"`{reason}`" in page("differences")


@pytest.mark.parametrize("reason", DegradationReason)
def test_every_degradation_is_explained(reason: DegradationReason) -> None:
    """Whoever sees a reason in an answer finds what failed and what the shopper saw."""
    assert f"`{reason}` |" in page("when-things-fail")


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_documented_as_it_is(name: str) -> None:
    """The table says how many texts a server takes and who may apply the prompt."""
    limit, instruction, templates = row_of("rerankers", f"{name}`")
    codec = DIALECTS[name]
    assert limit == (f"{codec.max_documents:,}" if codec.max_documents else "no limit")
    assert set(re.findall(r"`(\w+)`", templates)) == set(codec.templates)
    if codec.instruction_key:
        assert f"`{codec.instruction_key}`" in instruction


@pytest.mark.parametrize(
    ("name", "kind"),
    [("response", HybridInfo), ("response", HitParts), ("ingesting", IngestReport)],
)
def test_every_field_of_an_answer_is_documented(name: str, kind: type) -> None:
    """Whatever is in an answer or a report is explained."""
    fields = kind._fields if issubclass(kind, tuple) else kind.__dataclass_fields__  # type: ignore[attr-defined]
    assert [field for field in fields if f"\n| `{field}` |" not in page(name)] == []


def test_every_field_of_the_mapping_is_documented() -> None:
    """Whoever looks at an index finds what each field is for."""
    mapping = json.loads((ROOT / "mappings/products.json").read_text())
    fields = mapping["mappings"]["properties"]
    assert [field for field in fields if f"`{field}`" not in page("mappings")] == []


def test_every_public_name_is_mentioned() -> None:
    """What can be imported is spoken of somewhere."""
    text = everything()
    names = [name for name in es_hybrid.__all__ if not name.startswith("_")]
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("metric", Metric)
def test_every_measure_is_explained(metric: Metric) -> None:
    """Whoever reads a figure finds what it says."""
    assert f"\n| `{metric}@" in page("evaluating")


@pytest.mark.parametrize("kind", QueryKind)
def test_every_kind_of_query_is_shown(kind: QueryKind) -> None:
    """The example of each kind is one."""
    example = row_of("evaluating", f"{kind}`")[0].partition(";")[0].partition(",")[0]
    assert kind_of(example, brands={"hp"}) == kind


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_explained(recipe: str) -> None:
    """Each row of a report can be looked up."""
    assert f"\n| `{recipe}` |" in page("evaluating")


def test_the_layers_are_as_drawn() -> None:
    """The picture of the layers is what import-linter enforces."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = project["tool"]["importlinter"]["contracts"][0]
    enforced = [layer.replace("es_hybrid.", "") for layer in contract["layers"]]
    picture = blocks(DOCS / "design.md", "text")[0].code
    assert [line.partition("  ")[0].rstrip() for line in picture.splitlines()] == enforced


@pytest.mark.parametrize("model", ["wordllama", "qwen3-embedding", "anything else"])
def test_what_is_known_of_an_embedder_is_documented(model: str) -> None:
    """The defaults that come with a model are those of its profile."""
    cells = row_of("settings", model)
    profile = embedder_profile(model)
    floor = profile.min_similarity
    assert cells[0].startswith(f"{profile.lexical_weight:g}")
    assert cells[1] == ("none" if floor is None else f"{floor:g}")
    assert cells[2] == ("any" if profile.languages is None else "English")
    assert cells[3].strip("*") == (profile.query_instruction or "none")


@pytest.mark.parametrize("model", ["wordllama` (reranker)", "qwen3-reranker", "anything else"])
def test_what_is_known_of_a_reranker_is_documented(model: str) -> None:
    """The share of its score that comes with a model is that of its profile."""
    assert row_of("settings", model)[4] == f"{reranker_profile(model).blend:g}"


def test_the_shapes_of_a_numeric_boost_are_as_documented() -> None:
    """The figures of the table are those of the code."""
    hits = [Hit("i", "1", fields={"n": [value]}) for value in (10, 50, 100)]
    for shape in ("log", "sqrt", "linear", "saturation"):
        said = [float(cell.partition(",")[0]) for cell in row_of("boosts", f"{shape}`")]
        boost = NumericBoost("n", scale=100, by=2.0, shape=shape)
        found = [boost.factor(hit, BoostContext(now_s=0)) - 1.0 for hit in hits]
        assert said == pytest.approx(found, abs=0.0006)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_one_sentence_a_line(path: Path) -> None:
    """Changes of a sentence are changes of a line, so that they can be reviewed."""
    lines = path.read_text().splitlines()
    crowded = [
        line
        for line in lines
        if re.search(r"[a-z)`][.!?] [A-Z]", line) and not line.startswith(("|", "*", " ", "    "))
    ]
    assert crowded == []
