"""A TCP link between a child and its parent that a story can cut, delay, or swallow."""
import select
import socket
import threading
import time


class Proxy:
    """Listens on `port`; everything goes on to the endpoint tcp://HOST:PORT while the link is whole."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.target = None
        self.delay_s = 0.0
        self.is_cut = False
        self.swallows = False
        self.pairs = set()
        self.lock = threading.Lock()
        self.closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def towards(self, endpoint):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self.target = (host, int(port))

    # ---- what a story does ----

    def cut(self):
        """Connections break at once and new ones are refused."""
        self.is_cut = True
        self._drop()

    def black_hole(self):
        """Connections stand, but nothing comes through: nobody is told."""
        self.swallows = True

    def slow(self, seconds):
        self.delay_s = seconds

    def mend(self):
        """Whole again. What was swallowed is gone, so the connections that swallowed it go as well, as they would by a
        timeout."""
        had_swallowed, self.swallows, self.is_cut, self.delay_s = self.swallows, False, False, 0.0
        if had_swallowed:
            self._drop()

    def close(self):
        self.closing = True
        self.server.close()
        self._drop()

    # ---- threads ----

    def _drop(self):
        with self.lock:
            pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            for one in pair:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self):
        while not self.closing:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            if self.is_cut or not self.target:
                near.close()
                continue
            try:
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self.lock:
                self.pairs.add((near, far))
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pump, args=(one, other, (near, far)), daemon=True).start()

    def _pump(self, one, other, pair):
        waiting = []  # (when, bytes): delayed, in order
        try:
            while True:
                timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
                readable, _, _ = select.select([one], [], [], timeout)
                if readable:
                    data = one.recv(65536)
                    if not data:
                        break
                    if not self.swallows:
                        waiting.append((time.monotonic() + self.delay_s, data))
                while waiting and waiting[0][0] <= time.monotonic():
                    other.sendall(waiting.pop(0)[1])
        except (OSError, ValueError):
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        with self.lock:
            self.pairs.discard(pair)
        one.close()
