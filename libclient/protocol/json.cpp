#include "libclient/protocol/json.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parser.hpp>

namespace jeton::protocol {
namespace {

/// Walks a document without building it; remembers the keys of each open object.
struct StrictHandler {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    using error = boost::system::error_code;
    using view = json::string_view;

    std::vector<std::unordered_set<std::string>> open_objects;
    std::string partial_key;
    std::string problem;

    bool fail(std::string what, error& ec) {
        problem = std::move(what);
        ec = make_error_code(boost::system::errc::invalid_argument);
        return false;
    }

    bool on_document_begin(error&) { return true; }
    bool on_document_end(error&) { return true; }
    bool on_object_begin(error&) {
        open_objects.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, error&) {
        open_objects.pop_back();
        return true;
    }
    bool on_array_begin(error&) { return true; }
    bool on_array_end(std::size_t, error&) { return true; }
    bool on_key_part(view part, std::size_t, error&) {
        partial_key.append(part.data(), part.size());
        return true;
    }
    bool on_key(view part, std::size_t, error& ec) {
        partial_key.append(part.data(), part.size());
        const bool fresh = open_objects.back().insert(partial_key).second;
        partial_key.clear();
        return fresh || fail("the same member stands twice in one object", ec);
    }
    bool on_string_part(view, std::size_t, error&) { return true; }
    bool on_string(view, std::size_t, error&) { return true; }
    bool on_number_part(view, error&) { return true; }
    bool on_int64(std::int64_t, view, error&) { return true; }
    bool on_uint64(std::uint64_t, view, error&) { return true; }
    bool on_double(double, view, error& ec) { return fail("a number is not an integer of 64 bits", ec); }
    bool on_bool(bool, error&) { return true; }
    bool on_null(error&) { return true; }
    bool on_comment_part(view, error&) { return true; }
    bool on_comment(view, error&) { return true; }
};

json::parse_options options() {
    json::parse_options chosen;
    chosen.max_depth = json_depth_limit;
    return chosen;
}

/// Boost.JSON names different alignments for the same memory, none above the default one: it is left out of account.
class WipingResource final : public json::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t /*alignment*/) override { return ::operator new(bytes); }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t /*alignment*/) override {
        explicit_bzero(memory, bytes);
        ::operator delete(memory, bytes);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

void throw_exception_from_error(const JsonProblem& problem, const boost::source_location&) {
    throw std::logic_error("unexamined JSON problem: " + problem.what);
}

boost::system::result<json::value, JsonProblem> parse_strict(std::string_view text, const json::storage_ptr& storage) {
    json::basic_parser<StrictHandler> checker(options());
    boost::system::error_code ec;
    const auto used = checker.write_some(false, text.data(), text.size(), ec);
    if (ec) {
        const auto& problem = checker.handler().problem;
        return JsonProblem{(problem.empty() ? "not JSON: " + ec.message() : problem) + " (near byte " +
                           std::to_string(used) + ")"};
    }
    if (used != text.size()) return JsonProblem{"something stands after the JSON document"};
    // The parser keeps half-built values aside; they may hold secrets, so its memory is ours to overwrite.
    std::array<unsigned char, 4096> aside{};
    json::value value(storage);
    {
        json::parser parser(wiped_storage(), options(), aside.data(), aside.size());
        parser.reset(storage);
        parser.write(text.data(), text.size(), ec);
        if (!ec) value = parser.release();
    }
    explicit_bzero(aside.data(), aside.size());
    if (ec) return JsonProblem{"not JSON: " + ec.message()};
    return value;
}

std::string_view text_in(const json::value& value, std::string_view name) {
    const auto* object = value.if_object();
    const auto* found = object == nullptr ? nullptr : object->if_contains(json::string_view{name.data(), name.size()});
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

json::storage_ptr wiped_storage() {
    static WipingResource resource;
    return json::storage_ptr{&resource};
}

void wipe(std::string& text) noexcept {
    explicit_bzero(text.data(), text.size());
    text.clear();
}

}  // namespace jeton::protocol
