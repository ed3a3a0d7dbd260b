# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from humanoid_brain import machine
from humanoid_brain.host.standalone import host as standalone_host
from humanoid_brain.machine import collector_paused


def test_cores_follow_the_affinity_of_the_process() -> None:
    whole = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(whole)})
        assert machine.cores() == 1
    finally:
        os.sched_setaffinity(0, whole)
    assert 1 <= machine.cores() <= len(whole)


@pytest.mark.parametrize(
    ("quota", "expected"), [("max 100000", 8), ("150000 100000", 1), ("400000 100000", 4), ("50000 100000", 1), ("", 8)]
)
def test_cores_follow_the_quota_of_the_container(monkeypatch: pytest.MonkeyPatch, quota: str, expected: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(machine, "_read", lambda path: quota if path.endswith("cpu.max") else "")
    assert machine.cores() == expected


def test_free_memory_follows_the_limit_of_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    4000 kB"}
    monkeypatch.setattr(machine, "_read", lambda path: files.get(path, ""))
    assert machine.free_memory() == 4000 * 1024
    files |= {"/sys/fs/cgroup/memory.max": "3000000", "/sys/fs/cgroup/memory.current": "1000000"}
    assert machine.free_memory() == 2_000_000
    files["/sys/fs/cgroup/memory.max"] = "max"
    assert machine.free_memory() == 4000 * 1024


def test_memory_is_unknown_rather_than_wrong_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_read", lambda _: "")
    assert machine.free_memory() is None


def test_library_that_is_absent_or_damaged_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "libdamaged.so").write_bytes(b"\x7fELF")
    wanted = (
        machine.Library("libc.so.6", "libc6", "x", True),
        machine.Library("libnothere.so.9", "a", "x", True),
        machine.Library(str(tmp_path / "libdamaged.so"), "b", "x", False),
    )
    newer = machine.Library("libnothere.so.9", "a", "x", False, ("libnothere.so.10", "libc.so.6"))
    monkeypatch.setattr(machine, "LIBRARIES", (*wanted, newer))
    assert machine.missing_libraries() == list(wanted[1:])


def test_no_driver_means_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", fail)
    assert machine.gpus() == []
    assert machine.cuda_devices() == 0


@pytest.mark.parametrize(("error", "expected"), [(0, 2), (100, 0)])  # 100: CUDA_ERROR_NO_DEVICE, all are hidden
def test_the_driver_counts_the_devices_that_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch, error: int, expected: int
) -> None:
    class Driver:
        def __init__(self, name: str) -> None:
            self.name = name

        def cuInit(self, flags: int) -> int:
            return error

        def cuDeviceGetCount(self, count: Any) -> int:
            count._obj.value = 2
            return 0

    monkeypatch.setattr(ctypes, "CDLL", Driver)
    assert machine.cuda_devices() == expected


@pytest.mark.gpu
def test_gpu_is_what_torch_sees() -> None:
    import torch

    first, seen = machine.gpus()[0], torch.cuda.get_device_properties(0)
    assert machine.cuda_devices() == torch.cuda.device_count()
    assert first.name == seen.name
    # The driver keeps part of the memory that it reports.
    assert abs(first.memory - seen.total_memory) < 2 << 30
    assert 0 < first.memory_free <= first.memory
    assert first.cuda >= (12, 0)
    assert first.driver.partition(".")[0].isdigit()


@pytest.mark.gpu
def test_threads_that_wait_for_a_gpu_sleep_once_told_to() -> None:
    code = """if True:
        import ctypes
        from humanoid_brain import machine
        machine.sleep_for_cuda()
        import torch
        torch.zeros(1, device="cuda")
        flags, active = ctypes.c_uint(), ctypes.c_int()
        assert machine._cuda().cuDevicePrimaryCtxGetState(0, ctypes.byref(flags), ctypes.byref(active)) == 0
        print(active.value, flags.value & 7)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["1", "4"], done.stderr


@pytest.mark.parametrize(("given", "policy"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "active"}, "ACTIVE")])
def test_threads_of_openmp_sleep_while_they_wait_unless_the_user_says_otherwise(
    given: dict[str, str], policy: str
) -> None:
    code = "from humanoid_brain.machine import share_cores; share_cores(); import torch"
    rest = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env={**rest, **given, "OMP_DISPLAY_ENV": "true"})
    assert f"OMP_WAIT_POLICY = '{policy}'" in done.stderr


@pytest.mark.parametrize(("count", "given", "threads"), [(2, None, "0"), (8, None, None), (2, "3", "3")])
def test_windows_are_drawn_without_threads_where_cores_are_few(
    monkeypatch: pytest.MonkeyPatch, count: int, given: str | None, threads: str | None
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: count)
    monkeypatch.setattr(os, "environ", {} if given is None else {"LP_NUM_THREADS": given})
    machine.share_cores()
    assert os.environ.get("LP_NUM_THREADS") == threads


def test_libraries_that_would_lock_up_with_the_driver_wait_until_it_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    began = threading.Event()

    def wake() -> None:
        began.wait(10.0)
        order.append("driver")

    monkeypatch.setattr(machine, "_wake_cuda", wake)
    monkeypatch.setattr(standalone_host, "_load", lambda: order.append("ovphysx"))
    machine.wake_cuda()
    threading.Timer(0.2, began.set).start()
    standalone_host.load_standalone.__wrapped__()
    assert order == ["driver", "ovphysx"]


def test_what_is_made_while_the_collector_rests_is_not_searched_at_once_but_found_later() -> None:
    class Part:
        other: Part

    with collector_paused():
        assert not gc.isenabled()
        kept, one = [[] for _ in range(1000)], Part()
        one.other = one
        gone = weakref.ref(one)
        del one
    assert gc.isenabled() and gc.get_count()[0] < 1000
    old = {id(each) for each in gc.get_objects(generation=2)}
    assert all(id(each) in old for each in kept)
    gc.collect(1)
    assert gone() is not None
    gc.collect()
    assert gone() is None
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
