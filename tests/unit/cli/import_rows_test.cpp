#include "cli/import_rows.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

#include "cli/csv.hpp"
#include "cli/pair_fields.hpp"

namespace jeton::cli {
namespace {

std::vector<ImportRow> rows(std::string_view text, RowFormat format, Trust trust = Trust::named) {
    auto found = rows_in(text, "F", format, trust);
    REQUIRE(found);
    return std::move(*found);
}

std::vector<ImportRow> dotenv(std::string_view text, Trust trust = Trust::named) {
    return rows(text, RowFormat::dotenv, trust);
}

TEST_CASE("P12 .env: the names that programs use, each with its own prefix") {
    for (const std::string prefix :
         {"ST_", "SERVICETITAN_", "SERVICE_TITAN_", "REACT_APP_SERVICETITAN_", "ACME_ST_", ""}) {
        const auto found = dotenv("NODE_ENV=x\n" + prefix + "CLIENT_ID=cid.a\n" + prefix + "CLIENT_SECRET=cs1.b\n" +
                                  prefix + "APP_KEY=ak1.c\n" + prefix + "TENANT_ID=123\n");
        INFO(prefix);
        REQUIRE(found.size() == 1);
        CHECK(found[0].problem.empty());
        CHECK(found[0].line == 2);
        CHECK(found[0].client_id.view() == "cid.a");
        CHECK(found[0].client_secret.view() == "cs1.b");
        CHECK(found[0].app_key.view() == "ak1.c");
        CHECK(found[0].tenant == "123");
        CHECK(found[0].selector.empty());
    }
}

TEST_CASE("P9 .env: quotes, export, comments, CR LF, a byte order mark and pasted spaces are no part of a value") {
    const auto found = dotenv(
        "\xef\xbb\xbf# settings\r\n\r\nexport ST_CLIENT_ID = \"cid.a\" # pasted\r\nST_CLIENT_SECRET='cs1.b '\r\n"
        "ST_TENANT_ID=\xc2\xa0"
        "123\xe2\x80\x8b   \r\nPEM=\"-----BEGIN\nabc=\n-----END\"\nST_ENVIRONMENT=`integration`\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].problem.empty());
    CHECK(found[0].line == 3);
    CHECK(found[0].client_id.view() == "cid.a");
    CHECK(found[0].client_secret.view() == "cs1.b");
    CHECK(found[0].tenant == "123");
    CHECK(found[0].selector == "integration");
}

TEST_CASE("P10 .env: each selector says of which environment the pair is") {
    const std::string pair = "ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.b\nST_TENANT_ID=1\n";
    const std::pair<const char*, const char*> cases[]{
        {"ST_ENVIRONMENT=production", "production"},
        {"ST_ENV=Prod", "prod"},
        {"SERVICETITAN_ENV=integration", "integration"},
        {"SERVICETITAN_API_ENVIRONMENT=int", "int"},
        {"SERVICETITAN_SANDBOX=true", "integration"},
        {"SERVICETITAN_SANDBOX=0", "production"},
        {"ST_AUTH_URL=https://auth-integration.servicetitan.io/connect/token", "integration"},
        {"ST_AUTH_URL=https://login.example:8443/token", "login.example"},
        {"ST_ENV=staging", "staging"},
        {"ENVIRONMENT=production", ""},  // the program's own
    };
    for (const auto& [line, word] : cases) {
        INFO(line);
        const auto found = dotenv(pair + line + "\n");
        REQUIRE(found.size() == 1);
        CHECK(found[0].problem.empty());
        CHECK(found[0].selector == word);
    }
    CHECK(dotenv(pair + "ST_ENV=production\nST_SANDBOX=true\n").at(0).problem.contains("two different things"));
    CHECK(dotenv(pair + "ST_SANDBOX=maybe\n").at(0).problem.contains("cannot be understood"));
}

TEST_CASE("form fields: .env, tables and JSON name them as the token endpoint does") {
    using Fields = std::map<std::string, std::string>;
    const auto named = dotenv(
        "ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.b\nST_TENANT_ID=1\nST_FORM_FIELD_tenant=' 98 57 '\n"
        "ACME_ST_FORM_FIELD_tenant=other\n");
    REQUIRE(named.size() == 1);
    CHECK(named[0].problem.empty());
    CHECK(named[0].tenant == "1");
    CHECK(named[0].form_fields == Fields{{"tenant", "98 57"}});
    const auto table = rows("tenant,client_id,client_secret,form_field.tenant,Form_Field.realm.ID\n1,cid.a,cs1.b,7,\n",
                            RowFormat::csv);
    REQUIRE(table.size() == 1);
    CHECK(table[0].problem.empty());
    CHECK(table[0].form_fields == Fields{{"tenant", "7"}});
    const std::string pair = R"("tenant":1,"client_id":"cid.a","client_secret":"cs1.b")";
    const auto json = rows("{" + pair + R"(,"form_fields":{"tenant":7,"realm.ID":"x"}})", RowFormat::json);
    REQUIRE(json.size() == 1);
    CHECK(json[0].form_fields == Fields{{"realm.ID", "x"}, {"tenant", "7"}});
    // What is wrong is the row's problem, without the value.
    CHECK(rows("{" + pair + R"(,"form_fields":"tenant=7"})", RowFormat::json)[0].problem == "form_fields is no object");
    const auto secret = rows("{" + pair + R"(,"form_fields":{"tenant":"cs1.hidden"}})", RowFormat::json);
    CHECK(secret[0].problem == "the form field tenant looks like a secret");
    CHECK(secret[0].form_fields.empty());
    const auto twice = dotenv(
        "ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.b\nST_TENANT_ID=1\nST_FORM_FIELD_tenant=1\nST_FORM_FIELD_tenant=2\n");
    CHECK(twice[0].problem.contains("form field tenant stands more than once"));
    const auto expanded =
        dotenv("ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.b\nST_TENANT_ID=1\nST_FORM_FIELD_tenant=${OTHER}\n");
    CHECK(expanded[0].problem.contains("ST_FORM_FIELD_tenant is made of other variables"));
}

TEST_CASE("P12 .env: each malformed thing is a row with its reason, and never with a value") {
    const std::string pair = "ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.hidden\nST_TENANT_ID=1\n";
    const std::pair<std::string, const char*> cases[]{
        {"ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.hidden\n", "the tenant ID is missing"},
        {"ST_CLIENT_ID=cid.a\nST_TENANT_ID=1\n", "the client secret is missing"},
        {"ST_CLIENT_SECRET=cs1.hidden\nST_TENANT_ID=1\n", "the client ID is missing"},
        {pair + "ST_CLIENT_SECRET=cs1.hidden-too\n", "ST_CLIENT_SECRET stands more than once"},
        {"ST_CLIENT_ID=cid.a\nST_TENANT_ID=1\nST_CLIENT_SECRET=\"cs1.hidden\nST_X=1\n", "the quotes do not close"},
        {"ST_CLIENT_ID=cid.a\nST_TENANT_ID=1\nST_CLIENT_SECRET=${hidden}\n", "is made of other variables"},
        {"ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.hidden\nST_TENANT_ID=cs1.hidden\n", "looks like a secret"},
    };
    for (const auto& [text, problem] : cases) {
        INFO(text);
        const auto found = dotenv(text);
        REQUIRE(found.size() == 1);
        CHECK(found[0].problem.contains(problem));
        CHECK_FALSE(found[0].next.empty());
        CHECK_FALSE((found[0].problem + found[0].next + found[0].tenant + found[0].selector).contains("hidden"));
    }
}

TEST_CASE("P12 .env: an open quote elsewhere does not swallow the pair behind it") {
    const auto found = dotenv("GREETING='tis\nST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=cs1.b\nST_TENANT_ID=1\nX=it's\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].problem.empty());
    CHECK(found[0].line == 2);
}

TEST_CASE("P12 .env: what is another service's is left alone, and references of jeton exec are no pairs") {
    const std::string other =
        "GOOGLE_CLIENT_ID=abc\nGOOGLE_CLIENT_SECRET=def\nHOST_CLIENT_ID=x\nHOST_CLIENT_SECRET=y\n";
    CHECK(dotenv(other).empty());
    CHECK(dotenv("CLIENT_ID=abc\nCLIENT_SECRET=def\nTENANT_ID=1\n").size() == 1);
    CHECK(dotenv("CLIENT_ID=abc\nCLIENT_SECRET=def\nTENANT_ID=1\n", Trust::found).empty());
    CHECK(dotenv("CLIENT_ID=cid.abc\nCLIENT_SECRET=cs1.def\nTENANT_ID=1\n", Trust::found).size() == 1);
    CHECK(dotenv("ST_CLIENT_ID=cid.a\nST_TENANT_ID=1\n", Trust::found).empty());
    CHECK(dotenv("ST_CLIENT_ID=cid.a\nST_CLIENT_SECRET=jeton://a/1@production/client_secret\n").empty());
}

TEST_CASE("P12 .env: several pairs of one file; what they do not say themselves is said once for all") {
    const auto found = dotenv(
        "ST_APP_KEY=ak1.k\nST_ENVIRONMENT=production\nA_ST_CLIENT_ID=cid.a\nA_ST_CLIENT_SECRET=cs1.a\nA_ST_TENANT_ID="
        "1\n"
        "B_ST_CLIENT_ID=cid.b\nB_ST_CLIENT_SECRET=cs1.b\nB_ST_TENANT_ID=2\nB_ST_ENV=integration\n");
    REQUIRE(found.size() == 2);
    CHECK(found[0].tenant == "1");
    CHECK(found[0].selector == "production");
    CHECK(found[0].app_key.view() == "ak1.k");
    CHECK(found[1].tenant == "2");
    CHECK(found[1].selector == "integration");
    // The same pair under two names is one.
    CHECK(dotenv("ST_CLIENT_ID=a\nST_CLIENT_SECRET=b\nSERVICETITAN_CLIENT_ID=a\nSERVICETITAN_CLIENT_SECRET=b\n"
                 "ST_TENANT_ID=1\n")
              .size() == 1);
}

TEST_CASE("csv: RFC 4180, with the names of columns that people use") {
    const auto found = rows(
        "\xef\xbb\xbfTenant ID,Client ID,client_secret,Customer,Environment,note\r\n"
        "1,cid.a,cs1.a,\"Hugo \"\"H\"\" Sons, Ltd\",production,\"two\r\nlines\"\r\n\r\n2,cid.b,cs1.b,,,\r\n",
        RowFormat::csv);
    REQUIRE(found.size() == 2);
    CHECK(found[0].tenant_name == "Hugo \"H\" Sons, Ltd");
    CHECK(found[0].selector == "production");
    CHECK(found[0].line == 2);
    CHECK(found[1].line == 5);
    CHECK(found[1].problem.empty());
    CHECK(rows("tenant;client_id;client_secret\n1;a;b\n", RowFormat::csv).at(0).client_secret.view() == "b");
    CHECK(rows("tenant\tst_client_id\tst_client_secret\n1\ta\tb", RowFormat::csv).at(0).client_id.view() == "a");
}

TEST_CASE("csv: each malformed thing is refused by its line, and never with a value") {
    const auto found = rows(
        "tenant,client_id,client_secret\n1,cid.a\n2,cid.b,\"cs1.b\"x\n3,cid.c,\"cs1.hidden\n4,a,b\n", RowFormat::csv);
    REQUIRE(found.size() == 3);
    CHECK(found[0].problem == "it has 2 cells, the header names 3");
    CHECK(found[1].problem == "text stands behind a closing quote");
    CHECK(found[2].problem.contains("not closed"));
    CHECK(found[2].line == 4);
    for (const auto* header : {"tenant,client_id\n1,a\n", "client_id,client_secret\na,b\n", "id,secret\na,b\n",
                               "tenant,tenant_id,client_id,client_secret\n1,1,a,b\n"}) {
        INFO(header);
        const auto refused = rows_in(header, "F", RowFormat::csv, Trust::named);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().what.starts_with("F:1: "));
    }
}

TEST_CASE("json: one object a line, or one object over many lines; numbers are good tenant IDs") {
    const auto found = rows(
        "{\"tenant\":123,\"client_id\":\"a\",\"client_secret\":\"b\"}\n\n[1]\nx\n{\"client_id\":\"a\",\"tenant\":1}\n",
        RowFormat::json);
    REQUIRE(found.size() == 4);
    CHECK(found[0].tenant == "123");
    CHECK(found[0].problem.empty());
    CHECK(found[1].problem == "this is JSON, but no object");
    CHECK(found[2].problem.starts_with("this is no JSON object"));
    CHECK(found[3].problem == "the client secret is missing");
    CHECK(found[3].line == 5);
    const auto whole = rows(
        "{\n \"SERVICETITAN_CLIENT_ID\": \"a\",\n \"SERVICETITAN_CLIENT_SECRET\": \"b\",\n"
        " \"SERVICETITAN_TENANT_ID\": \"1\", \"SERVICETITAN_API_ENVIRONMENT\": \"integration\"\n}\n",
        RowFormat::json);
    REQUIRE(whole.size() == 1);
    CHECK(whole[0].problem.empty());
    CHECK(whole[0].selector == "integration");
}

TEST_CASE("a text that is none of these is refused as a whole") {
    CHECK(rows_in({"\xff\xfeS\0T\0", 6}, "F", RowFormat::dotenv, Trust::named).error().what.contains("UTF-16"));
    CHECK(rows_in({"a\0b", 3}, "F", RowFormat::csv, Trust::named).error().what == "F is no text");
}

TEST_CASE("the format is told by the name, else by the text") {
    CHECK(format_of("x.csv", "") == RowFormat::csv);
    CHECK(format_of("a/.env.production", "{") == RowFormat::dotenv);
    CHECK(format_of("x.jsonl", "") == RowFormat::json);
    CHECK(format_of("-", " {\"a\":1}") == RowFormat::json);
    CHECK(format_of("-", "tenant,client_id,client_secret\n") == RowFormat::csv);
    CHECK(format_of("-", "ST_CLIENT_ID=a,b\n") == RowFormat::dotenv);
}

}  // namespace
}  // namespace jeton::cli
