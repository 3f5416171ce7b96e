"""Every command of the documents works as it stands there, or it is said why it isn't run.

A block is run in a folder of its own, with a migrated database in DATABASE_URL. docs/developing.md has its own test.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from shareable_backlog import cli, config
from tests.conftest import as_url
from tests.support.signed_in import SECRET_KEY

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(set((ROOT / "docs").glob("*.md")) - {ROOT / "docs/developing.md"})]
ASKS_LINEAR = "asks Linear; tests/cli/mirror/test_sync.py runs it against a fake one"
INSTALLS = "installs; `python -m benchmarks image` takes the same steps"
NO_ENGINE = "needs a container engine; tests/repository/test_deploy.py reads what it starts"
NO_CLUSTER = "needs a cluster; tests/repository/test_deploy.py reads what it applies"
NO_SYSTEMD = "changes this machine; tests/repository/test_deploy.py reads the unit"
NO_HOST = "asks a host that there is not; tests/controllers/api/test_endpoints.py asks the same"
CURL = """curl -H "Authorization: Bearer $TOKEN" 'https://backlog.example.com/api/v1"""
RELEASES = "would release; tests/release runs what it is made of"
NOT_RUN = {
    "make run": "has no end; tests/repository/test_make_run.py runs it",
    "make test": "runs everything",
    ".venv/bin/slb serve": "has no end; tests/cli/serving/test_serve.py runs it",
    "/opt/slb/bin/slb serve": "the same",
    ".venv/bin/slb sync": ASKS_LINEAR,
    ".venv/bin/slb doctor": "fails where Linear can't be asked; tests/cli/doctor runs it",
    ".venv/bin/slb doctor --deploy": "the same",
    "python3 -m venv /opt/slb": INSTALLS,
    "/opt/slb/bin/pip install --require-hashes -r requirements.lock": INSTALLS,
    "/opt/slb/bin/pip install --no-deps --no-build-isolation .": INSTALLS,
    "/opt/slb/bin/pip install 'shareable-linear-backlog[otel]'": INSTALLS,
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel.example.com:4318 /opt/slb/bin/slb serve": "has no end",
    "install -m 600 .env /etc/shareable-linear-backlog.env": NO_SYSTEMD,
    "install -m 644 deploy/systemd/shareable-linear-backlog.service /etc/systemd/system/": NO_SYSTEMD,
    "systemctl daemon-reload": NO_SYSTEMD,
    "systemctl enable --now shareable-linear-backlog": NO_SYSTEMD,
    "journalctl --unit shareable-linear-backlog --follow": NO_SYSTEMD,
    "docker build --tag shareable-linear-backlog .": NO_ENGINE,
    "docker run --rm --stop-timeout 40 --read-only --tmpfs /tmp --volume backlog:/data --publish 127.0.0.1:8000:8000"
    " --env BASE_URL=http://localhost:8000 shareable-linear-backlog serve --host 0.0.0.0 --sample": NO_ENGINE,
    "docker compose up --detach --build": NO_ENGINE,
    "docker compose exec backlog slb users create alice@example.com --admin": NO_ENGINE,
    "docker compose exec backlog slb users login-link alice@example.com": NO_ENGINE,
    'kubectl create secret generic backlog --from-literal=DATABASE_URL="$DATABASE_URL" --from-literal=SECRET_KEY='
    '"$(openssl rand -hex 32)" --from-literal=LINEAR_API_KEY="$LINEAR_API_KEY"': NO_CLUSTER,
    "kubectl apply --filename deploy/kubernetes/backlog.yaml": NO_CLUSTER,
    "kubectl rollout status deployment/backlog": NO_CLUSTER,
    f"{CURL}/items?team=ENG&type=started'": NO_HOST,
    f"{CURL}/items/ENG-12'": NO_HOST,
    f"{CURL}/projects?limit=100'": NO_HOST,
    """psql "$OWNERS_URL" -c "CREATE ROLE slb_program LOGIN PASSWORD '…'\"""": "makes a role of the server",
    'slb database grants --program slb_program | psql "$OWNERS_URL"': "the same; tests/cli/test_database.py runs it",
    "slb restore backlog.dump": "wants an empty database; tests/cli/test_backup.py runs it",
    "install -m 644 deploy/systemd/shareable-linear-backlog-backup.* /etc/systemd/system/": NO_SYSTEMD,
    "systemctl enable --now shareable-linear-backlog-backup.timer": NO_SYSTEMD,
    "systemctl start shareable-linear-backlog-backup.service": NO_SYSTEMD,
    "export DATABASE_URL=postgresql://owner:…@db.example.com/backlog": "would lead the commands below it elsewhere",
    "slb database move server": "needs two servers; tests/cli/test_database.py runs it",
    "slb database move embedded": "the same",
    "slb database upgrade": "needs data of another major version; tests/services/backup has it",
    "slb database upgrade --programs /usr/lib/postgresql/18/bin": "the same",
    "slb doctor": "fails where Linear can't be asked; tests/cli/doctor runs it",
    'git tag --sign --message "0.2.0" v0.2.0': RELEASES,
    "make release RELEASE_KEY=~/.ssh/shareable-linear-backlog-release": RELEASES,
    "git push origin v0.2.0": RELEASES,
    "ssh-keygen -t ed25519 -C release@example.com -f ~/.ssh/shareable-linear-backlog-release": "asks a passphrase",
    "printf '%s namespaces=\"shareable-linear-backlog\" %s\\n' release@example.com"
    ' "$(cat ~/.ssh/shareable-linear-backlog-release.pub)" >> release/allowed_signers': "adds to the repository",
    "ssh-keygen -Y verify -f allowed_signers -I release@example.com -n shareable-linear-backlog -s SHA256SUMS.sig"
    " < SHA256SUMS": "tests/release/test_sums.py runs it",
    "sha256sum --check SHA256SUMS": "the same",
}  # fmt: skip


def list_blocks() -> list[tuple[str, list[str]]]:
    """Return each block of commands, by its page, a command a line."""
    found = [
        (page, block)
        for page in PAGES
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    ]
    return [(page.stem, split_commands(block)) for page, block in found]


def split_commands(block: str) -> list[str]:
    lines = re.sub(r" *\\\n *", " ", block).splitlines()
    return [command for line in lines if (command := re.sub(r"(^|\s{2,})#.*", "", line).strip())]


BLOCKS = list_blocks()
HARMLESS = re.compile(r"(\.venv/bin/slb|slb|echo|chmod) [^;&|]*")
"""What may be run where tests run: other commands of documents may change a machine for good."""
RUN = [(page, commands) for page, every in BLOCKS if (commands := [one for one in every if one not in NOT_RUN])]


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    """Return a folder as the commands see it: an export of Linear, and a database in which carol waits."""
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('carol@example.com')")
        connection.execute("INSERT INTO viewer_groups (name) VALUES ('Field staff')")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shutil.copy(ROOT / "tests/linear/csv/2026.csv", tmp_path / "export.csv")
    return tmp_path


@pytest.mark.parametrize(("page", "commands"), RUN, ids=[f"{page}: {commands[0]}" for page, commands in RUN])
def test_a_block_of_commands_works(page: str, commands: list[str], folder: Path, database: str) -> None:
    assert all(HARMLESS.fullmatch(one) for one in commands), "it is neither harmless nor said why it isn't run"
    environment = {
        "DATABASE_URL": as_url(database), "SECRET_KEY": SECRET_KEY, "HOME": str(folder), "SLB_DATA_DIR": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    done = subprocess.run(
        ["sh", "-ec", "\n".join(commands)],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (page, done.stdout + done.stderr)


@pytest.mark.parametrize("command", NOT_RUN)
def test_a_command_that_is_not_run_stands_there_and_is_one_of_the_program(command: str) -> None:
    assert [page for page, commands in BLOCKS if command in commands]
    words = shlex.split(command.partition(" | ")[0])
    at = next(
        (number for number, word in enumerate(words) if word in {"slb", ".venv/bin/slb", "/opt/slb/bin/slb"}), None
    )
    if at is not None:
        assert cli.build_parser().parse_args(words[at + 1 :]).run
    if words[0] == "make":
        subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, check=True)
    named = re.findall(r"tests/[\w/.]*\w", NOT_RUN[command])
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_settings_in_the_documents_are_settings() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    blocks = [block for text in texts for block in re.findall(r"^```ini\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    named = {name for block in blocks for name in re.findall(r"^(\w+)=", block, re.MULTILINE)}
    assert named
    assert named <= set(config.NAMES)
