"""Checksums and signature of a release, checked by the commands of docs/releasing.md."""

import shutil
import subprocess
from pathlib import Path

import pytest

from release.sums import NotSigned, sign_sums, write_sums

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "one.whl").write_bytes(b"one")
    (folder / "two.tar.gz").write_bytes(b"two")
    return folder


def make_key(tmp_path: Path, name: str) -> tuple[Path, Path]:
    """Return the private key, and the file that says whose the public one is."""
    key, signers = tmp_path / name, tmp_path / f"{name}_signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    signers.write_text(f'release@example.com namespaces="shareable-linear-backlog" {public}', encoding="utf-8")
    return key, signers


def run_documented(folder: Path, signers: Path) -> int:
    """Run the commands by which readers check a release, as the document has them."""
    page = (Path(__file__).parents[2] / "docs/releasing.md").read_text(encoding="utf-8")
    block = page.partition("<!-- check -->\n```sh\n")[2].partition("```")[0]
    assert "ssh-keygen -Y verify" in block
    assert "sha256sum" in block
    shutil.copy(signers, folder / "allowed_signers")
    return subprocess.run(["sh", "-ec", block], cwd=folder, capture_output=True, check=False).returncode


def test_a_signed_release_passes_the_documented_check(folder: Path, tmp_path: Path) -> None:
    key, signers = make_key(tmp_path, "alice")
    sign_sums(write_sums(folder), key, signers)
    assert run_documented(folder, signers) == 0


def test_a_changed_file_does_not(folder: Path, tmp_path: Path) -> None:
    key, signers = make_key(tmp_path, "alice")
    sign_sums(write_sums(folder), key, signers)
    (folder / "one.whl").write_bytes(b"other")
    assert run_documented(folder, signers) != 0


def test_changed_checksums_do_not_either(folder: Path, tmp_path: Path) -> None:
    key, signers = make_key(tmp_path, "alice")
    sign_sums(write_sums(folder), key, signers)
    (folder / "one.whl").write_bytes(b"other")
    write_sums(folder)
    assert run_documented(folder, signers) != 0


def test_a_key_that_readers_do_not_know_signs_nothing(folder: Path, tmp_path: Path) -> None:
    _, signers = make_key(tmp_path, "alice")
    key, _ = make_key(tmp_path, "mallory")
    with pytest.raises(NotSigned, match=r"is not the key of release@example\.com"):
        sign_sums(write_sums(folder), key, signers)
    assert sorted(path.name for path in folder.iterdir()) == ["SHA256SUMS", "one.whl", "two.tar.gz"]
