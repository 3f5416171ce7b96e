"""Let the program use a database by a role that has only the rights which `slb database grants` prints."""

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shareable_backlog.database import grants

SUFFIX = "_program"
"""What the role's name ends in, after that of the template."""


def create_role(conninfo: str, name: str) -> None:
    """Make the role and give it its rights in the database; clones of that have them too."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        connection.execute(grants.build_grants(name, None, prunes=True))


def use_role(conninfo: str, name: str) -> str:
    """Return the connection string by which the role is used, as whoever may be any."""
    return make_conninfo(conninfo, options=f"-c role={name}")
