"""What is in the packages, before anybody installs them."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import packages
from packages import run
from programs import REPOSITORY

PROGRAM, FILE = "-rwxr-xr-x", "-rw-r--r--"
INSTALLED = {  # beside /usr/share/doc and /usr/share/man
    "jeton": {
        "/usr/bin/jeton": PROGRAM,
        "/usr/sbin/jetond": PROGRAM,
        **{f"/usr/libexec/jeton/{name}": PROGRAM for name in ("jeton-vault", "jeton-exchange", "jeton-backup")},
        "/etc/jeton/jetond.toml": FILE,
        **{
            f"/lib/systemd/system/{unit}": FILE
            for unit in (
                "jetond.service", "jetond.socket", "jeton-control.socket", "jeton-vault.service", "jeton-vault.socket",
                "jeton-exchange.service", "jeton-exchange.socket", "jeton-unsealed.service", "jeton-unsealed.target",
                "jeton-backup.service", "jeton-backup.timer",
            )
        },
        **{f"/usr/lib/systemd/user/{unit}": FILE for unit in ("jetond.service", "jetond.socket", "jeton-control.socket")},
        "/usr/lib/systemd/catalog/jeton.catalog": FILE,
        "/usr/lib/sysusers.d/jeton.conf": FILE,
        "/usr/lib/tmpfiles.d/jeton.conf": FILE,
        "/usr/share/bash-completion/completions/jeton": FILE,
        "/usr/share/fish/vendor_completions.d/jeton.fish": FILE,
        "/usr/share/zsh/vendor-completions/_jeton": FILE,
    },
    "libjeton1": {
        "/usr/lib/x86_64-linux-gnu/libjeton.so.1": "lrwxrwxrwx",
        "/usr/lib/x86_64-linux-gnu/libjeton.so.1.0.0": FILE,
    },
    "libjeton-dev": {
        "/usr/include/jeton/jeton.h": FILE,
        "/usr/include/jeton/jeton.hpp": FILE,
        "/usr/lib/x86_64-linux-gnu/libjeton.a": FILE,
        "/usr/lib/x86_64-linux-gnu/libjeton.so": "lrwxrwxrwx",
        "/usr/lib/x86_64-linux-gnu/pkgconfig/jeton.pc": FILE,
    },
    "python3-jeton": {
        f"/usr/lib/python3/dist-packages/jeton/{name}": FILE
        for name in os.listdir(REPOSITORY / "libclient/python/jeton")
        if not name.startswith("__pycache__")
    },
    "node-jeton": {
        f"/usr/share/nodejs/jeton/{name}": FILE
        for name in ("index.d.ts", "index.js", "package.json", "page.js", "register.js")
    },
}  # fmt: skip
COMPILED = ("/usr/bin/jeton", "/usr/sbin/jetond", "/usr/libexec/jeton/jeton-vault", "/usr/libexec/jeton/jeton-exchange",
            "/usr/lib/*/libjeton.so.1.0.0")  # fmt: skip


class Contents(unittest.TestCase):
    def test_lintian_finds_no_error_and_no_warning(self):
        said = run("lintian", "--allow-root", "-EI", "--fail-on", "none", packages.changes())
        self.assertEqual([line for line in said.splitlines() if re.match("[EW]: ", line)], [])

    def test_each_file_is_where_it_belongs_and_is_roots(self):
        multiarch = run("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()
        for name, wanted in INSTALLED.items():
            listing = packages.listing(name)
            found = {path: mode for path, (mode, _) in listing.items() if not path.endswith("/")}
            beside = {path: mode for path, mode in found.items() if not re.match("/usr/share/(doc|man|lintian)/", path)}
            self.assertEqual(beside, {path.replace("x86_64-linux-gnu", multiarch): mode for path, mode in wanted.items()}, name)
            self.assertEqual({owner for _, owner in listing.values()}, {"root/root"}, name)
            for path, (mode, _) in listing.items():
                self.assertRegex(mode, "^(l|.r[w-][x-]r-[x-]r-[x-]$)", path)

    def test_each_man_page_is_in_one_package(self):
        found = [path for name in packages.NAMES for path in packages.listing(name) if re.match("/usr/share/man/.*[^/]$", path)]
        wanted = [f"/usr/share/man/man{page.suffix[1:]}/{page.name}.gz" for page in (REPOSITORY / "docs/man").glob("*.[1-8]")]
        self.assertEqual(sorted(found), sorted(wanted))

    def test_the_page_of_the_completion_names_the_files_of_the_package(self):
        page = (REPOSITORY / "docs/man/jeton-completion.1").read_text().replace("\\-", "-")
        named = re.findall(r"^\\fB(/\S+)\\fR$", page, re.MULTILINE)
        self.assertEqual(sorted(named), sorted(path for path in INSTALLED["jeton"] if "completions" in path))

    def test_documents_are_there_and_lead_to_each_other(self):
        documents = packages.opened() / "usr/share/doc/jeton"
        self.assertIn("systemctl", (documents / "operations.md").read_text())
        dead = []
        for document in documents.glob("*.md"):
            for link in re.findall(r"\]\((?!\w+:)([\w./-]+)", document.read_text()):
                # Sources are not installed, and man pages are elsewhere.
                if not re.match(r"\.\./|man(/|$)", link) and not (documents / link).exists():
                    dead.append(f"{document.name}: {link}")
        self.assertEqual(dead, [])

    def test_what_is_compiled_is_hardened(self):
        fortified = 0
        for pattern in COMPILED:
            (path,) = packages.opened().glob(pattern.lstrip("/"))
            headers = run("readelf", "-W", "-h", "-l", "-d", path)
            self.assertRegex(headers, r"Type: +DYN", path)  # position independent
            self.assertIn("GNU_RELRO", headers, path)
            self.assertRegex(headers, r"BIND_NOW|FLAGS.*NOW", path)
            self.assertRegex(headers, r"GNU_STACK .* RW +0x", path)
            self.assertNotRegex(headers, "TEXTREL|RPATH|RUNPATH", path)
            self.assertNotIn(".symtab", run("readelf", "-W", "-S", path), path)  # stripped
            fortified += bool(re.search(r"U __\w+_chk(@|$)", run("nm", "-D", path), re.MULTILINE))
            # CET: where an indirect jump may land; the stack protector: its value lies at %fs:0x28.
            for sign in ("endbr64", "%fs:0x28"):
                found = run("sh", "-c", f"objdump -d '{path}' | grep -c {sign}")
                self.assertGreater(int(found), 100, f"{path}: {sign}")
        self.assertGreater(fortified, 3, "_FORTIFY_SOURCE")

    def test_the_command_line_needs_no_library(self):
        headers = run("readelf", "-W", "-l", "-d", packages.opened() / "usr/bin/jeton")
        self.assertNotRegex(headers, "INTERP|NEEDED")

    def test_the_version_is_the_projects(self):
        version = re.search(r"version: '([^']+)'", (REPOSITORY / "meson.build").read_text()).group(1)
        for name in packages.NAMES:
            self.assertEqual(run("dpkg-deb", "-f", packages.file(name), "Version").strip(), version)
        self.assertIn(version, run(packages.opened() / "usr/bin/jeton", "--version"))

    def test_the_configuration_shows_every_key_and_its_default(self):
        shipped = (packages.opened() / "etc/jeton/jetond.toml").read_text()
        manual = (REPOSITORY / "docs/man/jetond.toml.5").read_text()
        documented, table = {}, ""
        for line in manual.splitlines():
            if found := re.match(r"\.SS \[(\w+)\]", line):
                table = found.group(1)
            elif found := re.match(r'\.BR (\w+) " = " (.+)', line):
                documented[table, found.group(1)] = found.group(2).replace(r"\(dq", '"').replace(r"\-", "-")
        shown, table = {}, ""
        for line in shipped.splitlines():
            if found := re.match(r"\[(\w+)\]$", line):
                table = found.group(1)
            elif found := re.match(r'# (\w+) = ("[^"]*"|\d+)', line):
                shown[table, found.group(1)] = found.group(2)
        usual = {key for key in documented if key[0] not in ("daemon", "paths")}  # a packaged daemon's places are its units'
        self.assertEqual(set(shown), usual)
        for key, default in shown.items():
            if documented[key] != "none":
                self.assertEqual(default, documented[key], key)
        self.check(shipped)
        # As it is with every key set.
        self.check(re.sub(r'^# (\w+ = ("|\d))', r"\1", shipped, flags=re.MULTILINE).replace("credential =", "# credential ="))

    def check(self, text):
        configuration = packages.HERE / "jetond.toml"
        configuration.write_text(text)
        configuration.chmod(0o644)
        run(packages.opened() / "usr/sbin/jetond", "--system", "--config", configuration, "--check-config")

    def test_a_program_is_compiled_and_linked_by_what_is_installed(self):
        root = packages.opened()
        source = packages.HERE / "program.c"
        source.write_text("#include <jeton/jeton.h>\n#include <stdio.h>\nint main(void) { puts(jeton_version()); return 0; }\n")
        (configured,) = root.glob("usr/lib/*/pkgconfig")
        environment = {**os.environ, "PKG_CONFIG_LIBDIR": str(configured), "PKG_CONFIG_SYSROOT_DIR": str(root)}
        flags = run("pkg-config", "--cflags", "--libs", "jeton", env=environment).split()
        # pkg-config leaves out what a compiler would look in anyway, without a sysroot.
        run("cc", source, f"-I{root}/usr/include", f"-L{configured.parent}", *flags, "-o", packages.HERE / "program")
        self.assertTrue(run(packages.HERE / "program", env={"LD_LIBRARY_PATH": str(configured.parent)}).strip())

    def test_the_python_package_and_the_node_module_are_whole(self):
        root = packages.opened()
        (library,) = root.glob("usr/lib/*/libjeton.so.1")
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(root / "usr/lib/python3/dist-packages"),
            "LD_LIBRARY_PATH": str(library.parent),
        }
        where = run("python3", "-B", "-c", "import jeton, jeton.native; jeton.native.Client; print(jeton.__file__)", env=environment)
        self.assertTrue(where.startswith(str(root)), where)
        module = root / "usr/share/nodejs/jeton/index.js"
        self.assertIn("token", run("node", "-e", f"import('{module}').then((m) => console.log(Object.keys(m).join()))"))


class Scripts(unittest.TestCase):
    """What dpkg runs, beside programs that stand in for those of a host."""

    def setUp(self):
        self.work = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="jpkg-")))
        self.tools = self.work / "tools"
        self.tools.mkdir()
        self.environment = {"PATH": f"{self.tools}:{os.environ['PATH']}"}

    def stand_in(self, name, text):
        program = self.tools / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    def what_is_next(self):
        """What the postinst says once the services run; no daemon may keep it for long."""
        functions, configure, _ = (REPOSITORY / "debian/jeton.postinst").read_text().partition('\nif [ "$1" = configure ]')
        self.assertTrue(configure)
        try:
            return run("sh", "-c", f"{functions}\nsay_what_is_next", env=self.environment, timeout=20)
        except subprocess.TimeoutExpired:
            self.fail("it still waits for an answer")

    def test_a_front_that_never_answers_does_not_hold_up_an_installation(self):
        asked = self.work / "asked"
        self.stand_in("deb-systemd-helper", "exit 0")
        self.stand_in("jeton", f"""echo once >>'{asked}'
            [ "$(wc -l <'{asked}')" -gt 2 ] || exec sleep 60
            echo '{{"state":"sealed"}}'""")  # fmt: skip
        self.assertIn("next: jeton unseal", self.what_is_next())
        self.stand_in("deb-systemd-helper", "exit 1")  # switched off: nobody will come
        self.stand_in("jeton", "exec sleep 60")
        self.assertIn("jetond.service is switched off", self.what_is_next())

    def test_a_purge_of_an_image_takes_nothing_of_the_host_that_makes_it(self):
        image, outside = self.work / "image", self.work / "outside"
        for name in ("rm", "rmdir"):
            self.stand_in(name, f"""for path in "$@"; do
                case "$path" in -* | '{image}'/*) ;; *) echo "$path" >>'{outside}'; exit 0 ;; esac
            done
            PATH="${{PATH#*:}}" exec {name} "$@\"""")  # fmt: skip
        drop_ins = "etc/systemd/system/jeton-vault.service.d"
        gone = ("var/lib/jeton/jeton.db", "var/lib/jeton-anchor/anchor", "var/lib/jeton-backup/jeton-1.backup", "etc/jeton/jetond.toml",
                "var/lib/systemd/timers/stamp-jeton-backup.timer", f"{drop_ins}/credential.conf")  # fmt: skip
        stays = ("etc/hostname", f"{drop_ins}/other.conf")
        for name in (*gone, *stays, "run/jeton/token.sock"):
            (image / name).parent.mkdir(parents=True, exist_ok=True)
            (image / name).write_text("[Service]\nLoadCredential=jeton:/etc/jeton/credential\n" if "credential" in name else "x\n")
        self.environment["DPKG_ROOT"] = str(image)
        script = REPOSITORY / "debian/jeton.postrm"
        self.assertIn("the store stays", run("sh", script, "remove", env=self.environment))
        self.assertEqual(self.files(image), sorted((*gone, *stays)))
        run("sh", script, "purge", env=self.environment)
        self.assertEqual(self.files(image), sorted(stays))
        self.assertFalse(outside.exists(), outside.exists() and outside.read_text())

    @staticmethod
    def files(root):
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
