#include "cli/document.hpp"

#include <array>

#include <boost/json/serializer.hpp>
#include <fmt/format.h>

#include "cli/pages.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "libclient/protocol/errors.hpp"

namespace jeton::cli {
namespace {

std::unexpected<Failure> not_ours(std::string what) {
    return std::unexpected{Failure{exit_code::unreachable,
                                   "bad_answer",
                                   std::move(what),
                                   "check that jetond and jeton are of the same release: jeton --version",
                                   {}}};
}

std::string plain(std::string_view text) { return std::string{text}; }

}  // namespace

Result<Document> read_document(client::Response response) {
    auto tree = protocol::parse_strict(response.body.view(), protocol::wiped_storage());
    const bool good = response.status < 300;
    if (!tree) {
        if (good) return not_ours("the daemon's answer is not JSON: " + tree.error().what);
        return not_ours(fmt::format("the daemon answered with HTTP status {} and no reason", response.status));
    }
    if (good) {
        auto next = next_page_in(response.header("link").value_or("")).value_or("");
        return Document{std::move(response.body), std::move(*tree), std::move(next)};
    }

    const auto code = plain(raw_field(*tree, "error"));
    if (code.empty())
        return not_ours(fmt::format("the daemon answered with HTTP status {} and no reason", response.status));
    const auto word = protocol::word_named(code);
    auto what = field(*tree, "error_description");
    if (what.empty()) what = printable(code);
    return std::unexpected{Failure{word ? word->exit_code : exit_code::refused, code, std::move(what),
                                   field(*tree, "next"), plain(response.body.view()),
                                   number_in(response.header("retry-after").value_or(""))}};
}

client::WipedText to_text(const json::value& tree) {
    client::WipedText text;
    json::serializer serializer;
    serializer.reset(&tree);
    std::array<char, 1024> buffer{};
    while (!serializer.done()) {
        const auto part = serializer.read(buffer.data(), buffer.size());
        text.append({part.data(), part.size()});
    }
    ::explicit_bzero(buffer.data(), buffer.size());
    return text;
}

const json::value& member(const json::value& object, std::string_view name) {
    static const json::value absent;
    const auto* members = object.if_object();
    const auto* found =
        members == nullptr ? nullptr : members->if_contains(json::string_view{name.data(), name.size()});
    return found == nullptr ? absent : *found;
}

std::string_view raw_field(const json::value& object, std::string_view name) { return protocol::text_in(object, name); }

std::string field(const json::value& object, std::string_view name) {
    const auto& value = member(object, name);
    if (value.is_string()) return printable(raw_field(object, name));
    if (value.is_int64()) return std::to_string(value.get_int64());
    if (value.is_uint64()) return std::to_string(value.get_uint64());
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    return {};
}

std::optional<std::int64_t> integer(const json::value& object, std::string_view name) {
    const auto* number = member(object, name).if_int64();
    return number == nullptr ? std::nullopt : std::optional{*number};
}

const json::array& elements(const json::value& value) {
    static const json::array none;
    const auto* array = value.if_array();
    return array == nullptr ? none : *array;
}

std::string joined(const json::value& object, std::string_view name, std::string_view between) {
    std::string all;
    for (const auto& element : elements(member(object, name))) {
        const auto* text = element.if_string();
        if (text == nullptr) continue;
        if (!all.empty()) all += between;
        all += printable({text->data(), text->size()});
    }
    return all;
}

void add_text(json::object& body, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    body[json::string_view{name.data(), name.size()}] = json::string_view{value.data(), value.size()};
}

void add_texts(json::object& body, std::string_view name, const std::vector<std::string>& values) {
    json::array texts(body.storage());
    for (const auto& value : values) texts.emplace_back(json::string_view{value.data(), value.size()});
    body[json::string_view{name.data(), name.size()}] = std::move(texts);
}

}  // namespace jeton::cli
