"""Write the checksums of a release, and sign them with a key of OpenSSH."""

import hashlib
import subprocess
from pathlib import Path

SIGNER = "release@example.com"
NAMESPACE = "shareable-linear-backlog"


class NotSigned(Exception):
    """Why there is no signature that readers could check."""


def write_sums(folder: Path) -> Path:
    """Write SHA256SUMS of all files of `folder`, as `sha256sum --check` reads it, and return its path."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("SHA256SUMS"))
    sums = folder / "SHA256SUMS"
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    sums.write_text("".join(lines), encoding="utf-8")
    return sums


def sign_sums(sums: Path, key: Path, signers: Path) -> None:
    """Write SHA256SUMS.sig by the private `key`, and check it as a reader would, by the public ones in `signers`."""
    run_ssh_keygen("sign", "-f", str(key), str(sums))
    signature = sums.with_name("SHA256SUMS.sig")
    try:
        run_ssh_keygen("verify", "-f", str(signers), "-I", SIGNER, "-s", str(signature), words=sums.read_bytes())
    except NotSigned:
        signature.unlink()
        raise NotSigned(f"{key} is not the key of {SIGNER} in {signers}, so nobody could check it.") from None


def run_ssh_keygen(action: str, *arguments: str, words: bytes = b"") -> None:
    """Run `ssh-keygen -Y`; raise NotSigned with what it said if it fails."""
    command = ["ssh-keygen", "-Y", action, "-n", NAMESPACE, *arguments]
    done = subprocess.run(command, input=words, capture_output=True, check=False)
    if done.returncode:
        raise NotSigned(done.stderr.decode(errors="replace").strip())
