/// JSON, and answers that the CLI and the library read.
#include <algorithm>
#include <string>

#include <boost/json/serialize.hpp>

#include "libclient/http/response.hpp"
#include "libclient/protocol/json.hpp"
#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {

void strict_json(std::string_view input) {
    const auto value = protocol::parse_strict(input);
    if (!value) {
        require(!value.error().what.empty(), "a refusal says why");
        return;
    }
    const auto text = boost::json::serialize(*value);
    const auto again = protocol::parse_strict(text);
    require(again.has_value(), "what was strict stays strict when it is written");
    require(*again == *value, "nothing is lost in writing and reading");
}

void http_response(std::string_view input) {
    const auto step = 1 + take_number(input, 64);
    const auto outcome = [](std::string_view bytes, std::size_t by) {
        client::ResponseParser parser;
        while (!bytes.empty()) {  // to the last: what follows its end is refused, in the same piece or in another
            if (!parser.feed(bytes.substr(0, by))) return -1;
            bytes.remove_prefix(std::min(by, bytes.size()));
        }
        if (!parser.done() && !parser.end_of_stream()) return -1;
        return parser.take().status;
    };
    const auto status = outcome(input, step);
    require(status == -1 || (status >= 200 && status <= 599), "a status is one");
    // One byte at a time and in steps: a refusal is one, and an answer the same.
    require(outcome(input, 1) == status, "how an answer arrives makes no difference");
}

}  // namespace jeton::fuzz
