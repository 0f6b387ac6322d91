"""Receives the container's terminal as an engine does (--console-socket), for tests/oci.

usage: console.py SOCKET [ROWS COLUMNS]

Listens on SOCKET and takes one connection and one message with one descriptor. Prints a line about them, and the
terminal's size; sets that size where one is given. Then what the container writes goes to stdout, without carriage
returns, and what stdin has goes to the container, until the terminal is closed.
"""
import array
import fcntl
import os
import select
import socket
import struct
import sys
import termios

listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen(1)
connection = listener.accept()[0]
payload, ancillary, flags, _ = connection.recvmsg(4096, socket.CMSG_SPACE(16 * 4))
descriptors = array.array("i")
for level, kind, data in ancillary:
    if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
        descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
master = descriptors[0]
rows, columns = struct.unpack("HHHH", fcntl.ioctl(master, termios.TIOCGWINSZ, b"\0" * 8))[:2]
print("received %d with %s, %d rows %d columns" % (
    len(descriptors), "a payload" if payload else "nothing", rows, columns), flush=True)
if len(sys.argv) > 3:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", int(sys.argv[2]), int(sys.argv[3]), 0, 0))
inputs = [master, 0]
while True:
    ready = select.select(inputs, [], [])[0]
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        sys.stdout.buffer.write(data.replace(b"\r", b""))
        sys.stdout.buffer.flush()
    if 0 in ready:
        data = os.read(0, 4096)
        if data:
            os.write(master, data)
        else:
            inputs.remove(0)
