"""The place in a run follows the program into its tasks, threads, pools and child processes.

Each of them gets its branch when it is created, in the code that creates it. Outside a run nothing
is changed: the first thing that every hook does is to look whether there is a run.
"""

from __future__ import annotations

from rollscope.guard import guarded

_installed = False


def install() -> None:
    """Follow from now on; what is not imported yet is followed when it is. Cheap when said again.

    A process that was started inside a run stands in that run from here on.
    """
    global _installed
    if _installed:
        return
    _installed = True
    from rollscope.follow import arrival, pools, processes, tasks, threads

    for part in (tasks, threads, pools, processes):
        with guarded(f"follow {part.__name__.rpartition('.')[2]}"):
            part.install()
    with guarded("go on in the run of the parent process"):
        arrival.arrive()
