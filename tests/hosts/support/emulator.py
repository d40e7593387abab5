"""A network between hosts, with delay and loss, for kernels without netem.

Makes a TUN device for each host, in the network namespace that it runs in; whoever started it moves
them to where they belong. A packet that one of them gives is lost by chance or comes out, after the
delay, of the one whose address it is for.

Reads commands from standard input, one a line, and answers each with one line of JSON:
  counts      packets of all hosts that were forwarded, and that were lost by chance
  cut NAME    nothing from or to that host gets through any more
  mend NAME   it does again
It ends with its standard input.
"""

import argparse
import collections
import contextlib
import fcntl
import json
import os
import random
import select
import socket
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
LARGEST_PACKET = 65536


class Host:
    def __init__(self, number, name, address, seed):
        self.name = name
        self.address = socket.inet_aton(address)
        self.device = f"tun{number}"
        self.chance = random.Random(f"{seed} {name}")
        self.cut = False
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        request = struct.pack("16sH22x", self.device.encode(), IFF_TUN | IFF_NO_PI)
        fcntl.ioctl(self.fd, TUNSETIFF, request)


class Network:
    def __init__(self, hosts, delay, loss):
        self.hosts = {host.name: host for host in hosts}
        self.by_fd = {host.fd: host for host in hosts}
        self.by_address = {host.address: host for host in hosts}
        self.delay = delay
        self.loss = loss
        # The delay is the same for all: in the order of their arrival they are due.
        self.under_way = collections.deque()
        self.forwarded = 0
        self.lost = 0

    def take(self, source):
        """Takes what a host sends, until there is nothing more at the moment."""
        while True:
            try:
                packet = os.read(source.fd, LARGEST_PACKET)
            except BlockingIOError:
                return
            except OSError:
                return  # The device is down.
            # IPv4 alone: a device speaks IPv6 of its own accord.
            if len(packet) < 20 or packet[0] >> 4 != 4:
                continue
            target = self.by_address.get(packet[16:20])
            if target is None or source.cut or target.cut:
                continue
            if source.chance.random() < self.loss:
                self.lost += 1
            else:
                self.under_way.append((time.monotonic() + self.delay, packet, source, target))

    def deliver(self):
        """Delivers what is due. Gives the seconds until the next, or None."""
        while self.under_way:
            due, packet, source, target = self.under_way[0]
            rest = due - time.monotonic()
            if rest > 0:
                return rest
            self.under_way.popleft()
            if source.cut or target.cut:
                continue
            try:
                os.write(target.fd, packet)
                self.forwarded += 1
            except OSError:
                pass  # The device is down, or cannot keep up.
        return None

    def obey(self, command, name=None):
        if command == "cut":
            self.hosts[name].cut = True
        elif command == "mend":
            self.hosts[name].cut = False
        return {"forwarded": self.forwarded, "lost": self.lost}

    def run(self):
        commands = sys.stdin.fileno()
        poll = select.epoll()
        poll.register(commands, select.EPOLLIN)
        for fd in self.by_fd:
            poll.register(fd, select.EPOLLIN)
        while True:
            rest = self.deliver()
            for fd, _ in poll.poll(rest):
                if fd == commands:
                    line = sys.stdin.readline()
                    if not line:
                        return
                    print(json.dumps(self.obey(*line.split())), flush=True)
                else:
                    self.take(self.by_fd[fd])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--delay", type=float, default=0, help="of each packet, in milliseconds")
    parser.add_argument("--loss", type=float, default=0, help="of packets, in percent")
    parser.add_argument("--seed", default="0", help="of the losses")
    parser.add_argument("hosts", nargs="+", metavar="NAME=ADDRESS")
    options = parser.parse_args()
    hosts = [
        Host(number, *text.split("="), options.seed) for number, text in enumerate(options.hosts)
    ]
    network = Network(hosts, options.delay / 1000, options.loss / 100)
    # A link is no slower because a machine is busy.
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    print(json.dumps({host.name: host.device for host in hosts}), flush=True)
    network.run()


main()
