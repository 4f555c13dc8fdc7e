/// What is fed with anything at all: each target reads bytes of its own kind and says what must hold of every input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace jeton::fuzz {

struct Target {
    const char* name;  ///< also of its folder in corpus/
    void (*feed)(std::string_view input);
};

[[nodiscard]] std::span<const Target> targets();

/// Ends the program where it does not hold: the fuzzer keeps the input, and the replay names it.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "it does not hold that %s\n", what);
    std::abort();
}

/// Takes the first byte off `input`, as a number below `bound`; 0 where there is none.
inline std::size_t take_number(std::string_view& input, std::size_t bound) {
    if (input.empty()) return 0;
    const auto number = static_cast<unsigned char>(input.front()) % bound;
    input.remove_prefix(1);
    return number;
}

/// Takes what stands before the next NUL byte, and that byte.
inline std::string_view take_part(std::string_view& input) {
    const auto part = input.substr(0, input.find('\0'));
    input.remove_prefix(part.size() < input.size() ? part.size() + 1 : input.size());
    return part;
}

// By the part of jeton that they are about.
void http_request(std::string_view input);
void form(std::string_view input);
void client_authentication(std::string_view input);
void control_group(std::string_view input);
void inner_frame_of_vault(std::string_view input);

void strict_json(std::string_view input);
void http_response(std::string_view input);

void frames(std::string_view input);
void configuration(std::string_view input);

void inner_frame_of_front(std::string_view input);
void forwarded_body(std::string_view input);
void inner_frame_of_exchange(std::string_view input);
void exchange_request(std::string_view input);
void upstream_answer(std::string_view input);

void key_slot(std::string_view input);
void backup_header(std::string_view input);
void backup_item(std::string_view input);
void audit_row(std::string_view input);
void names(std::string_view input);

void client_assertion(std::string_view input);
void public_key(std::string_view input);

void import_file(std::string_view input);

}  // namespace jeton::fuzz
