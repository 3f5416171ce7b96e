"""Ask Linear what a key or an application sees: its workspace, its user, its teams."""

import msgspec
from msgspec import Struct

from shareable_backlog.linear.connection.budget import KeyBudget
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import PartialAnswer

_LARGEST_PAGE = 250

# Whether a key may write is not asked: Linear tells it only by refusing a write, and this program sends none.
QUERY = """query Workspace($first: Int!) {
  viewer { name admin guest }
  organization { name urlKey }
  teams(first: $first) { nodes { key name visibility issueCount } pageInfo { hasNextPage } }
}"""


class Viewer(msgspec.Struct, frozen=True):
    """The user or application that the key acts as, and its standing in the workspace."""

    name: str
    admin: bool
    guest: bool


class Organization(msgspec.Struct, frozen=True, rename="camel"):
    """A workspace; `url_key` is its part of Linear's addresses."""

    name: str
    url_key: str


class WorkspaceTeam(msgspec.Struct, frozen=True, rename="camel"):
    """Describe a team; `issue_count` leaves archived issues out."""

    key: str
    name: str
    visibility: str
    issue_count: int

    @property
    def is_private(self) -> bool:
        """Return whether some members of the workspace can't see the team."""
        return self.visibility != "public"


class Workspace(Struct, frozen=True):
    """What was found; `more_teams` tells that there are teams beyond the 250 listed."""

    organization: Organization
    viewer: Viewer
    teams: list[WorkspaceTeam]
    more_teams: bool
    budget: KeyBudget


class _TeamsPageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool


class _Teams(msgspec.Struct, rename="camel"):
    nodes: list[WorkspaceTeam]
    page_info: _TeamsPageInfo


async def inspect_workspace(client: LinearClient) -> Workspace:
    """Return what the client's key sees, by one request; raises LinearFailed."""
    data = await client.execute(QUERY, {"first": _LARGEST_PAGE})
    try:
        teams = msgspec.json.decode(data["teams"], type=_Teams)
        return Workspace(
            msgspec.json.decode(data["organization"], type=Organization),
            msgspec.json.decode(data["viewer"], type=Viewer),
            sorted(teams.nodes, key=lambda team: team.key),
            teams.page_info.has_next_page,
            client.budget,
        )
    except (KeyError, msgspec.MsgspecError) as error:
        raise PartialAnswer from error
