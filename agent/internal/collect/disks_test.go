package collect

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"serverbox/agent/pkg/wire"
)

func TestAHungFileSystemHarmsOnlyItsOwnEntry(t *testing.T) {
	tr := newTree(t)
	tr.put(tr.roots.Proc+"/self/mountinfo", mountinfo)
	tr.put(tr.roots.Proc+"/diskstats", diskstats)
	release := make(chan struct{})
	asked := make(chan string, 100)
	disks := newDiskCollector(tr.roots)
	disks.statfs = func(path string, into *unix.Statfs_t) error {
		asked <- path
		if path == "/mnt/nfs" {
			<-release
		}
		if path == "/tank" {
			return syscall.EIO
		}
		*into = unix.Statfs_t{Blocks: 100, Bfree: 40, Frsize: 4096, Files: 10, Ffree: 9}
		return nil
	}
	for cycle := range 2 {
		startedAt := time.Now()
		sample, err := disks.Collect(t.Context(), Want{Detail: true})
		if took := time.Since(startedAt); took > 2*time.Second {
			t.Errorf("cycle %d took %s", cycle, took)
		}
		if err == nil || !strings.Contains(err.Error(), "statfs /mnt/nfs: no answer") || !strings.Contains(err.Error(), "/tank: input/output error") {
			t.Errorf("cycle %d: %v", cycle, err)
		}
		if len(sample.Detail.Disks) != 3 || sample.Host[wire.DiskTotalBytes] != 3*100*4096 || sample.Host[wire.DiskUsedBytes] != 3*60*4096 ||
			sample.Host[wire.DiskInodesRatio] != 0.1 {
			t.Errorf("cycle %d: %+v", cycle, sample)
		}
	}
	close(release)
	times := 0
	for len(asked) > 0 {
		if <-asked == "/mnt/nfs" {
			times++
		}
	}
	if times != 1 {
		t.Errorf("the hung file system was asked %d times", times)
	}
}
