"""Speaks to a center's socket with any bytes under any key: what a hostile or broken caller could send."""
import pathlib
import subprocess
import sys
import tempfile

import zmq

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
_PROTO = CHECKOUT / "proto"
REQUEST, REPLY, HELLO, ENTRIES, ACK, PING, REFUSE, PUSH = range(1, 9)
REPORT, ACT, STATUS, RELOAD, FENCE, REPAIR, COMMAND, RECEIPT, UNIT, ATTACH = range(1, 11)


def _load():
    """The messages, as protoc makes them from the project's own files."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={_PROTO}", f"--python_out={folder}", "event.proto", "command.proto",
                        "request.proto", "frame.proto"], check=True)
        sys.path.insert(0, folder)
        try:
            import frame_pb2
            import request_pb2
            return frame_pb2, request_pb2
        finally:
            sys.path.remove(folder)


frame_pb2, request_pb2 = _load()


def pair(path):
    """The public and the secret key of a .key file."""
    public, secret = pathlib.Path(path).read_text(encoding="ascii").split()
    return public.encode(), secret.encode()


class Raw:
    """A DEALER at the center's socket. `key` is a (public, secret) pair; a pair made up on the spot by default."""

    def __init__(self, tree, code, key=None):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        public, secret = key or zmq.curve_keypair()
        server = (tree.folder / "keys" / code / f"{code}.pub").read_text(encoding="ascii").strip()
        self.socket.curve_publickey, self.socket.curve_secretkey = public, secret
        self.socket.curve_serverkey = server.encode()
        self.socket.linger = 0
        self.socket.connect(tree.endpoints[code])

    def send(self, data, *more):
        self.socket.send_multipart([data, *more])

    def hear(self, seconds=5):
        """The next frame, or None in silence."""
        if not self.socket.poll(int(seconds * 1000)):
            return None
        frame = frame_pb2.Frame()
        frame.ParseFromString(self.socket.recv())
        return frame

    def close(self):
        self.socket.close()
        self.context.term()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def operator(tree):
    return pair(tree.folder / "keys" / "operator.key")


def of_center(tree, code):
    return pair(tree.folder / "keys" / code / f"{code}.key")


def frame(kind, **parts):
    return frame_pb2.Frame(kind=kind, **parts)


def report(correlation, key, center, item="0101", text="x", area=None):
    asked = request_pb2.Request(
        kind=REPORT, user=f"receptionist.{center}".encode(),
        report=request_pb2.Report(item=item.encode(), area=(area or center).encode(), source=b"desk"),
        input=request_pb2.Input(event=1, key=key))
    asked.input.content.text = text.encode()
    return frame(REQUEST, correlation=correlation, request=asked)


def act(correlation, key, case_no, event, user):
    asked = request_pb2.Request(kind=ACT, user=user.encode(), case_no=case_no.encode(),
                                input=request_pb2.Input(event=event, key=key))
    return frame(REQUEST, correlation=correlation, request=asked)


def status(correlation=1):
    return frame(REQUEST, correlation=correlation, request=request_pb2.Request(kind=STATUS))
