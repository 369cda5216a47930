"""What a test's server finds in its own folders: its settings, traits and kernels."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "KERNEL",
    "SETTINGS",
    "THEMES",
    "Settings",
    "environment_of",
    "furnish",
    "write_kernelspec",
]

Settings = dict[str, dict[str, object]]

# Cells off screen are not rendered in the other windowing modes, and outputs
# beyond the 50th not at all: a test wants to see everything it shows.
SETTINGS: Final[Settings] = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
    "@jupyterlab/notebook-extension:tracker": {
        # The schema says 0 shows all; JupyterLab 4.6.6 then shows none.
        "maxNumberOutputs": 1_000,
        "windowingMode": "none",
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/completer-extension:manager": {"autoCompletion": False},
}
THEMES: Final = "@jupyterlab/apputils-extension:themes"
# Without these the page asks PyPI and a news feed on the internet.
TRAITS: Final[Settings] = {
    "LabApp": {
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "expose_app_in_browser": True,
        "extension_manager": "readonly",
        "news_url": None,
    },
    # notebook_shim refuses the others here by a traceback in the log.
    "JupyterNotebookApp": {"expose_app_in_browser": True},
}
# Not "python3": the environment's own kernelspec of that name wins over ours.
KERNEL: Final = "under-test"


def furnish(home: Path, settings: Settings) -> None:
    """Write the server's configuration and the frontend's settings."""
    config = home / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "jupyter_server_config.json").write_text(json.dumps(TRAITS))
    for plugin, values in settings.items():
        package, _, name = plugin.partition(":")
        path = home / "settings" / package / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def write_kernelspec(home: Path, name: str, python: str) -> None:
    """Write the kernelspec `name` for the executable `python` under `home`."""
    spec = {
        "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
    }
    path = home / "data" / "kernels" / name / "kernel.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(spec))


def environment_of(home: Path) -> dict[str, str]:
    """Return an environment in which every Jupyter folder lies under `home`."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "CROMICLE_PORTS": "none",  # an engine that listens on this machine is no part of the tests
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        # A frozen stdlib makes debugpy print two warnings into the kernel's output.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
