"""Configuration of every kernel in a lab, in the image at /opt/shixun/etc/ipython."""

import contextlib
from pathlib import Path

# A lab out of memory loses the kernel that took it, not the server with the trainee's open notebooks (or the platform beside it).
with contextlib.suppress(OSError):
    Path("/proc/self/oom_score_adj").write_text("900")
