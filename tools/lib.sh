# shellcheck shell=bash
# What the tools share: where the repository is, how they speak, how they build. Sourced, never run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export LC_ALL=C.UTF-8
tool="$(basename "$0")"

# say TEXT…: one line of progress.
say() { printf '%s\n' "$*"; }

# die WHAT NEXT: what happened, and the next thing to do.
die() {
    printf '%s: %s\n' "$tool" "$1" >&2
    [[ -z "${2:-}" ]] || printf '  next: %s\n' "$2" >&2
    exit 1
}

# usage_error WHAT: the command line was wrong.
usage_error() {
    printf '%s: %s\n  next: tools/%s --help\n' "$tool" "$1" "$tool" >&2
    exit 2
}

# usable_node: is there a Node.js of version 18 or later, with npm?
usable_node() {
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    local version
    version="$(node --version 2>/dev/null)" || return 1  # v20.11.0
    version="${version#v}"
    [[ "${version%%.*}" =~ ^[0-9]+$ ]] && ((${version%%.*} >= 18))
}

# build_jobs: compilers at once; a file that includes Beast wants about 1.5 GB.
build_jobs() {
    local jobs memory_kb=''
    jobs="$(nproc)"
    [[ ! -r /proc/meminfo ]] || memory_kb="$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)"
    if [[ -n "$memory_kb" ]] && ((memory_kb / 1500000 < jobs)); then jobs=$((memory_kb / 1500000)); fi
    echo $((jobs < 1 ? 1 : jobs))
}

# configure FOLDER [OPTION…]: if that has not been done.
configure() {
    local folder="$1"
    shift
    [[ ! -f "$folder/build.ninja" ]] || return 0
    say "configuring $folder"
    rm -rf "$folder/meson-private"  # of one that was stopped: Meson would take it for done
    # /usr is where a package puts it; nothing that is compiled depends on it.
    meson setup "$folder" "$root" --prefix=/usr --sysconfdir=/etc --localstatedir=/var "$@" || die "meson could not configure $folder" "see $folder/meson-logs/meson-log.txt"
}

# build FOLDER [TARGET…]: configures FOLDER if that has not been done, and brings it up to date.
build() {
    local folder="$1"
    shift
    configure "$folder"
    # ccache, where Meson found one, keeps nothing that a precompiled header went into unless it is told so.
    export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros}"
    NINJA_STATUS='building %f/%t: ' ninja -C "$folder" -j "$(build_jobs)" "$@" ||
        die "the build failed" "the first error above says where; then: ninja -C $folder"
}

# sanitized_build FOLDER address|thread [TARGET…]: the same with clang's sanitizers, and what they are to do. That for
# addresses is the fuzzer's, too. Its warnings are no errors: what confines the programs is left out, and so are uses of
# what stays.
sanitized_build() {
    local folder="$1" what="$2" cache=''
    local -a options=(-Doptimization=1 -Db_sanitize="$what")
    shift 2
    [[ "$what" != address ]] || options=(-Doptimization=1 -Dfuzz=true "-Db_sanitize=address,undefined")
    # Meson adds it to no compiler that it was told, and with a time in a precompiled header it keeps nothing.
    ! command -v ccache >/dev/null || cache='ccache '
    CC="${cache}clang-19" CXX="${cache}clang++-19" configure "$folder" \
        "${options[@]}" -Db_lundef=false -Dwerror=false "-Dcpp_args=['-Xclang','-fno-pch-timestamp']"
    build "$folder" "$@"
    # Of the tests' own programs; the daemon's have them in daemon/base/sanitizer_options.cpp.
    export ASAN_OPTIONS=abort_on_error=1:detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
}

# counting_build FOLDER: the same, where each line that runs is counted. Programs that confine themselves could not write
# down what they counted.
counting_build() {
    configure "$1" -Doptimization=0 -Db_coverage=true -Dconfine=false -Dwerror=false
    build "$1"
}
