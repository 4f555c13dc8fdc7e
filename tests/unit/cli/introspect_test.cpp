#include <doctest/doctest.h>

#include "cli/failure.hpp"
#include "tests/unit/cli/scene.hpp"

namespace jeton::cli {
namespace {

using testing::run;

TEST_CASE("introspect: the token goes from stdin into a form on the token socket") {
    const std::string answer = R"({"active":true,"scope":"tn.jpm.jobs:r","client_id":"jid.id","sub":"jid.id",)"
                               R"("aud":["https://a.example","https://b.example"],"iss":"http://localhost/e",)"
                               R"("exp":1769936400,"iat":1769935500,"jti":"42","token_type":"Bearer","tenant":"1@e",)"
                               R"("app":"a","connection":"a/1@e"})";
    const auto shown = run({"introspect", "e"}, {{answer}}, testing::pipe, {"head.pay+load.sign/="});
    CHECK(shown.asked.at(0) == "token socket: POST /e/introspect token=head.pay%2Bload.sign%2F%3D");
    CHECK(shown.out ==
          "active      yes\nconnection  a/1@e\napp         a\ntenant      1@e\nscope       tn.jpm.jobs:r\n"
          "client ID   jid.id\nsubject     jid.id\naudience    https://a.example, https://b.example\n"
          "issuer      http://localhost/e\nissued      2026-02-01T08:45:00Z\nexpires     2026-02-01T09:00:00Z\n"
          "token ID    42\n");
    CHECK(shown.err.empty());
    CHECK(run({"introspect", "e", "--json"}, {{answer}}, testing::pipe, {"t"}).out == answer + "\n");
}

TEST_CASE("introspect: an inactive token is an answer, no binding is a refusal, no token is not asked about") {
    const auto inactive = run({"introspect", "e"}, {{R"({"active":false})"}}, testing::pipe, {"t"});
    CHECK(inactive.code == exit_code::done);
    CHECK(inactive.out == "active  no\n");
    const auto refused = run({"introspect", "e"},
                             {{R"({"error":"invalid_client","error_description":"no introspection binding"})", 401}},
                             testing::pipe, {"t"});
    CHECK(refused.code == exit_code::refused);
    CHECK(refused.err.contains("no introspection binding"));
    CHECK(run({"introspect", "e"}, {{"{}"}}).asked.empty());
}

}  // namespace
}  // namespace jeton::cli
