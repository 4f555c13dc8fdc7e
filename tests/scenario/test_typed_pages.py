"""Pages with few commands, each typed in the situation that it speaks of (S51)."""

import shutil

import library
from harness import JOBS, USER
from pages import Page, typed_of
from people import Person
from programs import BUILD, REPOSITORY
from system import SystemScenario


class Upstream(Page):
    def test_S51_two_tenants_of_a_network_share_their_pair(self):
        self.prepare()
        self.upstream_environment()
        self.app(scopes=("tn.crm.customers:r",))
        for command, tenant in zip(typed_of("docs/upstream.md"), ("1111111", "2222222"), strict=True):
            self.allow(self.listed(tenant, "production"))
            self.upstream.fault(claims={"tenant": tenant})  # as the endpoint of a network does, by the form
            self.type_it(command)
        rows = self.ok("app", "connections", "dispatcher")
        self.assertEqual({row["client_id"] for row in rows}, {self.places["CLIENT-ID"]})


class Migration(Page):
    def test_S51_a_host_full_of_env_files_is_moved_as_the_page_says(self):
        self.prepare()
        settings = self.work / "srv"
        (self.work / "app-key").write_text("ak1.3zz6htd82n7v1p58ys2ti6edf\n")
        for name in ("worker", "old"):
            (settings / name).mkdir(parents=True)
        client_id, secret = self.places["CLIENT-ID"], (self.work / "secret-of-the-portal").read_text()
        pair = f"ST_CLIENT_ID={client_id}\nST_CLIENT_SECRET={secret}"
        (settings / "worker" / ".env").write_text(f"# the worker's\nST_TENANT_ID=1234567\n{pair}ST_ENVIRONMENT=production\n")
        (settings / "old" / ".env").write_text("ST_CLIENT_ID=cid.0\nST_CLIENT_SECRET=cs1.0\n")
        self.places |= {
            **self.upstream_places("production", "integration"), "/srv": settings, "FILE-WITH-THE-APP-KEY": "app-key",
            "--user worker": f"--user {USER}",
        }  # fmt: skip
        for command in typed_of("docs/migration.md"):
            refused, left = "--dry-run" in command.text, "--find-pairs" in command.text
            self.type_it(command, code=1 if refused or left else None)
            if refused:
                shutil.rmtree(settings / "old")  # whose it was, nobody knows
        self.assertToken(self.post("/production/token"))


class Watching(Page, SystemScenario):
    def test_S51_a_scraper_reads_the_metrics_as_the_page_says(self):
        self.prepare()
        scraper = Person("www-data")
        self.places |= {"prometheus": scraper.name, "/run/jeton-control": self.daemon.run}
        typed = self.type_page("docs/metrics.md", {"as operator": None, "as prometheus": scraper})
        self.assertIn('jeton_store_state{state="unsealed"} 1', list(typed.values())[-1])


class Doctor(Page):
    def test_S51_the_doctor_finds_what_the_page_shows(self):
        self.prepare()
        self.upstream_environment()
        self.app()
        connection = self.listed("1234567", "production")
        self.allow(connection)
        client_id, secret = self.upstream.add_client("1234567")
        self.ok("secret", "import", connection, "--client-id", client_id, stdin=secret + "\n")
        self.ok("binding", "add", connection, "--user", USER, "--default")
        self.upstream.fault(status=500)
        self.assertRefusal(self.post(scope=JOBS, min_ttl=899), 503, "temporarily_unavailable")
        self.places = {"auth.example": "localhost"}
        for command in typed_of("docs/doctor.md"):
            self.type_it(command, code=1)


class Library(Page):
    needs_upstream = False

    def test_S51_a_program_is_built_on_the_library_as_the_page_says(self):
        if reason := library.missing():
            self.skipTest(reason)
        self.prepare()
        uninstalled = {
            "PKG_CONFIG_PATH": f"{BUILD}/meson-uninstalled", "LD_LIBRARY_PATH": f"{BUILD}/libclient/library"
        }  # fmt: skip
        page = (REPOSITORY / "docs" / "libjeton.md").read_text()
        (self.work / "program.c").write_text(page.split("```c\n")[1].split("```")[0])
        self.local_environment()
        self.app()
        connection, _ = self.connected()
        self.ok("binding", "add", connection, "--user", USER, "--default")
        for command in typed_of("docs/libjeton.md"):
            command.text += "\n./program"
            self.assertIn(f"a token of {connection}", self.type_it(command, **uninstalled))
