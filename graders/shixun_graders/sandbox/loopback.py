"""Brings up the loopback of the network namespace it runs in, says so, and keeps the namespace until its stdin closes."""

import fcntl
import socket
import struct
import sys

SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))
sys.stdout.write("up\n")
sys.stdout.flush()
sys.stdin.read()
