/// What is given back is overwritten first, in every program of the daemon: a secret that somebody put where none
/// belongs (a name, a path) went through ordinary strings, and nobody knows which.
#include <cstdlib>
#include <cstring>
#include <new>

#include <malloc.h>

namespace {

void give_back(void* memory) noexcept {
    if (memory != nullptr) explicit_bzero(memory, ::malloc_usable_size(memory));
    std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): what operator new of the library takes from
}

}  // namespace

// NOLINTBEGIN(cert-dcl54-cpp,misc-new-delete-overloads): what is taken is the library's affair
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { give_back(memory); }
// NOLINTEND(cert-dcl54-cpp,misc-new-delete-overloads)
