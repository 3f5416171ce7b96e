"""What the sample says of projects, initiatives, cycles and releases agrees with its items."""

from itertools import pairwise

from tests.seeds.reading import HISTORIES, ISSUES, STREAMS, age_min, target


def test_a_history_has_a_number_for_each_week_or_day_and_ends_with_what_is_there() -> None:
    for stream, field, per in (("projects", "project", 7 * 24 * 60), ("cycles", "cycle", 24 * 60)):
        for plan in STREAMS[stream]:
            items = [issue for issue in ISSUES if issue[field] and issue[field]["id"] == plan["id"]]
            numbers = [plan[name] for name in HISTORIES.split()]
            assert len({len(one) for one in numbers}) == 1, plan["id"]
            ran = age_min(plan, "startsAt" if stream == "cycles" else "createdAt") or 0
            assert len(numbers[0]) <= max(0, ran) // per + 1, plan["id"]
            if numbers[0]:
                done = sum(bool(issue["completedAt"]) for issue in items)
                assert numbers[1][-1] == done, plan["id"]
                assert numbers[0][-1] >= len([issue for issue in items if not issue["canceledAt"]]), plan["id"]
                assert all(number >= 0 for one in numbers for number in one), plan["id"]


def test_health_is_what_the_latest_update_says_of_it() -> None:
    for stream, field in (("projects", "project"), ("initiatives", "initiative")):
        for plan in STREAMS[stream]:
            updates = [one for one in STREAMS[f"{field}_updates"] if one[field]["id"] == plan["id"]]
            if plan["health"]:
                latest = min(updates, key=lambda one: one["createdAt"]["minutesAgo"])
                assert (latest["health"], latest["createdAt"]) == (plan["health"], plan["healthUpdatedAt"]), plan[
                    "id"
                ]
            ages = [one["createdAt"]["minutesAgo"] for one in updates]
            assert ages == sorted(ages, reverse=True), plan["id"]
            assert all(age <= plan["createdAt"]["minutesAgo"] for age in ages), plan["id"]


def test_an_item_came_into_its_project_and_cycle_while_they_were_there() -> None:
    for issue in ISSUES:
        for field, added in (("project", "addedToProjectAt"), ("cycle", "addedToCycleAt")):
            assert bool(issue[field]) == bool(issue[added]), issue["id"]
            if plan := target(issue, field):
                came = issue[added]["minutesAgo"]
                assert issue["updatedAt"]["minutesAgo"] <= came <= issue["createdAt"]["minutesAgo"], issue["id"]
                assert came <= plan["createdAt"]["minutesAgo"] or field == "cycle", issue["id"]


def test_what_is_in_a_release_was_done_by_then() -> None:
    for part in STREAMS["item_releases"]:
        issue, release = target(part, "issue"), target(part, "release")
        assert issue
        assert release
        assert issue["completedAt"]["minutesAgo"] >= (age_min(release, "completedAt") or 0), part["id"]


def test_each_team_has_a_past_a_current_and_a_next_cycle_of_two_weeks() -> None:
    for team in STREAMS["teams"]:
        cycles = [cycle for cycle in STREAMS["cycles"] if cycle["team"]["id"] == team["id"]]
        *_, past, current, _ = cycles
        assert all(age_min(c, "startsAt") == c["endsAt"]["minutesAgo"] + 14 * 24 * 60 for c in cycles)
        assert all(
            left["endsAt"] == right["startsAt"] and left["number"] + 1 == right["number"]
            for left, right in pairwise(cycles)
        )
        assert past["completedAt"] == past["endsAt"]
        assert current["startsAt"]["minutesAgo"] > 0 > current["endsAt"]["minutesAgo"]


def test_what_was_done_in_a_cycle_was_done_while_it_ran() -> None:
    for issue in ISSUES:
        if (cycle := target(issue, "cycle")) and issue["completedAt"]:
            done = issue["completedAt"]["minutesAgo"]
            assert cycle["startsAt"]["minutesAgo"] >= done >= cycle["endsAt"]["minutesAgo"], issue["id"]
