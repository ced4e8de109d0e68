package collect

import (
	"context"
	"errors"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"serverbox/agent/pkg/wire"
)

const (
	mountsMaxAge   = 15 * time.Second // the list is long where many containers run, and seldom changes
	sectorBytes    = 512              // the unit of /proc/diskstats, whatever the disk's own sectors are
	maxDisksOnWire = 256
)

// diskCounters are one line of /proc/diskstats.
type diskCounters struct {
	name                    string
	readSectors, wroteSects uint64
	busyMs                  uint64
}

// parseDiskstats reads /proc/diskstats, keyed by "major:minor".
func parseDiskstats(text []byte) map[string]diskCounters {
	disks := map[string]diskCounters{}
	for line := range lines(text) {
		major, rest := nextField(line)
		minor, rest := nextField(rest)
		name, rest := nextField(rest)
		var n [11]uint64
		if parseUints(rest, n[:]) < 10 {
			continue
		}
		disks[string(major)+":"+string(minor)] = diskCounters{
			name: string(name), readSectors: n[2], wroteSects: n[6], busyMs: n[9],
		}
	}
	return disks
}

type diskRates struct {
	read, write, busy float64
}

func unknownRates() diskRates { return diskRates{math.NaN(), math.NaN(), math.NaN()} }

func diskDelta(before, now diskCounters, seconds float64) diskRates {
	busy := rate(before.busyMs, now.busyMs, seconds) / 1000
	return diskRates{
		read:  byteRate(before.readSectors*sectorBytes, now.readSectors*sectorBytes, seconds),
		write: byteRate(before.wroteSects*sectorBytes, now.wroteSects*sectorBytes, seconds),
		busy:  round(math.Min(busy, 1), 3),
	}
}

type diskCollector struct {
	roots  Roots
	files  fileReader
	statfs func(path string, into *unix.Statfs_t) error

	mounts     []mount
	mountsAt   time.Time
	probes     map[string]*statProbe
	before     map[string]diskCounters
	beforeAt   time.Time
	isPhysical map[string]bool // by disk name, found out once
}

func newDiskCollector(roots Roots) *diskCollector {
	return &diskCollector{
		roots: roots, statfs: unix.Statfs,
		probes: map[string]*statProbe{}, isPhysical: map[string]bool{},
	}
}

func (c *diskCollector) Name() string { return "disks" }

func (c *diskCollector) Collect(_ context.Context, want Want) (*Sample, error) {
	sample := NewSample()
	if err := c.refreshMounts(); err != nil {
		return nil, err
	}
	rates, err := c.readRates(sample)
	problems := []error{err}
	var total, used uint64
	fullest := math.NaN()
	answers := c.statAll()
	for i, m := range c.mounts {
		usage, err := answers[i].usage, answers[i].err
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if !m.isNetwork() {
			total += usage.TotalBytes
			used += usage.UsedBytes
			if share := ratio(usage.InodesUsed, usage.InodesTotal); !(share <= fullest) {
				fullest = share
			}
		}
		if want.Detail && len(sample.Detail.Disks) < maxDisksOnWire {
			sample.Detail.Disks = append(sample.Detail.Disks, describeDisk(m, usage, rates))
		}
	}
	if total > 0 {
		sample.set(wire.DiskTotalBytes, float64(total))
		sample.set(wire.DiskUsedBytes, float64(used))
		sample.set(wire.DiskInodesRatio, fullest)
	}
	return sample, errors.Join(problems...)
}

func (c *diskCollector) refreshMounts() error {
	if time.Since(c.mountsAt) < mountsMaxAge && len(c.mounts) > 0 {
		return nil
	}
	text, err := c.files.read(c.roots.self() + "/mountinfo")
	if err != nil {
		return err
	}
	c.mounts, c.mountsAt = chooseMounts(parseMountinfo(text)), time.Now()
	return nil
}

// readRates sets the sums over physical disks and returns the rates of every device.
func (c *diskCollector) readRates(sample *Sample) (map[string]diskRates, error) {
	text, err := c.files.read(c.roots.Proc + "/diskstats")
	if err != nil {
		return nil, err
	}
	now, at := parseDiskstats(text), time.Now()
	before, seconds := c.before, at.Sub(c.beforeAt).Seconds()
	c.before, c.beforeAt = now, at
	rates := map[string]diskRates{}
	sum, hasDisk := diskRates{}, false
	for key, counters := range now {
		earlier, known := before[key]
		if !known || earlier.name != counters.name {
			continue
		}
		delta := diskDelta(earlier, counters, seconds)
		rates[key] = delta
		if c.physical(counters.name) {
			hasDisk = true
			sum.read += delta.read
			sum.write += delta.write
			sum.busy = math.Max(sum.busy, delta.busy) // NaN wins: a disk that is unknown may be the busiest
		}
	}
	if hasDisk {
		sample.set(wire.DiskReadBytesPerSecond, sum.read)
		sample.set(wire.DiskWriteBytesPerSecond, sum.write)
		sample.set(wire.DiskBusyRatio, sum.busy)
	}
	return rates, nil
}

// physical tells disks from partitions, loops, device-mapper and RAID volumes: only a disk has a device behind it.
func (c *diskCollector) physical(name string) bool {
	answer, known := c.isPhysical[name]
	if !known {
		answer = exists(c.roots.Sys + "/block/" + name + "/device")
		c.isPhysical[name] = answer
	}
	return answer
}

func describeDisk(m mount, usage diskUsage, rates map[string]diskRates) wire.Disk {
	own, known := rates[m.device]
	if !known {
		own = unknownRates()
	}
	return wire.Disk{
		Mount: wire.Cut(m.point, wire.MaxMountLength), Device: wire.Label(m.source), FSType: wire.Label(m.fsType),
		TotalBytes: usage.TotalBytes, UsedBytes: usage.UsedBytes,
		InodesTotal: usage.InodesTotal, InodesUsed: usage.InodesUsed,
		ReadBytesPerSecond: wire.Value(own.read), WriteBytesPerSecond: wire.Value(own.write), BusyRatio: wire.Value(own.busy),
	}
}
