"""Read how much memory another process has had (Linux only)."""

from pathlib import Path


def forget_peak(pid: int) -> None:
    """Let the largest resident memory be the present one (proc_pid_clear_refs(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def read_peak_mb(pid: int) -> float:
    """Return the largest resident memory since then, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024
