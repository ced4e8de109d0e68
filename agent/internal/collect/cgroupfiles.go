package collect

import (
	"bytes"
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

const (
	// A limit above this is version 1's way to say that there is none.
	noLimitBytes = 1 << 60
	// Of all files that the process may open, this share may stay open for containers.
	keptShare = 4
)

// cgroupFiles are the files of one container's groups, which stay open between readings.
type cgroupFiles struct {
	isV2     bool
	cpu      keptFile
	memory   keptFile
	memStat  keptFile
	memLimit keptFile
	block    keptFile
	pids     keptFile
}

func newCgroupFiles(paths cgroupPaths) cgroupFiles {
	names := [6]string{"cpuacct.usage", "memory.usage_in_bytes", "memory.stat", "memory.limit_in_bytes", "blkio.throttle.io_service_bytes", "pids.current"}
	if paths.isV2 {
		names = [6]string{"cpu.stat", "memory.current", "memory.stat", "memory.max", "io.stat", "pids.current"}
	}
	file := func(dir, name string) keptFile { return keptFile{path: dir + "/" + name, isAbsent: dir == ""} }
	return cgroupFiles{
		isV2: paths.isV2,
		cpu:  file(paths.cpu, names[0]), memory: file(paths.memory, names[1]), memStat: file(paths.memory, names[2]),
		memLimit: file(paths.memory, names[3]), block: file(paths.blkio, names[4]), pids: file(paths.pids, names[5]),
	}
}

func (f *cgroupFiles) close() {
	for _, file := range []*keptFile{&f.cpu, &f.memory, &f.memStat, &f.memLimit, &f.block, &f.pids} {
		file.close()
	}
}

// keepLimit is the number of containers whose files may stay open.
func keepLimit() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	const filesEach = 6
	return int(min(limit.Cur, 1<<16) / keptShare / filesEach)
}

// quietCycles is how often the rest of a quiet group may be skipped.
const quietCycles = 12

// readGroups fails only when the group has gone; what the kernel does not account for stays unknown. before is nil for
// the first reading.
func (c *containersCollector) readGroups(files *cgroupFiles, before, now *containerCounters) error {
	text, err := c.files.readKept(&files.cpu)
	if err != nil {
		return err
	}
	if now.cpuNs, err = parseCPUTime(text, files.isV2); err != nil {
		return fmt.Errorf("read %s: %w", files.cpu.path, err)
	}
	now.memCharged = c.number(&files.memory)
	if before != nil && now.isQuietSince(before) {
		now.memUsed, now.memLimit, now.pids, now.quiet = before.memUsed, before.memLimit, before.pids, before.quiet+1
	} else {
		c.readRest(files, now)
	}
	if text, err := c.files.readKept(&files.block); err == nil { // some kernels lack it
		now.block, now.hasBlock = parseServiceBytes(text), true
		if files.isV2 {
			now.block = parseIOStat(text)
		}
	}
	return nil
}

// isQuietSince says that none of the group's processes has run and that its memory is what it was. Then it has as many
// processes as before and as much cache, which costs the kernel most to add up. Only its limit may have been changed,
// by somebody else: so all is read again after quietCycles.
func (now *containerCounters) isQuietSince(before *containerCounters) bool {
	return now.cpuNs == before.cpuNs && now.memCharged == before.memCharged && before.quiet < quietCycles
}

func (c *containersCollector) readRest(files *cgroupFiles, now *containerCounters) {
	now.memUsed = c.withoutCache(files, now.memCharged)
	now.memLimit = c.number(&files.memLimit) // version 2 says "max", which is no number: no limit
	if now.memLimit >= noLimitBytes {
		now.memLimit = math.NaN()
	}
	now.pids = c.number(&files.pids)
}

// parseCPUTime returns nanoseconds, which version 1 counts and version 2 counts in thousands.
func parseCPUTime(text []byte, isV2 bool) (uint64, error) {
	if isV2 {
		usec, err := parseKeyed(text, "usage_usec")
		return usec * 1000, err
	}
	ns, ok := parseUint(bytes.TrimSpace(text))
	if !ok {
		return 0, fmt.Errorf("%.40q is not a number", text)
	}
	return ns, nil
}

// withoutCache leaves out the page cache that can be dropped, as `docker stats` does.
func (c *containersCollector) withoutCache(files *cgroupFiles, charged float64) float64 {
	text, err := c.files.readKept(&files.memStat)
	if err != nil {
		return charged
	}
	key := "total_inactive_file"
	if files.isV2 {
		key = "inactive_file"
	}
	droppable, err := parseKeyed(text, key)
	if err != nil {
		return charged
	}
	return math.Max(charged-float64(droppable), 0)
}

// number reads a number that some kernels do not have.
func (c *containersCollector) number(file *keptFile) float64 {
	text, err := c.files.readKept(file)
	if err != nil {
		return math.NaN()
	}
	number, ok := parseUint(bytes.TrimSpace(text))
	if !ok {
		return math.NaN()
	}
	return float64(number)
}
