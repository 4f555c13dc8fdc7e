#include "daemon/front/peer/unit.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace jeton::front::test {
namespace {

struct Row {
    const char* path;
    const char* unit;  ///< empty: unknown
};

/// Control groups as they are found on hosts, and as an attacker would like them to be read.
const std::vector<Row> rows{
    // a host's own services and scopes
    {"/system.slice/worker.service", "worker.service"},
    {"/init.scope", "init.scope"},
    {"/system.slice/cron.service", "cron.service"},
    {"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"},
    {"/system.slice/system-worker.slice/worker@7.service", "worker@7.service"},
    {"/system.slice/system-systemd\\x2dfsck.slice/systemd-fsck@dev-disk-by\\x2duuid-AB12.service",
     "systemd-fsck@dev-disk-by\\x2duuid-AB12.service"},
    {"/system.slice/my\\x2dapp.service", "my\\x2dapp.service"},
    {"/system.slice/worker.service/.control", "worker.service"},
    {"/system.slice/worker.service/helper", "worker.service"},
    {"/a.slice/a-b.slice/a-b-c.slice/worker.service", "worker.service"},
    {"/worker.service", "worker.service"},
    {"/system.slice/run-u42.service", "run-u42.service"},
    {"/system.slice/run-rb1a2.scope", "run-rb1a2.scope"},
    {"/machine.slice/machine-web.scope/payload/init.scope", "machine-web.scope"},
    {"/machine.slice/systemd-nspawn@web.service/payload/system.slice/worker.service", "systemd-nspawn@web.service"},
    {"/system.slice/docker-0a1b2c.scope", "docker-0a1b2c.scope"},
    {"/system.slice/docker.service", "docker.service"},
    {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-9f.scope",
     "cri-containerd-9f.scope"},
    // names that systemd marks because the kernel has files of such names
    {"/system.slice/_cgroup.service", "cgroup.service"},
    {"/system.slice/__x.service", "_x.service"},
    {"/_cpu.slice/worker.service", "worker.service"},
    // users: whatever their service manager does is the unit of that service manager
    {"/user.slice/user-1000.slice/session-3.scope", "session-3.scope"},
    {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope", "user@1000.service"},
    {"/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service"},
    {"/user.slice/user-1.slice/user@1.service/system.slice/dispatcher.service", "user@1.service"},
    {"/user.slice/user-1.slice/user@1.service/user.slice/user-0.slice/user@0.service", "user@1.service"},
    {"/capsule.slice/capsule@tenant.service/app.slice/worker.service", "capsule@tenant.service"},
    // no unit from the root: what comes behind does not count
    {"/docker/0a1b2c/system.slice/worker.service", ""},
    {"/lxc.payload.web/system.slice/worker.service", ""},
    {"/kubepods/burstable/pod1/9f/worker.service", ""},
    {"/system.slice/dev-hugepages.mount", ""},
    {"/system.slice/dev-sda2.swap/worker.service", ""},
    {"/system.slice/worker.socket", ""},
    {"/system.slice/notslice/worker.service", ""},
    {"/system.slicex/worker.service", ""},
    {"/", ""},
    {"/system.slice", ""},
    {"/user.slice/user-1000.slice", ""},
    // no names of units
    {"/system.slice/.service", ""},
    {"/system.slice/worker.service2", ""},
    {"/system.slice/WORKER.SERVICE", ""},
    {"/system.slice/wor ker.service", ""},
    {"/system.slice/w\xc3\xb6rker.service", ""},
    {"/system.slice/worker.service\x01", ""},
    {"/system.slice/@x.service", ""},
    {"/system.slice/worker@.service", ""},
    {"/-.slice/worker.service", ""},
    {"/.slice/worker.service", ""},
    {"//worker.service", ""},
    {"/system.slice//worker.service", ""},
    // not ours to see, or gone
    {"/..", ""},
    {"/../system.slice/worker.service", ""},
    {"/../../init.scope", ""},
    {"/system.slice/../worker.service", ""},
    {"/system.slice/worker.service (deleted)", ""},
    {"/system.slice/worker.service/sub (deleted)", ""},
    {"", ""},
    {"worker.service", ""},
};

}  // namespace

TEST_CASE("T6: the unit is the first one behind the slices, from the root") {
    CHECK(rows.size() >= 40);
    for (const auto& row : rows) {
        CAPTURE(std::string{row.path});
        const auto placed = read_placement("0::" + std::string{row.path} + "\n");
        CHECK(placed.unit.name == row.unit);
        CHECK(placed.unit.name.empty() != placed.unit.unknown.empty());
        CHECK(placed.path == (placed.unit.name.empty() ? "" : row.path));
    }
}

TEST_CASE("T6: only the line of the unified hierarchy counts") {
    const std::string v1 = "12:cpu,cpuacct:/system.slice/other.service\n1:name=systemd:/system.slice/other.service\n";
    CHECK(read_placement(v1 + "0::/system.slice/worker.service\n").unit.name == "worker.service");
    CHECK(read_placement("0::/system.slice/worker.service\n" + v1).unit.name == "worker.service");
    CHECK(read_placement("0::/system.slice/worker.service").unit.name == "worker.service");
    for (const std::string text :
         {v1.c_str(), "", "\n", "10::/system.slice/worker.service\n", "0:x:/system.slice/worker.service\n",
          "1:0::/system.slice/worker.service\n", "0::/system.slice/worker.service\n0::/system.slice/other.service\n"}) {
        CAPTURE(text);
        const auto placed = read_placement(text);
        CHECK(placed.unit.name.empty());
        CHECK(placed.unit.unknown.find("cgroup2") != std::string::npos);
    }
}

TEST_CASE("T7: why there is no unit is said in words, in few of them, and safe to print") {
    CHECK(read_placement("0::/../x.service\n").unit.unknown.find("outside") != std::string::npos);
    CHECK(read_placement("0::/a.service (deleted)\n").unit.unknown.find("removed") != std::string::npos);
    const auto hostile = read_placement("0::/docker/\x1b[2J\xff/" + std::string(5000, 'x') + "\n").unit.unknown;
    CHECK(hostile.size() < 400);
    CHECK(hostile.find('\x1b') == std::string::npos);
    CHECK(hostile.find('\xff') == std::string::npos);
    CHECK(hostile.find("/docker/") != std::string::npos);
}

TEST_CASE("units: a name of 255 characters is the longest") {
    const std::string type = ".service";
    CHECK(is_unit_name(std::string(255 - type.size(), 'a') + type, type));
    CHECK_FALSE(is_unit_name(std::string(256 - type.size(), 'a') + type, type));
    CHECK_FALSE(is_unit_name("worker.scope", type));
}

TEST_CASE("cgroup2: found where it is mounted, unified or beside the old hierarchies") {
    CHECK(find_cgroup_mount("proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n") ==
          "/sys/fs/cgroup");
    CHECK(find_cgroup_mount("tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
                            "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n") == "/sys/fs/cgroup/unified");
    CHECK(find_cgroup_mount("none /mnt/a\\040b\\134c cgroup2 rw 0 0\n") == "/mnt/a b\\c");
    CHECK(find_cgroup_mount("cgroup2 /sys/fs/cgroup tmpfs rw 0 0\ncgroup /x cgroup rw 0 0\nshort\n\n").empty());
    CHECK(find_cgroup_mount("").empty());
}

}  // namespace jeton::front::test
