/// `application/x-www-form-urlencoded` (RFC 6749 appendix B), read strictly.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.hpp"

namespace jeton::front {

/// Well-formed UTF-8 (RFC 3629 §4): nothing else may go into an inner frame.
[[nodiscard]] bool is_utf8(std::string_view text);

/// `%41` and `+` decoded; nothing where a percent sign is not followed by two hexadecimal digits, a byte is NUL, or the
/// result is not UTF-8.
[[nodiscard]] std::optional<std::string> form_decode(std::string_view text);
/// The same for a path segment, where `+` is a plus.
[[nodiscard]] std::optional<std::string> path_decode(std::string_view text);

struct Parameter {
    std::string name;
    std::string value;
};

/// The parameters of a form in their order. Overwritten when it goes: it may hold a secret.
class Form {
public:
    Form() = default;
    Form(Form&&) noexcept = default;
    Form& operator=(Form&&) noexcept = default;
    Form(const Form&) = delete;
    Form& operator=(const Form&) = delete;
    ~Form();

    static constexpr std::size_t parameter_limit = 64;

    /// Refuses `invalid_request`: a malformed escape, more than 64 parameters.
    [[nodiscard]] static Result<Form> parse(std::string_view text);

    /// The first name that stands more than once and is not `repeatable`.
    [[nodiscard]] std::optional<std::string> repeated(std::string_view repeatable = {}) const;
    /// The value of a parameter; nothing where it is absent or empty (RFC 6749 §3.2). A view into this form.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
    [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

private:
    std::vector<Parameter> parameters_;
};

}  // namespace jeton::front
