"""The host: finds, gates and holds the plug-ins. It knows no task."""

from registry.context import TaskContext, WeightsProvider
from registry.hooks import hookimpl, hookspec
from registry.limits import Limits, SettingError
from registry.loader import load_plugins, ready_tasks
from registry.quick_start import write_no_stubs
from registry.task import PluginRecord, Task

__all__ = [
    "Limits",
    "PluginRecord",
    "SettingError",
    "Task",
    "TaskContext",
    "WeightsProvider",
    "hookimpl",
    "hookspec",
    "load_plugins",
    "ready_tasks",
    "write_no_stubs",
]
