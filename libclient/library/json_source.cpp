// Boost.JSON itself: Debian's static library is not position independent, and ours must need no other's.
#include <boost/json/src.hpp>
