"""A real web server for MTA-STS policies and TLS reports: nginx on loopback, in a directory of its own.

    with WebHost(pki.path("sts-chain.pem"), pki.path("sts-key.pem")) as web:
        web.policy("version: STSv1\\n...")              /.well-known/mta-sts.txt of every name
        web.location("/reports", "return 201;")         lines of nginx for a path of our own

One listener with TLS on an address (127.0.0.1) and a port that is chosen. requests() gives what was asked for.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

WELL_KNOWN = "/.well-known/mta-sts.txt"

CONF = """\
daemon off;
master_process off;
worker_processes 1;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log {dir}/access.log;
  client_body_temp_path {dir}/body;
  client_body_in_file_only on;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {{
    listen {address}:{port} ssl;
    ssl_certificate {dir}/cert.pem;
    ssl_certificate_key {dir}/key.pem;
    ssl_protocols {protocols};
    {locations}
  }}
}}
"""


class WebHost:
    def __init__(self, cert, key, address="127.0.0.1", port=None, protocols="TLSv1.2 TLSv1.3"):
        self.program = tree.program("nginx")
        if not self.program:
            raise RuntimeError("nginx is missing: run `make deps`")
        self.address, self.port, self.protocols = address, port or tree.free_port(address), protocols
        self.dir = tempfile.mkdtemp(prefix="webhost-", dir="/tmp")
        os.chmod(self.dir, 0o755)
        shutil.copy(cert, self.dir + "/cert.pem")
        shutil.copy(key, self.dir + "/key.pem")
        self.locations, self.process = {}, None

    def policy(self, text, lines='default_type text/plain;'):
        """Serves this text as the policy; `lines` say how."""
        with open(self.dir + "/policy", "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        self.location("= " + WELL_KNOWN, "alias %s/policy; %s" % (self.dir, lines))

    def location(self, path, lines):
        self.locations[path] = lines
        with open(self.dir + "/nginx.conf", "w") as f:
            f.write(CONF.format(dir=self.dir, address=self.address, port=self.port, protocols=self.protocols, locations="".join(
                "location %s { %s }\n" % item for item in self.locations.items())))
        if self.process:
            self.stop()
            self.start()

    def start(self):
        env = dict(os.environ, LD_LIBRARY_PATH=tree.library_path()) if self.program.startswith(tree.UNPACKED) else None
        with open(self.dir + "/out", "ab") as out:
            self.process = subprocess.Popen([self.program, "-p", self.dir, "-c", self.dir + "/nginx.conf"], env=env,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        if not tree.wait_for(self.is_ready, 20):
            self.stop()
            raise RuntimeError("nginx did not start:\n" + self.log())
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError("nginx ended at once:\n" + self.log())
        try:
            socket.create_connection((self.address, self.port), 5).close()
            return True
        except OSError:
            return False

    def log(self):
        found = ""
        for name in ("out", "error.log"):
            if os.path.exists(self.dir + "/" + name):
                with open(self.dir + "/" + name) as f:
                    found += f.read()
        return found

    def requests(self):
        with open(self.dir + "/access.log") as f:
            return f.read().splitlines()

    def bodies(self):
        """What was posted, as octets, in the order of arrival."""
        found = []
        for folder, _, names in sorted(os.walk(self.dir + "/body")):
            for name in sorted(names):
                with open(os.path.join(folder, name), "rb") as f:
                    found.append(f.read())
        return found

    def stop(self):
        if self.process and self.process.poll() is None:
            tree.end(self.process)
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
