"""What a lab's and a plant's container may do, as raw values of the Docker API, and the check that the engine took every one.

`docker-py` and DockerSpawner have arguments for most of this, and engines drop some values with a mere warning. So the request is
written out, and what the engine made of it is compared before anything starts: a container that differs is never started.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
LAB_PORT = 8888
LAB_USER = "10001:10001"
PLANT_USER = "10002:10002"
# No name server: an internal network still has the engine's resolver, which would carry questions (and data in them) outside.
NO_DNS = "240.0.0.1"
ROLE, OWNER, SESSION = "org.shixun.role", "org.shixun.owner", "org.shixun.session"
HUB, UNTIL, LAB = "org.shixun.hub", "org.shixun.until", "org.shixun.lab"


@dataclass(frozen=True)
class Box:
    """One container: who it is for and what it gets. Sizes in bytes; `network` is a network's name or container:<id>."""

    image: str
    user: str
    network: str
    memory: int
    cpu: float
    pids: int
    tmpfs: dict[str, int]  # path: bytes
    environment: dict[str, str] = field(repr=False)
    command: list[str]
    labels: dict[str, str]
    runtime: str = ""
    stop_seconds: int = 10
    restarts: int = 0

    @property
    def shares_network(self) -> bool:
        return self.network.startswith("container:")


def body(box: Box) -> dict[str, Any]:
    """The body of POST /containers/create for `box`."""
    uid, gid = box.user.split(":")
    host: dict[str, Any] = {
        "NetworkMode": box.network,
        "AutoRemove": False,
        "Privileged": False,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": [],
        "SecurityOpt": ["no-new-privileges"],
        "Memory": box.memory,
        "MemorySwap": box.memory,
        "MemorySwappiness": None,
        "NanoCpus": int(box.cpu * 1e9),
        "PidsLimit": box.pids,
        "Init": True,
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "ShmSize": 64 * MIB,
        "OomScoreAdj": 500,  # a machine short of memory loses a lab before it loses the platform
        "Ulimits": [
            {"Name": "nofile", "Soft": 4096, "Hard": 4096},
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "fsize", "Soft": box.memory, "Hard": box.memory},
        ],
        "Tmpfs": {
            path: f"rw,noexec,nosuid,nodev,size={size},mode=0700,uid={uid},gid={gid},nr_inodes=20000"
            for path, size in box.tmpfs.items()
        },
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "2m", "max-file": "2"}},
        "RestartPolicy": {"Name": "on-failure" if box.restarts else "no", "MaximumRetryCount": box.restarts},
    }
    if box.runtime:
        host["Runtime"] = box.runtime
    made: dict[str, Any] = {
        "Image": box.image,
        "User": box.user,
        "Env": [f"{name}={value}" for name, value in sorted(box.environment.items())],
        "Entrypoint": box.command,
        "Cmd": [],
        "Labels": box.labels,
        "Tty": False,
        "OpenStdin": False,
        "StopSignal": "SIGTERM",
        "StopTimeout": box.stop_seconds,
        "HostConfig": host,
    }
    if not box.shares_network:
        made["Hostname"] = "lab"
        host["Dns"] = [NO_DNS]
        host["DnsSearch"] = ["."]
        if Path("/proc/sys/net/ipv6").exists():
            host["Sysctls"] = {"net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1"}
    return made


# HostConfig fields that must be empty, whatever this or a later engine puts there for us.
_EMPTY = (
    "Binds",
    "CapAdd",
    "Devices",
    "DeviceRequests",
    "DeviceCgroupRules",
    "ExtraHosts",
    "GroupAdd",
    "Links",
    "Mounts",
    "PortBindings",
    "VolumesFrom",
    "PidMode",
    "UTSMode",
    "VolumeDriver",
    "CgroupParent",
)
# Values taken as asked for, to the letter.
_EXACT = (
    "Privileged",
    "ReadonlyRootfs",
    "Memory",
    "MemorySwap",
    "NanoCpus",
    "PidsLimit",
    "Init",
    "IpcMode",
    "NetworkMode",
    "PublishAllPorts",
    "Tmpfs",
    "LogConfig",
    "RestartPolicy",
    "ShmSize",
)


def violations(box: Box, made: dict[str, Any]) -> list[str]:
    """Where a created container (GET /containers/<id>/json) differs from what `box` asks for; empty means it may start."""
    asked = body(box)["HostConfig"] | {"PublishAllPorts": False}
    host = made.get("HostConfig") or {}
    config = made.get("Config") or {}
    found = [f"{name} is {host.get(name)!r}" for name in _EMPTY if host.get(name)]
    found += [f"{name} is {host.get(name)!r}, not {asked[name]!r}" for name in _EXACT if host.get(name) != asked[name]]
    if [name.upper().removeprefix("CAP_") for name in host.get("CapDrop") or []] != ["ALL"]:
        found.append(f"CapDrop is {host.get('CapDrop')!r}")
    options = host.get("SecurityOpt") or []
    if "no-new-privileges" not in options or any("unconfined" in option or "disable" in option for option in options):
        found.append(f"SecurityOpt is {options!r}")
    if host.get("UsernsMode") == "host" and not asked.get("UsernsMode"):
        found.append("UsernsMode is host")
    if box.runtime and host.get("Runtime") != box.runtime:
        found.append(f"Runtime is {host.get('Runtime')!r}")
    limits = {item.get("Name"): (item.get("Soft"), item.get("Hard")) for item in host.get("Ulimits") or []}
    for item in asked["Ulimits"]:
        if limits.get(item["Name"]) != (item["Soft"], item["Hard"]):
            found.append(f"ulimit {item['Name']} is {limits.get(item['Name'])!r}")
    if not box.shares_network and host.get("Dns") != [NO_DNS]:
        found.append(f"Dns is {host.get('Dns')!r}")
    if config.get("User") != box.user or box.user.startswith("0"):
        found.append(f"User is {config.get('User')!r}")
    if config.get("Volumes"):
        found.append(f"the image has volumes: {sorted(config['Volumes'])!r}")
    found += [
        f"mount at {mount.get('Destination')!r}" for mount in made.get("Mounts") or [] if mount.get("Type") != "tmpfs"
    ]
    return found
