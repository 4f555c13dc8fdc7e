"""The pages of a portal: docs/README.md leads through them in its order, and each of their commands runs (S51)."""

import http.server
import re
import threading
import unittest

from pages import Page
from people import Person
from programs import REPOSITORY
from system import SystemScenario
from test_documents import NAVIGATION

DOCS = REPOSITORY / "docs"
LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(page):
    """As GitHub makes them of headings."""
    titles = HEADING.findall(re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


class Index(unittest.TestCase):
    def test_S51_the_index_is_in_the_order_of_the_portal(self):
        titles = re.findall(r"^## (.*)$", (DOCS / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(tuple(titles), ("Welcome", *NAVIGATION, "Reference"))

    def test_S51_every_page_is_reached_from_the_index(self):
        linked = {(DOCS / target).resolve() for target, _ in LINK.findall((DOCS / "README.md").read_text())}
        self.assertEqual([page.name for page in DOCS.glob("*.md") if page not in linked and page.name != "README.md"], [])

    def test_S51_every_link_of_every_page_leads_somewhere(self):
        checked = 0
        for page in (*sorted(REPOSITORY.glob("*.md")), *sorted(DOCS.rglob("*.md"))):
            for target, anchor in LINK.findall(page.read_text()):
                if "://" in target:
                    continue
                file = (page.parent / target).resolve() if target else page
                with self.subTest(f"{page.relative_to(REPOSITORY)}: {target}#{anchor}"):
                    self.assertTrue(file.exists())
                    if anchor and file.suffix == ".md":
                        self.assertIn(anchor, anchors(file))
                checked += 1
        self.assertGreater(checked, 100)


class Api(http.server.BaseHTTPRequestHandler):
    """What stands in for the portal's API: it remembers who called what."""

    calls = []

    def do_GET(self):
        self.calls.append((self.path, self.headers["Authorization"], self.headers["ST-App-Key"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class PortalPages(Page, SystemScenario):
    starts_daemon = False  # the first page does

    def test_S51_every_command_of_the_portals_pages_runs_in_their_order(self):
        self.clock = None
        self.prepare()
        self.places |= {
            "RECOVERY-KEY": "recovery-key", "BACKUP": "first.backup", "DEVELOPER": "news", "WORKER": "www-data",
            "CONFIG": self.daemon.config, "https://api-integration.servicetitan.io": self.api_stand_in(),
        }  # fmt: skip
        persons = {"as operator": None, "as developer": Person("news"),
                   "as the program's user": Person("www-data", groups=())}  # fmt: skip

        def type_page(page):
            return self.type_page(page, persons, start=lambda: self.restart_daemon(state="uninitialised"))

        type_page("docs/getting-access.md")
        self.assertEqual((self.work / "recovery-key").stat().st_mode & 0o777, 0o600)
        self.local_environment()
        app = self.app(scopes=("tn.crm.customers:r",))
        self.allow(self.listed())
        type_page("docs/first-api-call.md")
        (path, token, key), (same_path, same_kind, key_as_well) = Api.calls
        self.assertEqual((path, same_path), ("/crm/v2/tenant/1234567/customers",) * 2)
        self.assertEqual((key, key_as_well), (None, app["app_key"]))
        for header in (token, same_kind):
            self.assertRegex(header, r"^Bearer eyJ")
        typed = type_page("docs/going-live.md")
        self.assertRegex(typed["jeton token dispatcher/1234567@production"], r"^eyJ")
        self.assertTrue((self.work / "first.backup").exists())

    def api_stand_in(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        Api.calls.clear()
        return f"http://127.0.0.1:{server.server_port}"
