#include "cli/review.hpp"

#include <string>

#include <doctest/doctest.h>

namespace jeton::cli {
namespace {

json::value review_of(std::string_view accepted_version) {
    auto text = std::string{R"({"connection":"dispatcher/1@integration","state":"connected","app":{"app":"dispatcher",
        "organization":"Example\u001b[2J","homepage":"https://example.com"},"accepted_version":ACCEPTED,"offered_version":2,
        "scopes":[{"name":"tn.jpm.jobs:r","group":"Job Planning","display_name":"Jobs","access":"r"},
                  {"name":"tn.crm.customers:w","group":"CRM","display_name":"Customers","access":"w"}],
        "added":[{"name":"tn.crm.customers:w","group":"CRM","display_name":"Customers","access":"w"}],
        "removed":[{"name":"tn.crm.leads:r","group":"CRM","display_name":"Leads","access":"r"}],
        "statement":"You are granting access.","warnings":["It writes."]})"};
    text.replace(text.find("ACCEPTED"), 8, accepted_version);
    return *protocol::parse_strict(text);
}

TEST_CASE("S41 review: without a terminal, added scopes stand behind +, removed ones behind -") {
    const auto text = review_text(review_of("1"), {});
    CHECK(
        text.contains("CRM\n"
                      "  + Write Customers  tn.crm.customers:w\n"
                      "  - Read  Leads      tn.crm.leads:r\n"
                      "Job Planning\n"
                      "    Read  Jobs       tn.jpm.jobs:r\n"));
    CHECK_FALSE(text.contains('\x1b'));
}

TEST_CASE("S41 review: with colour, added scopes are green and removed ones struck out") {
    Terminal terminal;
    terminal.color = true;
    const auto text = review_text(review_of("1"), terminal);
    CHECK(text.contains("  + \x1b[32mWrite Customers  tn.crm.customers:w\x1b[0m\n"));
    CHECK(text.contains("  - \x1b[9mRead  Leads      tn.crm.leads:r\x1b[0m\n"));
    CHECK(text.contains("Example\\x1b[2J"));
}

TEST_CASE("S33 review: the statement and the warnings are shown") {
    const auto text = review_text(review_of("1"), {});
    CHECK(text.contains("\nYou are granting access.\n"));
    CHECK(text.contains("warning: It writes.\n"));
    CHECK(text.contains("accepted version  1\n"));
    CHECK(text.contains("offered version   2\n"));
}

TEST_CASE("S29 review: the first one has nothing to compare with, so nothing counts as added") {
    const auto text = review_text(review_of("null"), {});
    CHECK(text.contains("    Write Customers  tn.crm.customers:w\n"));
    CHECK_FALSE(text.contains("accepted version"));
}

}  // namespace
}  // namespace jeton::cli
