#include "libclient/protocol/serialize.hpp"

#include <array>
#include <cstring>

#include <boost/json/serializer.hpp>

namespace jeton::protocol {
namespace {

template <class Document>
std::string in_one_piece(const Document& document, std::size_t extra) {
    boost::json::serializer serializer;
    std::array<char, 4096> piece;
    std::size_t size = 0;
    for (serializer.reset(&document); !serializer.done();) size += serializer.read(piece.data(), piece.size()).size();
    ::explicit_bzero(piece.data(), piece.size());

    std::string text;
    text.reserve(size + extra);
    text.resize(size);
    std::size_t at = 0;
    for (serializer.reset(&document); !serializer.done();) at += serializer.read(text.data() + at, size - at).size();
    return text;
}

}  // namespace

std::string serialize_once(const boost::json::value& value, std::size_t extra) { return in_one_piece(value, extra); }

std::string serialize_once(const boost::json::object& object, std::size_t extra) { return in_one_piece(object, extra); }

}  // namespace jeton::protocol
