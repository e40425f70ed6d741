"""One centerd of a test's tree: started, stopped, killed, frozen."""
import os
import pathlib
import select
import signal
import subprocess

READY_S = 60
STOP_S = 30
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehavior")


class Centerd:
    def __init__(self, program, site, code, log):
        self.program, self.site, self.code = program, site, code
        self.log = pathlib.Path(log)
        self.process = None

    def start(self, wait=True):
        """Starts the daemon; with `wait`, returns when it takes requests."""
        assert not self.running(), f"{self.code} runs already"
        ours, theirs = os.pipe()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--site", self.site, "--center", self.code, "--notify-fd", str(theirs)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(theirs,))
        os.close(theirs)
        try:
            if wait:
                self._await_ready(ours)
        finally:
            os.close(ours)
        return self

    def _await_ready(self, fd):
        readable, _, _ = select.select([fd], [], [], READY_S)
        said = os.read(fd, 64) if readable else None
        if not said:
            why = "was not ready in time" if said is None else f"ended with {self.process.wait(STOP_S)}"
            raise AssertionError(f"centerd {self.code} {why}\n{self.tail()}")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9: nothing of the process survives."""
        self._signal(signal.SIGKILL)
        self.process.wait(STOP_S)
        self.process = None

    def stop(self):
        """Asks it to end; a daemon that does not end in peace is a failure."""
        if not self.process:
            return
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"centerd {self.code} did not stop\n{self.tail()}") from None
        self.process = None
        assert status == 0, f"centerd {self.code} ended with {status}\n{self.tail()}"

    def freeze(self):
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def wait_exit(self):
        status = self.process.wait(STOP_S)
        self.process = None
        return status

    def _signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def words(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def tail(self, lines=25):
        return "\n".join(f"    {self.code} | {line}" for line in self.words().splitlines()[-lines:])

    def complaints(self):
        """What a sanitizer or a failed assertion left in the log."""
        return [line for line in self.words().splitlines()
                if any(word in line for word in SANITIZER_WORDS) or "Assertion `" in line or '"panic"' in line]
