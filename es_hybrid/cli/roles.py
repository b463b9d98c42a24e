"""Print the least role that a key needs, or create such a key.

Without ROLE all roles are listed. The JSON is the body of `PUT _security/role/…`. Creating a key
needs a user who holds all of the role's privileges, named in the URL: http://user:password@host:9200;
a key cannot create keys.
"""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

import elasticsearch

from es_hybrid import ConfigurationError
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.indexing.roles import RoleName, load_role
from es_hybrid.settings import Settings

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "roles reader --index products"
INTERRUPTED = "a key may have been created: look in Kibana, or at GET _security/api_key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `roles` takes."""
    parser.add_argument(
        "role", metavar="ROLE", nargs="?", choices=list(RoleName), help="which role"
    )
    parser.add_argument(
        "--index", default="products", metavar="NAME", help="the alias (default: products)"
    )
    parser.add_argument(
        "--create-api-key", metavar="KEY", help="create a key of this name with ROLE; print it once"
    )
    parser.add_argument(
        "--expires", metavar="TIME", help="when the key ends, such as 90d (default: never)"
    )


def run(args: argparse.Namespace) -> int:
    """Print roles, or create a key."""
    out = Output.of(args)
    if args.create_api_key:
        return _create_key(args, out)
    if args.role:
        out.document(load_role(RoleName(args.role), index=args.index))
        return 0
    roles = {name: load_role(name, index=args.index) for name in RoleName}
    if out.json:
        out.document(roles)
        return 0
    rows = [[name, role["metadata"]["es_hybrid"]["purpose"]] for name, role in roles.items()]
    out.table(["role", "may"], rows)
    out.note("es-hybrid roles ROLE prints one as JSON")
    return 0


def _create_key(args: argparse.Namespace, out: Output) -> int:
    if not args.role:
        raise ConfigurationError("a key needs a role", hint=f"name one of {', '.join(RoleName)}")
    role = load_role(RoleName(args.role), index=args.index)
    with open_shop(_as_user(load_settings(args))) as shop:
        try:
            made = shop.es.security.create_api_key(
                name=args.create_api_key,
                role_descriptors={args.role: role},
                expiration=args.expires,
            )
        except (elasticsearch.AuthenticationException, elasticsearch.BadRequestError) as error:
            if error.status_code == 400 and "derived api keys" not in str(error):
                raise
            raise ConfigurationError(
                "a key is created by a user, and the address names none",
                hint="name a user in the address: --es-url http://user:password@host:9200",
            ) from None
    if out.json:
        out.document({"name": made["name"], "id": made["id"], "encoded": made["encoded"]})
    else:
        out.line(f"export ES_HYBRID_ES_API_KEY={made['encoded']}")
    return 0


def _as_user(settings: Settings) -> Settings:
    """Return settings without the key where the address names a user: a key cannot make keys."""
    named = urlsplit(settings.es_url or "").username
    return settings.model_copy(update={"es_api_key": None}) if named else settings
