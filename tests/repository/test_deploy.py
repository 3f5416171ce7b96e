"""What runs the program elsewhere: the image, compose, systemd and Kubernetes name what exists, and agree."""

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from benchmarks.image import dockerfile
from shareable_backlog import cli, config, routes, stop
from shareable_backlog.cli.serving import serve, workers
from shareable_backlog.database.backup import manifest
from tests.conftest import as_url

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/systemd/shareable-linear-backlog.service"
yaml: Any = importlib.import_module("yaml")
COMPOSE: Any = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
KUBERNETES: Any = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/backlog.yaml").read_text(encoding="utf-8")))
STAGES = dockerfile.read_stages(ROOT / "Dockerfile")
IMAGE = STAGES[-1]
DRAIN_S = config.Settings().stop_drain_s
OTHERS = {"PATH", "PYTHONDONTWRITEBYTECODE"}
"""What is no setting of the program."""


def read_unit(path: Path = UNIT) -> dict[str, dict[str, str]]:
    parser = ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue] (names keep their case)
    parser.read(path, encoding="utf-8")
    return {name: dict(parser[name]) for name in parser.sections()}


def find_kind(kind: str, name: str = "backlog") -> Any:
    return next(one for one in KUBERNETES if (one["kind"], one["metadata"]["name"]) == (kind, name))


def list_pods() -> list[Any]:
    return [one["spec"]["template"]["spec"] for one in KUBERNETES if one["kind"] == "Deployment"]


def list_commands() -> Iterator[list[str]]:
    """Yield what follows `slb` in each of them."""
    yield IMAGE.find("CMD").read_list()
    yield IMAGE.find("HEALTHCHECK").read_list()[1:]
    yield shlex.split(read_unit()["Service"]["ExecStart"])[1:]
    for name in ("backlog", "migrate"):
        yield COMPOSE["services"][name]["command"]
    for pod in list_pods():
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            yield container["args"]


def measure_stop(words: list[str], drain_s: float, *, is_embedded: bool) -> float:
    """Return how long `slb` with these words takes to stop at worst, with the last words of what hangs."""
    arguments = cli.build_parser().parse_args(words)
    if arguments.run is not serve.run:
        return stop.WITHIN_S + stop.LAST_WORDS_S
    if arguments.workers == 1:
        return drain_s + serve.ENDED_WITHIN_S + stop.LAST_WORDS_S
    workers_s = drain_s + serve.ENDED_WITHIN_S + workers.BACKGROUND_STOPS_IN_S + workers.LOOK_EVERY_S
    # The parent stops the embedded server once all of them have ended.
    return workers_s + is_embedded * (serve.ENDED_WITHIN_S + stop.LAST_WORDS_S)


@pytest.mark.parametrize("words", list(list_commands()), ids=" ".join)
def test_each_command_is_one_that_the_program_understands(words: list[str]) -> None:
    assert cli.build_parser().parse_args(words).run


def test_each_setting_is_one_of_the_program() -> None:
    in_unit = [one.partition("=")[0] for one in read_unit()["Service"]["Environment"].split()]
    in_compose = [name for one in ("backlog", "migrate") for name in COMPOSE["services"][one]["environment"]]
    in_kubernetes = list(find_kind("ConfigMap")["data"])
    named = {*IMAGE.read_environment(), *in_unit, *in_compose, *in_kubernetes}
    assert named - OTHERS - set(config.NAMES) == set()
    assert config.parse_settings(find_kind("ConfigMap")["data"]).stop_drain_s == 10


def test_the_image_runs_as_nobody_of_weight_and_asks_for_its_health_by_itself() -> None:
    user = IMAGE.find("USER").words.split(":")
    assert [int(number) > 0 for number in user] == [True, True]
    assert IMAGE.find("HEALTHCHECK").read_list() == ["slb", "healthcheck"]
    assert IMAGE.find("ENTRYPOINT").read_list() == ["slb"]
    assert "curl" not in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for pod in list_pods():
        assert [str(pod["securityContext"][name]) for name in ("runAsUser", "runAsGroup")] == user
        assert pod["securityContext"]["runAsNonRoot"] is True


def test_the_image_is_built_of_nothing_but_the_program() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [line[1:] for line in lines if line.startswith("!")]
    assert "*" in lines
    assert [name for name in sent if not (ROOT / name).exists()] == []
    assert {"tests", ".env", ".git", "benchmarks"} & set(sent) == set()
    copied = [step.words.split() for stage in STAGES for step in stage.steps if step.name == "COPY"]
    assert {words[0].removeprefix("--from=") for words in copied} == {"requirements.lock", ".", STAGES[0].name}


def test_what_the_image_drops_is_needed_to_build_alone() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    needed_by = {
        found[1]: set(re.findall(r"#\s+(?:via\s)?([\w-]+)", found[2].replace("via ", "")))
        for found in re.finditer(r"^([\w.-]+)==.*\n((?:    .*\n)+)", lock, re.MULTILINE)
    }
    text = next(step.words for step in STAGES[0].steps if "uninstall" in step.words)
    dropped = set(text.partition("uninstall --yes")[2].partition("&&")[0].split())
    roots = {"hatchling", "editables"}
    assert dropped >= roots
    assert {name: others for name in dropped - roots if not (others := needed_by[name] - {"via"}) <= dropped} == {}


@pytest.mark.parametrize("name", ["backlog", "migrate"])
def test_compose_mounts_starts_and_waits_for_what_it_has(name: str) -> None:
    service = COMPOSE["services"][name]
    assert set(service["depends_on"]) <= set(COMPOSE["services"])
    assert {one.partition(":")[0] for one in service["volumes"]} <= set(COMPOSE["volumes"])
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])  # noqa: S108
    assert service["environment"]["DATABASE_URL"].startswith("postgresql://backlog:")


def test_compose_gives_a_stop_its_time() -> None:
    service = COMPOSE["services"]["backlog"]
    ended_s = measure_stop(service["command"], DRAIN_S, is_embedded=False)
    assert int(service["stop_grace_period"].removesuffix("s")) > ended_s


def test_the_pages_give_a_stop_its_time() -> None:
    operating, install = (
        ROOT.joinpath(f"docs/{name}.md").read_text(encoding="utf-8") for name in ("operating", "install")
    )
    [one, several] = [int(number) for number in re.findall(r"`stop_grace_period: (\d+)s`", operating)]
    assert one > measure_stop(["serve"], DRAIN_S, is_embedded=True)
    assert several > measure_stop(["serve", "--workers", "2"], DRAIN_S, is_embedded=True)
    assert [int(number) for number in re.findall(r"--stop-timeout (\d+)", install)] == [one]


def test_systemd_gives_a_stop_its_time_and_hears_from_the_program() -> None:
    service = read_unit()["Service"]
    words = shlex.split(service["ExecStart"])[1:]
    assert int(service["TimeoutStopSec"]) > measure_stop(words, DRAIN_S, is_embedded=True)
    assert (service["Type"], service["NotifyAccess"], int(service["WatchdogSec"]) >= 10) == ("notify", "main", True)
    assert service["KillMode"] == "mixed", "the parent of the workers tells each of them when to stop"
    folder = service["StateDirectory"]
    assert f"SLB_DATA_DIR=/var/lib/{folder}" in service["Environment"]


def test_the_nightly_backup_has_the_folder_the_user_and_the_settings_of_the_program() -> None:
    program, backup = read_unit()["Service"], read_unit(UNIT.with_stem(f"{UNIT.stem}-backup"))["Service"]
    for name in ("EnvironmentFile", "Environment", "DynamicUser", "StateDirectory", "UMask"):
        assert backup[name] == program[name]
    assert backup["User"] == UNIT.stem, "by which systemd calls the user of the program's unit"
    parser = cli.build_parser()
    for words in re.findall(r"/bin/slb ([^;]+);", backup["ExecStart"]):
        parser.parse_args(shlex.split(words))
    assert read_unit(UNIT.with_name(f"{UNIT.stem}-backup.timer"))["Timer"]["Persistent"] == "true"


def run_cron_job(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Do as cron does with the lines of docs/backup.md, in `folder`, where `program` is slb."""
    text = (ROOT / "docs/backup.md").read_text(encoding="utf-8")
    found = re.search(r"With cron.*?```\n(PATH=\S+)\n(?:\S+ +){5}([^\n]+)\n```", text, re.DOTALL)
    assert found
    path, command = found[1].removeprefix("PATH="), found[2]
    assert re.findall(r"(?<!\\)%", command) == [], "cron takes it for the end of the command"
    (folder / "bin").mkdir()
    (folder / "bin" / "slb").write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    (folder / "bin" / "slb").chmod(0o755)
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("\\%", "%").replace("/srv/backlog", str(folder))],
        env={"HOME": str(folder), "PATH": path.replace("/opt/slb/bin", str(folder / "bin"))},
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def make_old_backups(folder: Path) -> list[Path]:
    """Make two of many and of a few days ago."""
    (folder / "backups").mkdir()
    made = [folder / "backups" / f"{days}.dump" for days in (40, 5)]
    for path, days in zip(made, (40, 5), strict=True):
        path.touch()
        then = time.time() - days * 86400
        os.utime(path, (then, then))
    return made


@pytest.mark.parametrize("has_backups", [True, False])
def test_the_nightly_backup_of_cron_is_proven_and_replaces_those_of_long_ago(
    database: str, tmp_path: Path, *, has_backups: bool
) -> None:
    old = make_old_backups(tmp_path) if has_backups else []
    (tmp_path / ".env").write_text(f"DATABASE_URL={as_url(database)}\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o600)
    done = run_cron_job(tmp_path, f'PYTHONPATH={ROOT} exec {sys.executable} -m shareable_backlog "$@"')
    assert (done.returncode, done.stdout + done.stderr) == (0, ""), "cron mails what is said"
    [made] = set((tmp_path / "backups").iterdir()) - set(old)
    assert manifest.read_manifest(made)
    assert [path.exists() for path in old] == [False, True][: len(old)]


def test_a_nightly_backup_of_cron_that_is_not_proven_removes_none(tmp_path: Path) -> None:
    old = make_old_backups(tmp_path)
    done = run_cron_job(tmp_path, '[ "$2" != verify ] || { echo "not whole" >&2; exit 1; }')
    assert (done.returncode, done.stderr) == (1, "not whole\n")
    assert [path.exists() for path in old] == [True, True]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8")))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_kubernetes_selects_mounts_and_probes_what_there_is() -> None:
    paths = {path for path in routes.OPEN_PATHS if "{" not in path}
    for deployment in (one for one in KUBERNETES if one["kind"] == "Deployment"):
        template = deployment["spec"]["template"]
        assert template["metadata"]["labels"] == deployment["spec"]["selector"]["matchLabels"]
        pod = template["spec"]
        volumes = {one["name"] for one in pod["volumes"]}
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            assert {one["name"] for one in container["volumeMounts"]} <= volumes
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {name for one in container["envFrom"] for source in one.values() for name in [source["name"]]} == {
                "backlog"
            }
            for probe in (value for key, value in container.items() if key.endswith("Probe")):
                assert probe["httpGet"]["path"] in paths
                assert probe["httpGet"]["port"] in {one["name"] for one in container["ports"]}
    web = find_kind("Deployment")
    labels, container = (
        web["spec"]["template"]["metadata"]["labels"],
        web["spec"]["template"]["spec"]["containers"][0],
    )
    for selector in (find_kind("Service")["spec"]["selector"], find_kind("PodDisruptionBudget")["spec"]["selector"]):
        assert selector.get("matchLabels", selector) == labels
    assert find_kind("Service")["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]
    assert container["ports"][0]["containerPort"] == config.Settings().port


def test_kubernetes_hears_of_a_stop_before_the_listener_closes_and_waits_for_its_end() -> None:
    pod = find_kind("Deployment")["spec"]["template"]["spec"]
    drain_s = float(find_kind("ConfigMap")["data"]["STOP_DRAIN_S"])
    probe = pod["containers"][0]["readinessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"] < drain_s
    for one in list_pods():
        ended_s = measure_stop(one["containers"][0]["args"], drain_s, is_embedded=False)
        assert one["terminationGracePeriodSeconds"] > ended_s
    assert find_kind("Ingress")["spec"]["rules"][0]["host"] in find_kind("ConfigMap")["data"]["BASE_URL"]


def test_the_files_that_the_install_page_names_are_there_and_its_commands_are_understood() -> None:
    text = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    assert [name for name in re.findall(r"deploy/[\w./-]+\.\w+", text) if not (ROOT / name).exists()] == []
    commands = re.findall(r"(?:bin/slb|backlog slb|shareable-linear-backlog) ((?:serve|users)\b.*)", blocks)
    assert len(commands) == 4
    for words in commands:
        assert cli.build_parser().parse_args(shlex.split(words)).run
