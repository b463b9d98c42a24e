"""The shipped roles, and what a refused request says of them."""

from __future__ import annotations

import pytest

from es_hybrid.indexing.roles import RoleName, lacking, load_role, privileges_asked, read_denial


def reason(action: str, privileges: str, *, indices: str = "", kind: str = "index") -> str:
    """Return the words of a 403, as 8.14 and 9.4 write them."""
    where = f" on indices [{indices}]" if indices else ""
    return (
        f"action [{action}] is unauthorized for API key id [I0vu] of user [dev]{where},"
        f" this action is granted by the {kind} privileges [{privileges}]"
    )


@pytest.mark.parametrize("name", RoleName)
def test_a_role_names_one_shop_only(name: RoleName) -> None:
    """A role for another alias names that alias, its indices and ours; nothing of `products`."""
    role = load_role(name, index="shoes")
    names = {pattern for part in role["indices"] for pattern in part["names"]}
    ours = {pattern for pattern in names if pattern.startswith(("es-hybrid-", "ubi_"))}
    own = {"shoes", "shoes-*", "shoes-vectors", "shoes-signals"}
    tables = {"shoes-bought-together", "shoes-bought-together-*"}
    assert names - ours <= own | tables
    assert not any("*" in pattern for pattern in ours)
    assert "products" not in repr(role["indices"])


@pytest.mark.parametrize("name", RoleName)
def test_what_is_asked_is_what_the_role_has(name: RoleName) -> None:
    """A key that is granted all that was asked lacks nothing; one that is granted nothing, all."""
    role = load_role(name)
    asked = privileges_asked(role)
    index: dict[str, dict[str, bool]] = {}
    for part in asked["index"]:
        for pattern in part["names"]:
            index.setdefault(pattern, {}).update(dict.fromkeys(part["privileges"], True))
    granted = {"cluster": dict.fromkeys(asked["cluster"], True), "index": index}
    assert lacking(role, granted) == ()
    every = len(role["cluster"]) + sum(len(part["privileges"]) for part in role["indices"])
    assert len(lacking(role, {})) == every


def test_a_missing_privilege_names_where() -> None:
    """What is missing on one of two names is said of that one."""
    role = {"cluster": [], "indices": [{"names": ["a", "a-*"], "privileges": ["manage"]}]}
    answer = {"index": {"a": {"manage": True}, "a-*": {"manage": False}}}
    assert lacking(role, answer) == ("manage on a-*",)


@pytest.mark.parametrize(
    ("words", "role", "alias"),
    [
        (reason("indices:data/read/search", "read,all", indices="shop"), "reader", "shop"),
        # The index behind an alias: the reader's role names the alias alone.
        (
            reason("indices:data/read/search", "read,all", indices="shop-20261121t101500-4f2a9c01"),
            "ingester",
            "shop",
        ),
        (reason("indices:data/write/bulk", "create_doc,index,write,all"), "ingester", "products"),
        (reason("indices:admin/create", "create_index,manage,all", indices="n"), "admin", "n"),
        (
            reason("cluster:admin/reindex/rethrottle", "manage,all", kind="cluster"),
            "reindexer",
            "products",
        ),
    ],
)
def test_a_refusal_leads_to_the_least_role(words: str, role: str, alias: str) -> None:
    """A 403 names the role that may do least and would have been enough."""
    denial = read_denial(words)
    assert denial is not None
    assert (denial.role(), denial.alias) == (role, alias)


def test_what_no_role_has_leads_to_none() -> None:
    """A privilege that no role has is named without a role."""
    denial = read_denial(reason("cluster:admin/settings/update", "manage,all", kind="cluster"))
    assert denial is not None
    assert denial.role() is None
    assert str(denial) == "the key lacks the privilege manage"


def test_another_403_is_no_missing_privilege() -> None:
    """A licence that is not enough is also answered with 403, and is not taken for a role's want."""
    assert read_denial("current license is non-compliant for [rrf]") is None
