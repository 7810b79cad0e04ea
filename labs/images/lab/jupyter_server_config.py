# ruff: noqa: F821  (traitlets gives c)
"""Configuration of a lab's server. In the image at /opt/shixun/etc/jupyter; the trainee can't change it."""

import os
from pathlib import Path

# Only what a trainee uses. nbgrader's server extensions are answered by ours; a lab needs no language server and no classic notebook.
c.ServerApp.jpserver_extensions = {
    "shixun_labs.exchange.extension": True,
    "jupyterlab": True,
    "jupyter_server_terminals": True,
    "jupyter_lsp": False,
    "jupytext": False,
    "nbgrader.server_extensions.formgrader": False,
    "nbgrader.server_extensions.assignment_list": False,
    "nbgrader.server_extensions.course_list": False,
    "nbgrader.server_extensions.validate_assignment": False,
    "nbgrader": False,
    "notebook": False,
    "notebook_shim": False,
}

# The page origin may frame the lab; JupyterLab frames the HMI and HTML previews itself.
page_origin = os.environ.get("SHIXUN_PAGE_ORIGIN", "")
c.ServerApp.tornado_settings = {
    "headers": {
        "Content-Security-Policy": f"frame-ancestors 'self' {page_origin}".strip(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
}
c.ServerApp.root_dir = os.environ.get("JUPYTERHUB_ROOT_DIR") or str(Path.home())
c.ServerApp.max_body_size = c.ServerApp.max_buffer_size = 16 * 1024 * 1024
c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash"]}

# Memory of kernels that nobody looks at goes back: a plant's cycle is seconds, an hour of silence is a forgotten tab.
c.MappingKernelManager.cull_idle_timeout = 3600
c.MappingKernelManager.cull_connected = True
c.MappingKernelManager.cull_interval = 300
c.MappingKernelManager.buffer_offline_messages = True
c.TerminalManager.cull_inactive_timeout = 1800
c.TerminalManager.cull_interval = 300

c.ContentsManager.allow_hidden = False
c.FileContentsManager.delete_to_trash = False
c.FileContentsManager.always_delete_dir = True
c.FileCheckpoints.checkpoint_dir = "/tmp/checkpoints"  # noqa: S108  (the lab's own tmpfs)

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LabApp.collaborative = False
language = "en" if os.environ.get("SHIXUN_LANG", "zh").lower().startswith("en") else "zh"
c.LabApp.app_settings_dir = str(Path(__file__).parent / "lab-settings" / language)
if language == "zh":  # nbgrader's front end, translated when the image was built
    c.LabApp.extra_labextensions_path = ["/opt/shixun/share/shixun/zh"]
