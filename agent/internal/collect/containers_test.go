package collect

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"serverbox/agent/internal/docker"
	"serverbox/agent/pkg/wire"
)

const containerID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func putV2Container(tr tree, pid int, cpuUsec, rx int) string {
	dir := tr.roots.Sys + "/fs/cgroup/system.slice/docker-" + containerID + ".scope"
	proc := fmt.Sprintf("%s/%d", tr.roots.Proc, pid)
	tr.put(proc+"/cgroup", "0::/system.slice/docker-"+containerID+".scope\n")
	tr.put(proc+"/net/dev", fmt.Sprintf("h\nh\n lo: 9 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n eth0: %d 0 0 0 0 0 0 0 50 0 0 0 0 0 0 0\n", rx))
	tr.put(dir+"/cpu.stat", fmt.Sprintf("usage_usec %d\nuser_usec 1\n", cpuUsec))
	tr.put(dir+"/memory.current", "30000000\n")
	tr.put(dir+"/memory.stat", "anon 1\ninactive_file 9000000\n")
	tr.put(dir+"/memory.max", "max\n")
	tr.put(dir+"/pids.current", "7\n")
	tr.put(dir+"/io.stat", "254:0 rbytes=100 wbytes=200 rios=1\n")
	return dir
}

// AG-12: a container vanishes in the middle of a collection.
func TestAG12AContainerThatVanishesCostsOneEntryAndTheNextCycleIsComplete(t *testing.T) {
	tr := newTree(t)
	tr.put(tr.roots.Proc+"/self/mountinfo", "41 31 0:38 / "+tr.roots.Sys+"/fs/cgroup rw - cgroup2 cgroup2 rw\n")
	dir := putV2Container(tr, 100, 1_000_000, 1000)
	other := strings.Repeat("f", 64)
	state := docker.State{Version: "1", Containers: []docker.Container{{ID: containerID, Pid: 100}, {ID: other, Pid: 999}}}
	c := &containersCollector{roots: tr.roots, state: func() docker.State { return state }}

	sample, err := c.Collect(t.Context(), Want{})
	if err == nil || !strings.Contains(err.Error(), "container ffffffffffff") || len(sample.Rows) != 1 {
		t.Fatalf("%+v, %v", sample.Rows, err)
	}
	state.Containers = state.Containers[:1]
	putV2Container(tr, 100, 1_500_000, 3000)
	sample, err = c.Collect(t.Context(), Want{})
	if err != nil || len(sample.Rows) != 1 || sample.Rows[0].ID != "0123456789ab" {
		t.Fatalf("%+v, %v", sample.Rows, err)
	}
	values := sample.Rows[0].Values
	if values[wire.ContainerMemUsedBytes] != 21000000 || values[wire.ContainerMemLimitBytes].Known() || values[wire.ContainerPids] != 7 ||
		!(values[wire.ContainerCPUCores] > 0) || !(values[wire.ContainerNetRxBytesPerSecond] > 0) || values[wire.ContainerBlockReadBytesPerSecond] != 0 {
		t.Errorf("got %v", values)
	}

	// A removed group cannot be read through an open file either; plain files can, so that the process's must go, too.
	if err := errors.Join(os.RemoveAll(dir), os.RemoveAll(tr.roots.Proc+"/100")); err != nil {
		t.Fatal(err)
	}
	if sample, err = c.Collect(t.Context(), Want{}); err == nil || !sample.HasRows || len(sample.Rows) != 0 {
		t.Errorf("%+v, %v", sample, err)
	}
	putV2Container(tr, 100, 10, 10)
	if sample, err = c.Collect(t.Context(), Want{}); err != nil || len(sample.Rows) != 1 || sample.Rows[0].Values[wire.ContainerCPUCores].Known() {
		t.Errorf("a container that came back has no rate yet: %+v, %v", sample, err)
	}
}

func TestAQuietContainersCacheAndProcessesAreNotCountedAgain(t *testing.T) {
	tr := newTree(t)
	tr.put(tr.roots.Proc+"/self/mountinfo", "41 31 0:38 / "+tr.roots.Sys+"/fs/cgroup rw - cgroup2 cgroup2 rw\n")
	dir := putV2Container(tr, 100, 1_000_000, 1000)
	state := docker.State{Version: "1", Containers: []docker.Container{{ID: containerID, Pid: 100}}}
	c := &containersCollector{roots: tr.roots, state: func() docker.State { return state }}
	expect := func(what string, used, limit, pids wire.Value) {
		t.Helper()
		sample, err := c.Collect(t.Context(), Want{})
		if err != nil || len(sample.Rows) != 1 {
			t.Fatalf("%s: %+v, %v", what, sample, err)
		}
		values := sample.Rows[0].Values
		got := wire.Values{values[wire.ContainerMemUsedBytes], values[wire.ContainerMemLimitBytes], values[wire.ContainerPids]}
		if got[0] != used || got[1] != limit || got[2] != pids {
			t.Errorf("%s: got %v", what, got)
		}
	}
	tr.put(dir+"/memory.max", "64000000\n")
	expect("at first", 21_000_000, 64_000_000, 7)

	tr.put(dir+"/memory.max", "65000000\n")
	tr.put(dir+"/memory.stat", "inactive_file 8000000\n")
	tr.put(dir+"/pids.current", "8\n")
	for range quietCycles {
		expect("nothing has run", 21_000_000, 64_000_000, 7)
	}
	expect("after a while", 22_000_000, 65_000_000, 8)

	tr.put(dir+"/pids.current", "9\n")
	tr.put(dir+"/cpu.stat", "usage_usec 1000001\n")
	expect("it has run", 22_000_000, 65_000_000, 9)
	tr.put(dir+"/memory.current", "31000000\n")
	expect("its memory has changed", 23_000_000, 65_000_000, 9)
}

func TestContainersAreUnknownAndNotNoneWithoutDocker(t *testing.T) {
	tr := newTree(t)
	for name, c := range map[string]struct {
		state   docker.State
		isQuiet bool
	}{
		"not installed":     {docker.State{Problem: "x", Err: os.ErrNotExist}, true},
		"not asked yet":     {docker.State{}, true},
		"permission denied": {docker.State{Problem: "x", Err: os.ErrPermission}, false},
	} {
		collector := &containersCollector{roots: tr.roots, state: func() docker.State { return c.state }}
		sample, err := collector.Collect(t.Context(), Want{})
		if sample != nil || errors.Is(err, ErrNothingHere) != c.isQuiet {
			t.Errorf("%s: %+v, %v", name, sample, err)
		}
	}
}
