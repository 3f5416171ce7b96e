"""Files are kept up to a total, and no fault of the disk gets out."""

import os
import resource
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shareable_backlog.sync.file_cache import FileCache

KB = 1000


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


def total(folder: Path) -> int:
    return sum(path.stat().st_size for path in files(folder))


def age(path: Path, seconds: int) -> None:
    now_ns = path.stat().st_mtime_ns
    os.utime(path, ns=(now_ns, now_ns - seconds * 10**9))


def test_what_was_kept_is_there_again_also_for_another_process(tmp_path: Path) -> None:
    FileCache(tmp_path / "images", 10 * KB).write("a", b"content")
    assert FileCache(tmp_path / "images", 10 * KB).read("a") == b"content"


def test_what_was_not_kept_is_not_there(tmp_path: Path) -> None:
    assert FileCache(tmp_path / "images", 10 * KB).read("a") is None


def test_the_folder_is_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "images"
    folder.mkdir(parents=True, mode=0o755)
    FileCache(folder, 10 * KB).write("../../a", b"content")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in files(folder)] == [0o600]


def test_nothing_is_made_before_something_is_kept(tmp_path: Path) -> None:
    FileCache(tmp_path / "images", 10 * KB).read("a")
    assert not (tmp_path / "images").exists()


def test_the_total_is_never_exceeded(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 10 * KB)
    for number in range(100):
        cache.write(str(number), bytes(500 + 31 * number % 700))
        assert total(tmp_path) <= 10 * KB
    assert cache.read("99") is not None


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 10 * KB)
    for number in range(4):
        cache.write(str(number), bytes(2 * KB))
    for path in files(tmp_path):
        age(path, 60)
    assert cache.read("0") is not None
    for number in range(4, 7):
        cache.write(str(number), bytes(2 * KB))
    assert cache.read("0") is not None
    assert cache.read("1") is None


def test_what_would_fill_it_alone_is_not_kept(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 10 * KB)
    cache.write("small", bytes(KB))
    cache.write("large", bytes(10 * KB))
    assert cache.read("large") is None
    assert cache.read("small") is not None


def test_a_cache_of_no_size_keeps_nothing(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "images", 0)
    cache.write("a", b"content")
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", b"\x00" * 100])
def test_a_broken_file_counts_as_none_and_is_replaced(tmp_path: Path, rubbish: bytes) -> None:
    cache = FileCache(tmp_path, 10 * KB)
    cache.write("a", b"content")
    files(tmp_path)[0].write_bytes(rubbish)
    assert cache.read("a") is None
    cache.write("a", b"content")
    assert cache.read("a") == b"content"


def test_unfinished_files_of_a_killed_process_go_like_others(tmp_path: Path) -> None:
    unfinished = tmp_path / "tmpabcdef"
    unfinished.write_bytes(bytes(8 * KB))
    age(unfinished, 60)
    FileCache(tmp_path, 10 * KB).write("a", bytes(4 * KB))
    assert not unfinished.exists()


@pytest.mark.parametrize("what", ["a file in place of the folder", "a folder in place of a file"])
def test_an_unusable_disk_is_said_once_without_a_path(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "images"
    cache = FileCache(folder, 10 * KB)
    if what == "a file in place of the folder":
        folder.write_bytes(b"")
    else:
        cache.write("a", b"content")
        kept = files(folder)[0]
        kept.unlink()
        kept.mkdir()
    with capture_logs() as logged:
        for _ in range(2):
            cache.write("a", b"content")
            assert cache.read("a") is None
    assert [event["event"] for event in logged] == ["image_cache_unusable"]
    assert str(tmp_path) not in str(logged)


def test_a_disk_that_takes_no_more_leaves_no_unfinished_file(tmp_path: Path) -> None:
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (KB, hard))
    try:
        with capture_logs() as logged:
            FileCache(tmp_path, 10 * KB).write("a", bytes(2 * KB))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(tmp_path) == []
    assert [event["event"] for event in logged] == ["image_cache_unusable"]
