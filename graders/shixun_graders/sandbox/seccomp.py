"""The system call filter of bubblewrap sandboxes, made with the machine's libseccomp.

The calls refused are those that Docker's default profile refuses without added capabilities (moby, profiles/seccomp:
what is absent from its allow list), named one by one, because bubblewrap takes a filter and has none of its own. The
filter is made through libseccomp, so numbers and the second ABIs of the architecture are its business.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os

ALLOW = 0x7FFF0000
ERRNO = 0x00050000
MASKED_EQUAL = 7  # scmp_compare
CLONE_NEW = 0x7E020000  # CLONE_NEWNS|NEWCGROUP|NEWUTS|NEWIPC|NEWUSER|NEWPID|NEWNET

REFUSED = (
    *("acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "create_module", "delete_module", "finit_module"),
    *("fsconfig", "fsmount", "fsopen", "fspick", "get_kernel_syms", "get_mempolicy", "init_module", "io_uring_enter"),
    *("io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl"),
    *(
        "lookup_dcookie",
        "mbind",
        "mount",
        "mount_setattr",
        "move_mount",
        "move_pages",
        "name_to_handle_at",
        "nfsservctl",
    ),
    *("open_by_handle_at", "open_tree", "perf_event_open", "pidfd_getfd", "pivot_root", "process_madvise"),
    *("process_vm_readv", "process_vm_writev", "ptrace", "query_module", "quotactl", "quotactl_fd", "reboot"),
    *(
        "request_key",
        "set_mempolicy",
        "set_mempolicy_home_node",
        "setdomainname",
        "sethostname",
        "setns",
        "settimeofday",
    ),
    *("stime", "swapoff", "swapon", "_sysctl", "sysfs", "syslog", "umount", "umount2", "unshare", "uselib"),
    *("userfaultfd", "ustat", "vhangup", "vm86", "vm86old"),
)


class _Compare(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


def available() -> bool:
    """Whether this machine has libseccomp."""
    return ctypes.util.find_library("seccomp") is not None


def program() -> bytes:
    """The filter as BPF, for `bwrap --seccomp`. Raises OSError where libseccomp is missing or refuses."""
    name = ctypes.util.find_library("seccomp")
    if name is None:
        raise OSError("libseccomp is missing")
    library = ctypes.CDLL(name, use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ALLOW)))
    if not context.value:
        raise OSError("libseccomp gave no filter")
    try:
        for call in REFUSED:
            _refuse(library, context, call, errno.EPERM)
        # clone3 hides its flags behind a pointer: "not implemented" makes the C library use clone.
        _refuse(library, context, "clone3", errno.ENOSYS)
        for bit in (1 << shift for shift in range(64) if CLONE_NEW >> shift & 1):
            _refuse(library, context, "clone", errno.EPERM, _Compare(0, MASKED_EQUAL, bit, bit))
        return _export(library, context)
    finally:
        library.seccomp_release(context)


def _refuse(library: ctypes.CDLL, context: ctypes.c_void_p, call: str, code: int, *compare: _Compare) -> None:
    number = library.seccomp_syscall_resolve_name(call.encode())
    if number == -1:  # unknown to this libseccomp: unknown to this kernel too
        return
    rules = (_Compare * len(compare))(*compare)
    status = library.seccomp_rule_add_array(context, ctypes.c_uint32(ERRNO | code), number, len(compare), rules)
    # A call that this architecture doesn't have can't be made either.
    if status not in {0, -errno.EDOM}:
        raise OSError(-status, f"no filter for {call}")


def _export(library: ctypes.CDLL, context: ctypes.c_void_p) -> bytes:
    fd = os.memfd_create("seccomp")
    try:
        status = library.seccomp_export_bpf(context, fd)
        if status != 0:
            raise OSError(-status, "the filter could not be written")
        return os.pread(fd, os.fstat(fd).st_size, 0)
    finally:
        os.close(fd)
