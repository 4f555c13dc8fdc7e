/// Listings that come in pages (RFC 8288, `rel="next"`), put together to the one array that was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/document.hpp"

namespace jeton::cli {

/// What the header value `link` names as the next page: a path and query of the same daemon. Nothing if it names none,
/// or one that is no path.
[[nodiscard]] std::optional<std::string> next_page_in(std::string_view link);

/// `target` asking for pages of at most `limit` rows: no more than the daemon gives unasked.
[[nodiscard]] std::string with_page_limit(std::string target, std::int64_t limit);

/// The pages of one listing, in the order in which they came.
class Pages {
public:
    /// `limit`: rows wanted; nothing for all.
    explicit Pages(std::optional<std::int64_t> limit) : limit_(limit) {}

    /// Takes a page. Refuses (bad_answer) one that is no array, and one that leads back to itself.
    [[nodiscard]] Result<void> add(Document page);
    /// Where to ask next; empty: all that was wanted is here.
    [[nodiscard]] const std::string& next() const { return next_; }
    /// The listing: a single whole page as it came, several as one array. Its memory is wiped.
    [[nodiscard]] Document take();

private:
    std::optional<std::int64_t> limit_;
    std::string next_;
    client::WipedText only_;  ///< the text of the first page, while it is the only one and whole
    json::array rows_ = json::array(protocol::wiped_storage());
    std::size_t pages_ = 0;
};

}  // namespace jeton::cli
