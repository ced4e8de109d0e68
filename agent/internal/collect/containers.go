package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"time"

	"serverbox/agent/internal/docker"
	"serverbox/agent/pkg/wire"
)

const (
	maxEntryErrors = 3 // in one report: the rest is only counted
)

// containerCounters are what the kernel counts for one container.
type containerCounters struct {
	cpuNs      uint64
	block      blockBytes
	hasBlock   bool
	net        interfaceCounters
	hasNet     bool
	memCharged float64 // with the cache
	memUsed    float64 // without
	memLimit   float64
	pids       float64
	quiet      int // for so many cycles memUsed, memLimit and pids were not read, because nothing has happened
	measuredAt time.Time
}

// tracked is a container with what was read of it before.
type tracked struct {
	container docker.Container
	files     cgroupFiles
	netDev    string // path of its interfaces' counters
	before    *containerCounters
}

// containersCollector reads the control groups of the containers that Docker says are running.
type containersCollector struct {
	roots   Roots
	files   fileReader
	state   func() docker.State
	mounts  []cgroupMount
	tracked map[string]*tracked
	keep    int // so many containers' files may stay open between two cycles
}

func (c *containersCollector) Name() string { return "containers" }

func (c *containersCollector) Collect(context.Context, Want) (*Sample, error) {
	state := c.state()
	if !state.Usable() {
		if state.Err == nil || errors.Is(state.Err, fs.ErrNotExist) {
			return nil, ErrNothingHere // no Docker is not a failure
		}
		return nil, errors.New(state.Problem)
	}
	if err := c.ensureMounts(); err != nil {
		return nil, err
	}
	sample := NewSample()
	sample.HasRows, sample.Rows = true, make([]wire.Row, 0, len(state.Containers))
	c.forgetOthers(state.Containers)
	problems := state.Faults
	for _, container := range state.Containers[:min(len(state.Containers), wire.MaxContainersPerNode)] {
		values, err := c.read(container)
		if err != nil {
			c.forget(container.ID) // found again in the next cycle, if it still runs
			problems = append(problems, fmt.Errorf("container %s: %w", container.ID[:12], err))
			continue
		}
		sample.Rows = append(sample.Rows, wire.Row{ID: container.ID[:12], Values: values})
	}
	return sample, summarize(problems)
}

func summarize(problems []error) error {
	if len(problems) <= maxEntryErrors {
		return errors.Join(problems...)
	}
	rest := fmt.Errorf("and %d more", len(problems)-maxEntryErrors)
	return errors.Join(append(problems[:maxEntryErrors:maxEntryErrors], rest)...)
}

func (c *containersCollector) ensureMounts() error {
	if len(c.mounts) > 0 {
		return nil
	}
	text, err := c.files.read(c.roots.self() + "/mountinfo")
	if err != nil {
		return err
	}
	c.mounts = findCgroupMounts(parseMountinfo(text), c.roots.Host)
	c.tracked, c.keep = map[string]*tracked{}, keepLimit()
	if len(c.mounts) == 0 {
		return errors.New("find control groups: none are mounted")
	}
	return nil
}

func (c *containersCollector) forgetOthers(running []docker.Container) {
	if len(c.tracked) == 0 {
		return
	}
	current := make(map[string]int, len(running))
	for _, container := range running {
		current[container.ID] = container.Pid
	}
	for id, known := range c.tracked {
		if current[id] != known.container.Pid { // gone, or restarted
			c.forget(id)
		}
	}
}

func (c *containersCollector) forget(id string) {
	if known := c.tracked[id]; known != nil {
		known.files.close()
		delete(c.tracked, id)
	}
}

func (c *containersCollector) read(container docker.Container) (wire.Values, error) {
	known, err := c.track(container)
	if err != nil {
		return nil, err
	}
	now, err := c.readCounters(known)
	if err != nil {
		return nil, err
	}
	if len(c.tracked) > c.keep {
		known.files.close()
	}
	values := containerValues(known.before, now)
	known.before = &now
	return values, nil
}

func (c *containersCollector) track(container docker.Container) (*tracked, error) {
	if known := c.tracked[container.ID]; known != nil {
		return known, nil
	}
	text, err := c.files.read(c.procPath(container, "cgroup"))
	if err != nil {
		return nil, err
	}
	paths, err := resolveCgroups(c.mounts, parseProcCgroup(text))
	if err != nil {
		return nil, err
	}
	known := &tracked{container: container, files: newCgroupFiles(paths), netDev: c.procPath(container, "net/dev")}
	c.tracked[container.ID] = known
	return known, nil
}

func (c *containersCollector) procPath(container docker.Container, file string) string {
	return c.roots.Proc + "/" + strconv.Itoa(container.Pid) + "/" + file
}

// readCounters fails only when the container has gone; what the kernel does not account for stays unknown.
func (c *containersCollector) readCounters(known *tracked) (containerCounters, error) {
	now := containerCounters{memUsed: math.NaN(), memLimit: math.NaN(), pids: math.NaN(), measuredAt: time.Now()}
	if err := c.readGroups(&known.files, known.before, &now); err != nil {
		return containerCounters{}, err
	}
	if !known.container.SharesHostNetwork { // else they are the machine's own interfaces
		text, err := c.files.read(known.netDev)
		if err == nil {
			now.net, now.hasNet = sumInterfaces(text), true
		} else if !errors.Is(err, fs.ErrPermission) {
			return containerCounters{}, err
		}
	}
	return now, nil
}

// sumInterfaces adds up the bytes of a container's net/dev, without the loopback.
func sumInterfaces(text []byte) (sum interfaceCounters) {
	for line := range lines(text) {
		name, counters, ok := parseInterface(line)
		if ok && string(name) != "lo" {
			sum.rxBytes += counters.rxBytes
			sum.txBytes += counters.txBytes
		}
	}
	return sum
}

// containerValues compares two readings of one container; the first reading of it has no rates.
func containerValues(before *containerCounters, now containerCounters) wire.Values {
	values := make(wire.Values, wire.ContainerFieldCount)
	for i := range values {
		values[i] = wire.Unknown()
	}
	values[wire.ContainerMemUsedBytes] = wire.Value(now.memUsed)
	values[wire.ContainerMemLimitBytes] = wire.Value(now.memLimit)
	values[wire.ContainerPids] = wire.Value(now.pids)
	if before == nil {
		return values
	}
	seconds := now.measuredAt.Sub(before.measuredAt).Seconds()
	values[wire.ContainerCPUCores] = wire.Value(round(rate(before.cpuNs, now.cpuNs, seconds)/1e9, 4))
	if before.hasNet && now.hasNet {
		values[wire.ContainerNetRxBytesPerSecond] = wire.Value(byteRate(before.net.rxBytes, now.net.rxBytes, seconds))
		values[wire.ContainerNetTxBytesPerSecond] = wire.Value(byteRate(before.net.txBytes, now.net.txBytes, seconds))
	}
	if before.hasBlock && now.hasBlock {
		values[wire.ContainerBlockReadBytesPerSecond] = wire.Value(byteRate(before.block.read, now.block.read, seconds))
		values[wire.ContainerBlockWriteBytesPerSecond] = wire.Value(byteRate(before.block.write, now.block.write, seconds))
	}
	return values
}
