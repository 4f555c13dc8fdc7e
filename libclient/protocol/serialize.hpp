/// JSON as text without leftovers: a text that grows leaves its earlier, shorter copies in freed memory.
#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace jeton::protocol {

/// The text of `value`, in one allocation of `extra` bytes more than it needs. The caller wipes it (`wipe`).
[[nodiscard]] std::string serialize_once(const boost::json::value& value, std::size_t extra = 0);
[[nodiscard]] std::string serialize_once(const boost::json::object& object, std::size_t extra = 0);

}  // namespace jeton::protocol
