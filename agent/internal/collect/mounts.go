package collect

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// mount is one line of /proc/self/mountinfo.
type mount struct {
	device     string // "254:0", the key into the table of disks
	root       string // which directory of the file system is mounted here; "/" is all of it
	point      string
	fsType     string
	source     string // "/dev/vda1", "server:/export", …
	superFlags string // for cgroup file systems: the controllers
}

// parseMountinfo reads mountinfo (proc(5)): fields, a dash after any number of optional ones, three more fields.
func parseMountinfo(text []byte) []mount {
	var mounts []mount
	for line := range lines(text) {
		before, after, found := bytes.Cut(line, []byte(" - "))
		fields := strings.Fields(string(before))
		tail := strings.Fields(string(after))
		if !found || len(fields) < 6 || len(tail) < 2 {
			continue
		}
		m := mount{
			device: fields[2], root: unescapeMount(fields[3]), point: unescapeMount(fields[4]),
			fsType: tail[0], source: unescapeMount(tail[1]),
		}
		if len(tail) > 2 {
			m.superFlags = tail[2]
		}
		mounts = append(mounts, m)
	}
	return mounts
}

// unescapeMount turns \040 and its like back into the byte.
func unescapeMount(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if code, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// File systems on the network: shown, and left out of the sums, because they are not this machine's disks.
var networkTypes = []string{"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "afs"}

// File systems that hold data on this machine's disks.
var localTypes = []string{
	"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "vfat", "exfat", "ntfs", "ntfs3",
	"hfsplus", "ufs", "nilfs2", "ocfs2", "gfs2", "fuseblk", "fuse.mergerfs", "virtiofs",
}

func (m mount) isNetwork() bool { return slices.Contains(networkTypes, m.fsType) }

func (m mount) isReal() bool { return m.isNetwork() || slices.Contains(localTypes, m.fsType) }

// isWhole is false for bind mounts. The subvolumes of btrfs look like them and are the normal case there.
func (m mount) isWhole() bool { return m.root == "/" || m.fsType == "btrfs" }

// chooseMounts picks the file systems to report: real ones, each device once, at its shortest mount point; and always
// the root, even where it is an overlay because the agent runs in a container.
func chooseMounts(mounts []mount) []mount {
	var chosen []mount
	index := map[string]int{}
	for _, m := range mounts {
		isRoot := m.point == "/"
		if !isRoot && (!m.isReal() || !m.isWhole()) {
			continue
		}
		key := m.key()
		if isRoot {
			key = "/" // a later root covers an earlier one
		}
		at, seen := index[key]
		switch {
		case !seen:
			index[key] = len(chosen)
			chosen = append(chosen, m)
		case isRoot || len(m.point) < len(chosen[at].point):
			chosen[at] = m
		}
	}
	return dropDuplicatesOfRoot(chosen)
}

// key names the storage behind a mount. The datasets of a ZFS pool share its space.
func (m mount) key() string {
	switch m.fsType {
	case "zfs":
		pool, _, _ := strings.Cut(m.source, "/")
		return "zfs " + pool
	case "btrfs": // each subvolume has a device number of its own
		return "btrfs " + m.source
	}
	return m.device
}

func dropDuplicatesOfRoot(mounts []mount) []mount {
	root := slices.IndexFunc(mounts, func(m mount) bool { return m.point == "/" })
	if root < 0 {
		return mounts
	}
	key := mounts[root].key()
	return slices.DeleteFunc(mounts, func(m mount) bool { return m.point != "/" && m.key() == key })
}
