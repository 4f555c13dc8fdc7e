#include "daemon/vault/services/journal.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/source_directory.hpp"

using namespace jeton;
using namespace jeton::vault;

namespace {

std::string value_of(const std::vector<log::Field>& fields, std::string_view name) {
    for (const auto& field : fields) {
        if (field.name == name) return field.value;
    }
    return "no such field";
}

}  // namespace

TEST_CASE("journal: an entry of the audit is told with the parts of what it is about") {
    AuditEntry entry;
    entry.sequence = 7;
    entry.event = "secret.rotated";
    entry.subject = "dispatcher/1234567@production";
    entry.connection = "dispatcher/1234567@production";
    entry.tenant = "1234567@production";
    entry.actor_uid = 1000;
    entry.actor_user = "alice";
    entry.actor_unit = "worker.service";
    const auto fields = journal::fields_of(entry);
    CHECK(value_of(fields, "JETON_EVENT") == "secret.rotated");
    CHECK(value_of(fields, "JETON_RESULT") == "done");
    CHECK(value_of(fields, "JETON_APP") == "dispatcher");
    CHECK(value_of(fields, "JETON_TENANT") == "1234567");
    CHECK(value_of(fields, "JETON_ENVIRONMENT") == "production");
    CHECK(value_of(fields, "JETON_UID") == "1000");
    CHECK(value_of(fields, "JETON_UNIT") == "worker.service");
    CHECK(value_of(fields, "JETON_SEQUENCE") == "7");
    CHECK(journal::line_of(entry) == "secret.rotated dispatcher/1234567@production, by alice (uid 1000)");
    CHECK(journal::message_id(entry.event).empty());
}

TEST_CASE("journal: a tenant, an app and an environment alone have their fields, too") {
    AuditEntry entry;
    entry.event = "tenant.created";
    entry.tenant = "7@integration";
    CHECK(value_of(journal::fields_of(entry), "JETON_TENANT") == "7");
    CHECK(value_of(journal::fields_of(entry), "JETON_ENVIRONMENT") == "integration");
    CHECK(value_of(journal::fields_of(entry), "JETON_APP").empty());
    entry.tenant.clear();
    entry.event = "app.created";
    entry.subject = "dispatcher";
    CHECK(value_of(journal::fields_of(entry), "JETON_APP") == "dispatcher");
    entry.event = "environment.deleted";
    entry.subject = "old";
    CHECK(value_of(journal::fields_of(entry), "JETON_ENVIRONMENT") == "old");
}

TEST_CASE("journal: each weighty event has an entry in the catalog, and the catalog no other") {
    std::ifstream in{std::filesystem::path{test::source_directory} / "systemd" / "jeton.catalog"};
    const std::string catalog{std::istreambuf_iterator<char>{in}, {}};
    REQUIRE_FALSE(catalog.empty());
    std::set<std::string> ids;
    for (const auto& [event, id] : journal::weighty()) {
        CAPTURE(event);
        CHECK(id.size() == 32);
        CHECK(ids.insert(std::string{id}).second);
        CHECK(catalog.find("\n-- " + std::string{id} + "\n") != std::string::npos);
        CHECK(journal::message_id(event) == id);
    }
    std::size_t found = 0;
    for (auto at = catalog.find("\n-- "); at != std::string::npos; at = catalog.find("\n-- ", at + 1)) ++found;
    CHECK(found == ids.size());
}
