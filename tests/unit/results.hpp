/// Lets a check stand on a `Result` itself: `CHECK(load())` shows the refusal where it fails.
#pragma once

#include <doctest/doctest.h>

#include "daemon/base/error.hpp"
#include "libclient/protocol/json.hpp"

namespace doctest {

template <class T>
struct StringMaker<boost::system::result<T, jeton::Error>> {
    static String convert(const boost::system::result<T, jeton::Error>& result) {
        if (result) return "a value";
        return ("refused: " + result.error().what + "; next: " + result.error().next).c_str();
    }
};

template <class T>
struct StringMaker<boost::system::result<T, jeton::protocol::JsonProblem>> {
    static String convert(const boost::system::result<T, jeton::protocol::JsonProblem>& result) {
        return result ? "a document" : result.error().what.c_str();
    }
};

}  // namespace doctest
