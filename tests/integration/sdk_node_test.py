"""Runs node/client_test.mjs with each SDK that the Node at hand can run."""

import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from gateway import ROOT, Gateway  # noqa: E402

PACKAGES = ROOT / "build/clients/node"


def node_major():
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.lstrip("v").split(".")[0])


class NodeSdk(unittest.TestCase):
    def run_sdk(self, package):
        self.assertTrue((PACKAGES / "node_modules" / package).is_dir(), "run tests/integration/prepare.sh first")
        program = PACKAGES / "client_test.mjs"  # where node finds the packages
        shutil.copy(HERE / "node/client_test.mjs", program)
        with Gateway() as gateway:
            environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "BASE_URL": gateway.base_url,
                           "API_KEY": gateway.admin_key, "UPSTREAM_URL": f"http://127.0.0.1:{gateway.upstream.port}"}
            done = subprocess.run(["node", str(program), package], env=environment, cwd=PACKAGES, timeout=60,
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-4000:])

    def test_openai_6(self):
        self.run_sdk("openai6")

    @unittest.skipIf(node_major() < 20, "openai 7 needs a newer Node")
    def test_openai_7(self):
        self.run_sdk("openai7")


if __name__ == "__main__":
    unittest.main(verbosity=2)
