import json
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.seeds.reading import BY_ID, HISTORIES, ISSUES, SAMPLE, STREAMS, Node, age_min, target

COMMENTS = STREAMS["comments"]

ALWAYS = {"id", "createdAt", "updatedAt", "archivedAt"}
FIELDS = {
    "teams": "key name displayName description color icon visibility parent timezone issueEstimationType",
    "workflow_states": "name type color position description team",
    "labels": "name color description isGroup team parent",
    "people": "name displayName avatarUrl active",
    "project_statuses": "name type color position",
    "external_users": "name displayName",
    "custom_views": "name description icon color shared team slugId modelName filterData",
    "project_labels": "name color isGroup parent",
    "projects": "name slugId url description content color icon status startDate startDateResolution targetDate "
    "targetDateResolution startedAt completedAt canceledAt progress healthUpdatedAt health lead priority labelIds "
    f"sortOrder {HISTORIES}",
    "project_milestones": "name description targetDate sortOrder project",
    "project_relations": "type anchorType relatedAnchorType project projectMilestone relatedProject "
    "relatedProjectMilestone",
    "project_updates": "project user body health url diffMarkdown isDiffHidden editedAt",
    "cycles": f"number name description startsAt endsAt completedAt {HISTORIES} team",
    "initiatives": "name slugId url description content color icon status targetDate targetDateResolution health "
    "healthUpdatedAt owner parentInitiative startedAt completedAt canceledAt sortOrder",
    "initiative_projects": "initiative project",
    "initiative_updates": "initiative user body health url diffMarkdown isDiffHidden editedAt",
    "issues": "identifier number title description url branchName priority estimate sortOrder "
    "prioritySortOrder subIssueSortOrder dueDate slaType slaStartedAt slaBreachesAt addedToProjectAt addedToCycleAt "
    "triagedAt startedAt completedAt canceledAt "
    "autoArchivedAt trashed labelIds previousIdentifiers team state assignee creator project "
    "projectMilestone cycle parent",
    "comments": "body quotedText url editedAt resolvedAt issue parent user botActor hideInLinear",
    "relations": "type issue relatedIssue",
    "attachments": "title subtitle url sourceType issue",
    "release_pipelines": "name type trashed",
    "release_stages": "name type color position pipeline",
    "releases": "name version description url slugId startDate targetDate startedAt completedAt canceledAt trashed "
    "pipeline stage",
    "release_notes": "title url pipeline firstRelease lastRelease",
    "item_releases": "issue release",
}
AT_LEAST = {
    "teams": 3,
    "workflow_states": 25,
    "labels": 14,
    "people": 11,
    "project_statuses": 3,
    "projects": 7,
    "project_milestones": 9,
    "project_relations": 4,
    "project_updates": 25,
    "cycles": 15,
    "initiatives": 4,
    "initiative_projects": 7,
    "initiative_updates": 6,
    "issues": 140,
    "comments": 110,
    "relations": 12,
    "attachments": 8,
    "releases": 9,
    "item_releases": 25,
    "custom_views": 3,
}
# A reference's field names its stream; `parent` refers to the node's own stream.
TARGETS = {
    "team": "teams",
    "state": "workflow_states",
    "status": "project_statuses",
    "initiative": "initiatives",
    "assignee": "people",
    "creator": "people",
    "lead": "people",
    "owner": "people",
    "user": "people",
    "project": "projects",
    "projectMilestone": "project_milestones",
    "cycle": "cycles",
    "issue": "issues",
    "relatedIssue": "issues",
    "relatedProject": "projects",
    "relatedProjectMilestone": "project_milestones",
    "parentInitiative": "initiatives",
    "pipeline": "release_pipelines",
    "stage": "release_stages",
    "release": "releases",
    "firstRelease": "releases",
    "lastRelease": "releases",
}
MAY_LIE_AHEAD = {"slaBreachesAt", "startsAt", "endsAt"}
DATES = {"startDate", "targetDate", "dueDate"}


def _state_type(issue: Node) -> str:
    state = target(issue, "state")
    assert state
    return state["type"]


def _texts() -> list[str]:
    fields = ("name", "title", "subtitle", "description", "content", "body", "diffMarkdown", "quotedText", "url")
    return [node[field] for _, node in BY_ID.values() for field in fields if node.get(field)]


def _history(issue: Node) -> list[int]:
    """Return the ages, in minutes, of all that moves an issue's `updatedAt`."""
    fields = ("createdAt", "startedAt", "completedAt", "canceledAt")
    return [age for field in fields if (age := age_min(issue, field)) is not None]


@pytest.mark.parametrize("stream", FIELDS)
def test_every_node_has_exactly_the_fields_of_its_stream(stream: str) -> None:
    expected = ALWAYS | set(FIELDS[stream].split())
    assert {node["id"]: set(node) ^ expected for node in STREAMS[stream] if set(node) != expected} == {}


@pytest.mark.parametrize("stream", AT_LEAST)
def test_every_stream_is_big_enough_to_look_real(stream: str) -> None:
    assert len(STREAMS[stream]) >= AT_LEAST[stream]


def test_there_are_no_other_streams() -> None:
    assert set(STREAMS) == set(FIELDS)


def test_each_node_stands_on_a_line_of_its_own() -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line.rstrip(","))["id"] for line in lines if line.startswith("  {")] == list(BY_ID)


def test_every_id_tells_that_it_belongs_to_the_sample() -> None:
    assert [node_id for node_id in BY_ID if not node_id.startswith("sample-")] == []


def test_no_id_is_used_twice() -> None:
    assert len(BY_ID) == sum(map(len, STREAMS.values()))


def test_every_reference_leads_to_a_node_of_the_right_stream() -> None:
    for stream, node in BY_ID.values():
        for field in node.keys() & (TARGETS.keys() | {"parent"}):
            if isinstance(node[field], dict):  # an initiative's status is a word
                assert BY_ID[node[field]["id"]][0] == TARGETS.get(field, stream), (node["id"], field)


def test_an_identifier_is_the_teams_key_and_the_number() -> None:
    for issue in ISSUES:
        team = target(issue, "team")
        assert team
        assert issue["identifier"] == f"{team['key']}-{issue['number']}"
        assert issue["id"] == f"sample-issue-{issue['identifier'].lower()}"


def test_no_identifier_was_ever_given_twice() -> None:
    given = Counter(name for issue in ISSUES for name in (issue["identifier"], *issue["previousIdentifiers"]))
    assert [name for name, times in given.items() if times > 1] == []
    assert sum(bool(issue["previousIdentifiers"]) for issue in ISSUES) >= 2


def test_every_issue_that_a_text_mentions_exists() -> None:
    known = {name for issue in ISSUES for name in (issue["identifier"], *issue["previousIdentifiers"])}
    keys = "|".join(team["key"] for team in STREAMS["teams"])
    assert set(re.findall(rf"\b(?:{keys})-\d+\b", "\n".join(_texts()))) <= known


def test_state_cycle_and_labels_belong_to_the_issues_team() -> None:
    for issue in ISSUES:
        labels = [BY_ID[label_id][1] for label_id in issue["labelIds"]]
        owned = [target(issue, "state"), target(issue, "cycle"), *(label for label in labels if label["team"])]
        assert {node["team"]["id"] for node in owned if node} == {issue["team"]["id"]}, issue["id"]


def test_an_issue_has_no_group_as_label_and_one_label_of_a_group_at_most() -> None:
    for issue in ISSUES:
        labels = [BY_ID[label_id][1] for label_id in issue["labelIds"]]
        assert not any(label["isGroup"] for label in labels), issue["id"]
        groups = Counter(label["parent"]["id"] for label in labels if label["parent"])
        assert all(times == 1 for times in groups.values()), issue["id"]


def test_a_milestone_belongs_to_the_issues_project() -> None:
    for issue in ISSUES:
        if milestone := target(issue, "projectMilestone"):
            assert issue["project"] == milestone["project"], issue["id"]


def test_times_and_dates_are_relative_so_that_the_sample_stays_fresh() -> None:
    for _, node in BY_ID.values():
        for field, value in node.items():
            if value is not None and (field.endswith("At") or field in DATES):
                unit = "daysFromToday" if field in DATES else "minutesAgo"
                assert list(value) == [unit], (node["id"], field)
                assert isinstance(value[unit], int), (node["id"], field)


def test_only_plans_lie_in_the_future() -> None:
    for _, node in BY_ID.values():
        for field in node:
            if field.endswith("At") and field not in MAY_LIE_AHEAD:
                assert (age_min(node, field) or 0) >= 0, (node["id"], field)


def test_nothing_was_updated_or_archived_before_it_was_created() -> None:
    for _, node in BY_ID.values():
        created, updated, archived = (age_min(node, f"{verb}At") for verb in ("created", "updated", "archived"))
        assert created is not None
        assert updated is not None
        assert created >= updated >= (archived or 0), node["id"]


def test_an_issues_update_is_not_older_than_what_happened_to_it() -> None:
    for issue in ISSUES:
        history = _history(issue)
        assert history == sorted(history, reverse=True), issue["id"]
        assert issue["updatedAt"]["minutesAgo"] <= history[-1], issue["id"]


def test_an_issues_times_say_the_same_as_its_state() -> None:
    for issue in ISSUES:
        kind = _state_type(issue)
        assert bool(issue["completedAt"]) == (kind == "completed"), issue["id"]
        assert bool(issue["canceledAt"]) == (kind in {"canceled", "duplicate"}), issue["id"]
        assert bool(issue["startedAt"]) == (kind in {"started", "completed"}), issue["id"]


def test_issues_of_a_team_are_numbered_in_the_order_of_their_creation() -> None:
    for team in STREAMS["teams"]:
        numbered = sorted(
            (issue["number"], issue["createdAt"]["minutesAgo"])
            for issue in ISSUES
            if issue["team"]["id"] == team["id"] and not issue["previousIdentifiers"]
        )
        ages = [age for _, age in numbered]
        assert ages == sorted(ages, reverse=True), team["key"]


def test_a_duplicate_names_its_original() -> None:
    duplicates = {issue["id"] for issue in ISSUES if _state_type(issue) == "duplicate"}
    named = {relation["issue"]["id"] for relation in STREAMS["relations"] if relation["type"] == "duplicate"}
    assert duplicates == named


def test_comments_come_after_their_issue_and_replies_after_what_they_answer() -> None:
    for comment in COMMENTS:
        before = target(comment, "parent") or target(comment, "issue")
        assert before
        assert before["createdAt"]["minutesAgo"] >= comment["createdAt"]["minutesAgo"], comment["id"]


def test_a_reply_stands_directly_below_a_comment_of_the_same_issue() -> None:
    for comment in COMMENTS:
        if parent := target(comment, "parent"):
            assert parent["parent"] is None, comment["id"]
            assert parent["issue"] == comment["issue"], comment["id"]
    assert sum(bool(comment["parent"]) for comment in COMMENTS) >= 20


def test_the_backlog_looks_alive() -> None:
    ages = [issue["updatedAt"]["minutesAgo"] for issue in ISSUES]
    assert sum(age <= 60 for age in ages) >= 5
    assert sum(age <= 14 * 24 * 60 for age in ages) > len(ages) / 2


def test_every_kind_of_state_priority_and_health_can_be_seen() -> None:
    kinds = Counter(map(_state_type, ISSUES))
    expected = {"triage", "backlog", "unstarted", "started", "completed", "canceled", "duplicate"}
    assert {kind for kind in expected if kinds[kind] >= 3} == expected
    assert {issue["priority"] for issue in ISSUES} == {0, 1, 2, 3, 4}
    assert {project["health"] for project in STREAMS["projects"]} == {"onTrack", "atRisk", "offTrack", None}
    assert [person["displayName"] for person in STREAMS["people"] if not person["active"]] == ["callum"]


def test_some_issues_are_archived_due_or_parts_of_another() -> None:
    parts = Counter(issue["parent"]["id"] for issue in ISSUES if issue["parent"])
    assert sum(times >= 4 for times in parts.values()) >= 4
    assert sum(bool(issue["archivedAt"]) for issue in ISSUES) == 12
    assert sum(bool(issue["dueDate"]) for issue in ISSUES) >= 10


@pytest.mark.parametrize(
    "pattern",
    [
        r"^.{1,12}$",  # short
        r"^.{400,500}$",  # longer than any line
        "[\u0600-\u06ff]",  # right to left
        "[\U0001f300-\U0001faff].*`",  # an emoji and code
        r"<\w+>",  # what looks like HTML
    ],
)
def test_titles_show_what_a_page_must_cope_with(pattern: str) -> None:
    assert any(re.search(pattern, issue["title"]) for issue in ISSUES)


@pytest.mark.parametrize(
    "pattern",
    [r"^- \[[ x]\] ", r"^\|[ :-]+\|", r"^```\w+", r"^> ", r"^ +- ", r"\]\(https://", r"^1\. ", r"~~\w", r"^## "],
)
def test_descriptions_use_all_of_markdown(pattern: str) -> None:
    assert any(re.search(pattern, issue["description"] or "", re.MULTILINE) for issue in ISSUES)


def test_some_descriptions_are_long_and_some_are_missing() -> None:
    assert sum(len(issue["description"] or "") > 2000 for issue in ISSUES) >= 3
    assert sum(issue["description"] is None for issue in ISSUES) >= 10


def test_no_two_texts_are_the_same() -> None:
    told = [node[field] for node in ISSUES for field in ("title", "description") if node[field]]
    said = [comment["body"] for comment in COMMENTS]
    assert [text for text, times in Counter(told + said).items() if times > 1] == []


def test_links_lead_to_example_com_only() -> None:
    links: list[str] = re.findall(r"\w+://[^\s)>\]\"']+", "\n".join(_texts()))
    assert {urlsplit(link).hostname for link in links} == {"example.com"}


def test_only_attachments_have_an_address_because_the_rest_is_in_no_linear() -> None:
    with_url = {stream for stream, node in BY_ID.values() if node.get("url")}
    assert with_url == {"attachments"}


def test_nobody_has_a_mail_address() -> None:
    assert re.findall(r"[^\s@]+@[^\s@]+", SAMPLE.read_text(encoding="utf-8")) == []


def test_a_year_of_the_timeline_has_something_due_in_most_months() -> None:
    ahead = [issue["dueDate"]["daysFromToday"] for issue in ISSUES if issue["dueDate"]]
    assert {days // 30 for days in ahead if days >= 0} == set(range(12))


def test_some_labels_have_just_come() -> None:
    recent = [label["name"] for label in STREAMS["labels"] if label["createdAt"]["minutesAgo"] < 7 * 24 * 60]
    assert len(recent) == 2
