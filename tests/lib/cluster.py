"""A PostgreSQL cluster of one story's own, because the story stops it."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

PG_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
CONF = """
listen_addresses = ''
unix_socket_directories = '{socket}'
port = 5432
max_connections = 100
shared_buffers = '16MB'
fsync = off
full_page_writes = off
jit = off
"""


class Cluster:
    """What a crash of the machine would lose does not matter here; what a crash of PostgreSQL would lose is kept."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sanji-pg.", dir="/tmp"))
        self.folder.chmod(0o711)
        self.data, self.socket = self.folder / "data", self.folder / "socket"
        for folder in (self.data, self.socket):
            folder.mkdir(mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(CONF.format(socket=self.socket))
        self.dsn = f"host={self.socket} port=5432 user=postgres"
        self.start()

    def _run(self, program, *words):
        def become():
            if os.geteuid() == 0:
                user = pwd.getpwnam("postgres")
                os.initgroups(user.pw_name, user.pw_gid)
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
        subprocess.run([PG_BIN / program, "-D", self.data, *words], check=True, cwd="/", preexec_fn=become,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                       env={"HOME": "/", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]})

    def start(self):
        self._run("pg_ctl", "start", "-w", "-t", "60", "-l", str(self.data / "log"))

    def stop(self, mode="fast"):
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def close(self):
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder)
