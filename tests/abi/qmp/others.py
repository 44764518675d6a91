# SPDX-License-Identifier: Apache-2.0
"""Clients that others wrote, where they are installed: Python's qemu.qmp."""
import asyncio
import importlib.util
import os

from client import Machine


def qemu_qmp(folder):
    from qemu.qmp import QMPClient
    from qemu.qmp.error import ExecuteError  # noqa: F401

    async def talk(path):
        q = QMPClient("test")
        await q.connect(path)
        assert (await q.execute("query-status"))["running"] is True
        with q.listener("STOP") as stops:
            await q.execute("stop")
            assert (await stops.get())["event"] == "STOP"
        assert (await q.execute("query-status"))["status"] == "paused"
        await q.execute("cont")
        await q.disconnect()

    with Machine(folder) as m:
        asyncio.run(talk(m.path))


def legacy(folder):
    """The module of QEMU's own scripts."""
    from qemu.qmp.legacy import QEMUMonitorProtocol

    with Machine(folder) as m:
        q = QEMUMonitorProtocol(m.path)
        q.connect()
        assert q.cmd("query-status")["running"] is True
        q.cmd("stop")
        assert any(e["event"] == "STOP" for e in q.get_events(wait=True))
        q.close()


def tests():
    has = importlib.util.find_spec("qemu") and importlib.util.find_spec("qemu.qmp")
    if not has and "HYPAR_QMP_MODULE" not in os.environ:
        return
    yield "qemu.qmp", qemu_qmp
    if importlib.util.find_spec("qemu.qmp.legacy"):
        yield "qemu.qmp.legacy", legacy
