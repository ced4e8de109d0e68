package collect

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// cgroupMount is where a hierarchy of control groups is mounted. For version 2 there is one, without controllers here.
type cgroupMount struct {
	point       string
	root        string   // which group is mounted: not "/" in a container with a view of its own
	controllers []string // of version 1
	isV2        bool
}

// findCgroupMounts picks the control group file systems out of the mounts of the machine whose root is at host.
func findCgroupMounts(mounts []mount, host string) []cgroupMount {
	var found []cgroupMount
	for _, m := range mounts {
		switch m.fsType {
		case "cgroup":
			found = append(found, cgroupMount{point: host + m.point, root: m.root, controllers: strings.Split(m.superFlags, ",")})
		case "cgroup2":
			found = append(found, cgroupMount{point: host + m.point, root: m.root, isV2: true})
		}
	}
	return found
}

// parseProcCgroup reads /proc/<pid>/cgroup: the group of each version 1 controller, and under "" that of version 2.
func parseProcCgroup(text []byte) map[string]string {
	groups := map[string]string{}
	for line := range lines(text) {
		_, rest, found := bytes.Cut(line, []byte{':'})
		controllers, group, alsoFound := bytes.Cut(rest, []byte{':'})
		if !found || !alsoFound || len(group) == 0 || group[0] != '/' {
			continue
		}
		for name := range strings.SplitSeq(string(controllers), ",") {
			groups[name] = string(group)
		}
	}
	return groups
}

// cgroupPaths are one container's directories; an empty one means that the kernel does not account for it.
type cgroupPaths struct {
	isV2                     bool
	cpu, memory, blkio, pids string
}

// resolveCgroups finds a process's directories from what the kernel says of it, whatever Docker's layout is.
func resolveCgroups(mounts []cgroupMount, groups map[string]string) (cgroupPaths, error) {
	paths := cgroupPaths{
		cpu: v1Path(mounts, groups, "cpuacct"), memory: v1Path(mounts, groups, "memory"),
		blkio: v1Path(mounts, groups, "blkio"), pids: v1Path(mounts, groups, "pids"),
	}
	if paths != (cgroupPaths{}) {
		return paths, nil
	}
	group, known := groups[""]
	at := slices.IndexFunc(mounts, func(m cgroupMount) bool { return m.isV2 })
	if !known || at < 0 {
		return cgroupPaths{}, errors.New("find control groups: none are mounted")
	}
	if group == "/" { // the root group is the whole machine, never a container
		return cgroupPaths{}, errors.New("find control groups: the process is in none of its own")
	}
	dir := mounts[at].join(group)
	return cgroupPaths{isV2: true, cpu: dir, memory: dir, blkio: dir, pids: dir}, nil
}

func v1Path(mounts []cgroupMount, groups map[string]string, controller string) string {
	group, known := groups[controller]
	at := slices.IndexFunc(mounts, func(m cgroupMount) bool { return slices.Contains(m.controllers, controller) })
	if !known || at < 0 || group == "/" {
		return ""
	}
	return mounts[at].join(group)
}

func (m cgroupMount) join(group string) string {
	if m.root != "/" {
		group = strings.TrimPrefix(group, m.root)
	}
	return path.Join(m.point, path.Clean("/"+group))
}

// parseKeyed finds one line `key value` in a file such as memory.stat.
func parseKeyed(text []byte, key string) (uint64, error) {
	for line := range lines(text) {
		name, rest := nextField(line)
		if string(name) != key {
			continue
		}
		field, _ := nextField(rest)
		if number, ok := parseUint(field); ok {
			return number, nil
		}
	}
	return 0, fmt.Errorf("there is no %s", key)
}

// blockBytes are what a group has read from and written to block devices.
type blockBytes struct {
	read, write uint64
}

// parseIOStat reads version 2's io.stat: `254:0 rbytes=1 wbytes=2 rios=…` for each device.
func parseIOStat(text []byte) blockBytes {
	var sum blockBytes
	for word := range bytes.FieldsSeq(text) {
		if number, found := bytes.CutPrefix(word, []byte("rbytes=")); found {
			n, _ := parseUint(number) // no number counts as none
			sum.read += n
		}
		if number, found := bytes.CutPrefix(word, []byte("wbytes=")); found {
			n, _ := parseUint(number)
			sum.write += n
		}
	}
	return sum
}

// parseServiceBytes reads version 1's blkio.throttle.io_service_bytes: `254:0 Read 1` for each device and kind.
func parseServiceBytes(text []byte) blockBytes {
	var sum blockBytes
	for line := range lines(text) {
		_, rest := nextField(line)
		kind, rest := nextField(rest)
		field, _ := nextField(rest)
		n, ok := parseUint(field)
		if !ok {
			continue // the line of the total has two words
		}
		switch string(kind) {
		case "Read":
			sum.read += n
		case "Write":
			sum.write += n
		}
	}
	return sum
}
