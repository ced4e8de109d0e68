package collect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"serverbox/agent/internal/docker"
	"serverbox/agent/pkg/wire"
)

// tree is a copy of the kernel's files in a directory.
type tree struct {
	t     *testing.T
	roots Roots
}

func newTree(t *testing.T) tree {
	dir := t.TempDir()
	return tree{t: t, roots: Roots{Proc: dir + "/proc", Sys: dir + "/sys", Etc: dir + "/etc", Run: dir + "/run"}}
}

func (tr tree) put(path, text string) {
	tr.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tr.t.Fatal(err)
	}
}

type funcCollector struct {
	name    string
	collect func() (*Sample, error)
}

func (c funcCollector) Name() string                                   { return c.name }
func (c funcCollector) Collect(context.Context, Want) (*Sample, error) { return c.collect() }

func TestAFailureHarmsOnlyItsOwnPart(t *testing.T) {
	good := func() (*Sample, error) {
		s := NewSample()
		s.set(wire.Load1, 1)
		return s, nil
	}
	partial := func() (*Sample, error) {
		s := NewSample()
		s.set(wire.Load5, 5)
		return s, errors.New("half of it")
	}
	runner := NewRunner([]Collector{
		funcCollector{"broken", func() (*Sample, error) { return nil, errors.New(strings.Repeat("x", 5000)) }},
		funcCollector{"absent", func() (*Sample, error) { return nil, ErrNothingHere }},
		funcCollector{"partial", partial},
		funcCollector{"good", good},
	})
	sample := runner.Run(t.Context(), Want{})
	if sample.Host[wire.Load1] != 1 || sample.Host[wire.Load5] != 5 || !math.IsNaN(sample.Host[wire.Load15]) {
		t.Errorf("got %v", sample.Host)
	}
	got := ""
	for _, report := range sample.Detail.Collectors {
		got += fmt.Sprintf("%s %v %v; ", report.Name, report.OK, report.Error != nil)
		if report.Error != nil && len(*report.Error) > wire.MaxErrorLength {
			t.Errorf("%s: an error of %d bytes", report.Name, len(*report.Error))
		}
	}
	if got != "broken false true; absent true false; partial false true; good true false; " {
		t.Errorf("got %s", got)
	}
}

func TestACollectorThatHangsIsLeftOutUntilItReturns(t *testing.T) {
	release := make(chan struct{})
	calls := 0
	hangs := funcCollector{"hangs", func() (*Sample, error) {
		calls++
		<-release
		return NewSample(), nil
	}}
	runner := NewRunner([]Collector{hangs})
	for cycle, want := range []string{"no answer within 1s", "still no answer after 1s"} {
		reports := runner.Run(t.Context(), Want{}).Detail.Collectors
		if reports[0].Error == nil || *reports[0].Error != want {
			t.Fatalf("cycle %d: %+v", cycle, reports[0])
		}
	}
	close(release)
	for deadline := time.Now().Add(5 * time.Second); ; {
		if runner.Run(t.Context(), Want{}).Detail.Collectors[0].OK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it never came back")
		}
		runtime.Gosched()
	}
	if calls != 2 {
		t.Errorf("called %d times", calls)
	}
}

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

func TestTheNetworkSumsCountPhysicalInterfacesOnce(t *testing.T) {
	tr := newTree(t)
	line := "%s: %d 0 0 0 0 0 0 0 %d 0 0 0 0 0 0 0\n"
	write := func(n int) {
		text := "h\nh\n"
		for _, name := range []string{"lo", "eth0", "eth1", "bond0", "eth0.100", "docker0", "br-1", "veth1", "wg0"} {
			text += fmt.Sprintf(line, name, n, 2*n)
		}
		tr.put(tr.roots.Proc+"/self/net/dev", text)
	}
	tr.put(tr.roots.Proc+"/self/net/snmp", "Tcp: CurrEstab\nTcp: 3\n")
	tr.put(tr.roots.Sys+"/class/net/eth0/device/vendor", "")
	tr.put(tr.roots.Sys+"/class/net/eth1/device/vendor", "")
	tr.put(tr.roots.Sys+"/class/net/eth0/speed", "1000\n")
	tr.put(tr.roots.Sys+"/class/net/eth0/operstate", "up\n")
	tr.put(tr.roots.Sys+"/class/net/wg0/speed", "-1\n")
	c := &networkCollector{roots: tr.roots}
	write(1000)
	if sample, err := c.Collect(t.Context(), Want{}); err != nil || !math.IsNaN(sample.Host[wire.NetRxBytesPerSecond]) {
		t.Fatalf("the first reading has no rate: %+v, %v", sample, err)
	}
	c.beforeAt = time.Now().Add(-10 * time.Second)
	write(11000)
	sample, err := c.Collect(t.Context(), Want{Detail: true})
	if err != nil {
		t.Fatal(err)
	}
	rx, tx := sample.Host[wire.NetRxBytesPerSecond], sample.Host[wire.NetTxBytesPerSecond]
	if rx < 1990 || rx > 2001 || tx < 3980 || tx > 4001 || sample.Host[wire.TCPEstablished] != 3 {
		t.Errorf("rx %v, tx %v", rx, tx)
	}
	if n := len(sample.Detail.Interfaces); n != 7 {
		t.Errorf("%d interfaces in the detail", n)
	}
	for _, entry := range sample.Detail.Interfaces {
		if entry.Name == "eth0" && (!entry.Up || entry.SpeedBitsPerSec != 1e9) || entry.Name == "wg0" && entry.SpeedBitsPerSec.Known() {
			t.Errorf("got %+v", entry)
		}
	}
	write(5)
	if sample, _ := c.Collect(t.Context(), Want{}); !math.IsNaN(sample.Host[wire.NetRxBytesPerSecond]) {
		t.Errorf("after a reset: %v", sample.Host[wire.NetRxBytesPerSecond])
	}
}

// AG-12: names that are not UTF-8.
func TestANameThatIsNotUTF8StillMakesALineOfJSON(t *testing.T) {
	tr := newTree(t)
	tr.put(tr.roots.Proc+"/self/net/dev", "h\nh\net\xff0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n")
	tr.put(tr.roots.Proc+"/self/net/snmp", "Tcp: CurrEstab\nTcp: 3\n")
	c := &networkCollector{roots: tr.roots}
	sample, err := c.Collect(t.Context(), Want{Detail: true})
	if err != nil || len(sample.Detail.Interfaces) != 1 || sample.Detail.Interfaces[0].Name != "et\uFFFD0" {
		t.Fatalf("%+v, %v", sample.Detail.Interfaces, err)
	}
	line, err := wire.MarshalLine(sample.Detail)
	if err != nil || !utf8.Valid(line) {
		t.Errorf("%q, %v", line, err)
	}
}

func TestTheKernelsCountOfProcessesFollowsTheirNumber(t *testing.T) {
	c := &systemCollector{roots: HostRoots("")}
	count := func() float64 {
		sample, err := c.Collect(t.Context(), Want{})
		if err != nil {
			t.Fatal(err)
		}
		return sample.Host[wire.ProcessCount]
	}
	listed := count()
	const started = 200
	for range started {
		child := exec.CommandContext(t.Context(), "sleep", "60")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = child.Wait() }) // killed with the test's context
	}
	if counted := count(); counted < listed+started-60 || counted > listed+started+60 { // others start and end processes, too
		t.Errorf("%v processes became %v", listed, counted)
	}
	tr := newTree(t)
	for _, name := range []string{"loadavg", "uptime"} {
		tr.put(tr.roots.Proc+"/"+name, "1 1 1")
	}
	for _, name := range []string{"1", "22", "self", "x1"} {
		tr.put(tr.roots.Proc+"/"+name+"/stat", "")
	}
	c = &systemCollector{roots: tr.roots}
	if got := count(); got != 2 {
		t.Errorf("listed %v", got)
	}
}

func TestTheHottestSensorIsReported(t *testing.T) {
	tr := newTree(t)
	c := &temperatureCollector{roots: tr.roots}
	if _, err := c.Collect(t.Context(), Want{}); !errors.Is(err, ErrNothingHere) {
		t.Errorf("got %v", err)
	}
	dir := tr.roots.Sys + "/class/hwmon/hwmon0"
	tr.put(dir+"/name", "coretemp\n")
	tr.put(dir+"/temp1_input", "45000\n")
	tr.put(dir+"/temp1_label", "Package id 0\n")
	tr.put(dir+"/temp2_input", "61500\n")
	tr.put(dir+"/temp3_input", "-274000\n")
	c = &temperatureCollector{roots: tr.roots}
	sample, err := c.Collect(t.Context(), Want{})
	if err != nil || sample.Host[wire.TemperatureCelsius] != 61.5 || len(sample.Detail.Temperatures) != 2 || sample.Detail.Temperatures[0].Sensor != "coretemp Package id 0" {
		t.Errorf("%+v, %v", sample, err)
	}
}

func TestThisMachineIsMeasuredWithoutAFailure(t *testing.T) {
	runner := NewRunner(Host(HostRoots(""), nil))
	runner.Run(t.Context(), Want{})
	busy := time.Now()
	for time.Since(busy) < 200*time.Millisecond { // so that ticks have passed
	}
	sample := runner.Run(t.Context(), Want{Detail: true})
	for _, report := range sample.Detail.Collectors {
		if !report.OK {
			t.Errorf("%s: %s", report.Name, *report.Error)
		}
	}
	for _, field := range []wire.HostField{wire.CPURatio, wire.Load1, wire.MemTotalBytes, wire.MemUsedBytes, wire.DiskTotalBytes, wire.ProcessCount, wire.NetRxBytesPerSecond, wire.TCPEstablished} {
		if math.IsNaN(sample.Host[field]) {
			t.Errorf("field %d is unknown", field)
		}
	}
	if cpu := sample.Host[wire.CPURatio]; cpu <= 0 || cpu > 1 {
		t.Errorf("the processors are busy by %v", cpu)
	}
	facts, err := Facts(HostRoots(""), "1", docker.State{Problem: "none here"})
	if err != nil || facts.CPUCores < 1 || facts.MemTotalBytes == 0 || facts.BootedAtMs == 0 || facts.Kernel == "" || *facts.DockerProblem != "none here" {
		t.Errorf("%+v, %v", facts, err)
	}
}

func BenchmarkHostSample(b *testing.B) {
	runner := NewRunner(Host(HostRoots(""), nil))
	for b.Loop() {
		runner.Run(b.Context(), Want{})
	}
}

func BenchmarkHostSampleWithDetail(b *testing.B) {
	runner := NewRunner(Host(HostRoots(""), nil))
	for b.Loop() {
		runner.Run(b.Context(), Want{Detail: true})
	}
}
