package collect

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// In a container the machine's root is a mount, and what the agent itself sees of mounts and network is its own.
func TestAnAgentInAContainerMeasuresTheMachineThatIsMounted(t *testing.T) {
	host := t.TempDir()
	roots := HostRoots(host)
	tr := tree{t: t, roots: roots}
	tr.put(roots.Proc+"/1/mountinfo", "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n23 22 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
	tr.put(roots.Proc+"/self/mountinfo", "22 1 0:50 / / rw - overlay overlay rw\n")
	tr.put(roots.Proc+"/diskstats", diskstats)
	tr.put(roots.Run+"/systemd/system/here", "")
	tr.put(host+"/.dockerenv", "")
	asked := make(chan string, 8)
	disks := newDiskCollector(roots)
	disks.statfs = func(path string, into *unix.Statfs_t) error {
		asked <- path
		*into = unix.Statfs_t{Blocks: 100, Bfree: 40, Frsize: 4096, Files: 10, Ffree: 9}
		return nil
	}
	sample, err := disks.Collect(t.Context(), Want{Detail: true})
	if err != nil || len(sample.Detail.Disks) != 1 || sample.Detail.Disks[0].Mount != "/" {
		t.Fatalf("%+v, %v", sample, err)
	}
	if path := <-asked; path != host+"/" {
		t.Errorf("asked for %s", path)
	}
	containers := &containersCollector{roots: roots}
	if err := containers.ensureMounts(); err != nil || containers.mounts[0].point != host+"/sys/fs/cgroup" {
		t.Errorf("%+v, %v", containers.mounts, err)
	}
	units := &unitsCollector{roots: roots}
	if sample, err := units.Collect(t.Context(), Want{Detail: true}); sample != nil || err != ErrNothingHere {
		t.Errorf("%+v, %v", sample, err)
	}
	if strings.HasPrefix((Roots{Proc: "/proc"}).self(), "/proc/1") {
		t.Error("on the machine itself the agent's own view is the machine's")
	}
}
