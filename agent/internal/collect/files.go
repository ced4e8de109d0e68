package collect

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Roots are where the kernel's files are found; tests point them at trees of literal kernel text.
type Roots struct {
	Proc string
	Sys  string
	Etc  string
	Run  string
	// Host is where the machine's root directory is mounted, for an agent in a container; empty on the machine itself.
	Host string
}

// HostRoots are those of a running system, whose root directory is mounted at host; empty means here.
func HostRoots(host string) Roots {
	return Roots{Proc: host + "/proc", Sys: host + "/sys", Etc: host + "/etc", Run: host + "/run", Host: host}
}

// self names the process whose mounts and network are the machine's: in a container those of the agent are not.
func (r Roots) self() string {
	if r.Host == "" {
		return r.Proc + "/self"
	}
	return r.Proc + "/1"
}

const (
	firstBuffer  = 8 * 1024
	maxFileBytes = 4 << 20
)

// fileReader reads kernel files into one buffer that it keeps. The system calls are made directly: os.File would try to
// register each with the poller, which costs more than the reading.
type fileReader struct {
	buffer []byte
}

// read returns the file's text, valid until the next call.
func (r *fileReader) read(path string) ([]byte, error) {
	fd, err := openRetrying(path)
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }() // opened for reading only
	if r.buffer == nil {
		r.buffer = make([]byte, firstBuffer)
	}
	length := 0
	for {
		n, err := unix.Read(fd, r.buffer[length:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		}
		if n == 0 {
			return r.buffer[:length], nil
		}
		length += n
		if length == len(r.buffer) {
			if length >= maxFileBytes {
				return nil, fmt.Errorf("read %s: larger than %d bytes", path, maxFileBytes)
			}
			r.buffer = append(r.buffer, make([]byte, length)...)
		}
	}
}

func openRetrying(path string) (int, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// keptFile is a kernel file that stays open between readings: finding and opening a control group's file costs more
// than reading it. Use it for files that the kernel writes in one piece, and close it when its subject is gone.
type keptFile struct {
	path     string
	fd       int
	isOpen   bool
	isAbsent bool // it was not there when first asked for, and will not come
}

// readKept returns the file's text, valid until the next call.
func (r *fileReader) readKept(file *keptFile) ([]byte, error) {
	if file.isAbsent {
		return nil, &os.PathError{Op: "read", Path: file.path, Err: unix.ENOENT}
	}
	if !file.isOpen {
		fd, err := openRetrying(file.path)
		if err != nil {
			file.isAbsent = err == unix.ENOENT
			return nil, &os.PathError{Op: "read", Path: file.path, Err: err}
		}
		file.fd, file.isOpen = fd, true
	}
	if r.buffer == nil {
		r.buffer = make([]byte, firstBuffer)
	}
	for {
		n, err := unix.Pread(file.fd, r.buffer, 0)
		switch {
		case err == unix.EINTR:
		case err != nil: // ENODEV: the group was removed
			return nil, &os.PathError{Op: "read", Path: file.path, Err: err}
		case n < len(r.buffer):
			return r.buffer[:n], nil
		case n >= maxFileBytes:
			return nil, fmt.Errorf("read %s: larger than %d bytes", file.path, maxFileBytes)
		default:
			r.buffer = make([]byte, 2*n)
		}
	}
}

func (f *keptFile) close() {
	if f.isOpen {
		_ = unix.Close(f.fd) // opened for reading only
		f.isOpen = false
	}
}

// readTrimmed returns the file's text without white space around it.
func (r *fileReader) readTrimmed(path string) (string, error) {
	text, err := r.read(path)
	return strings.TrimSpace(string(text)), err
}

// readUint reads a file that holds one number.
func (r *fileReader) readUint(path string) (uint64, error) {
	text, err := r.readTrimmed(path)
	if err != nil {
		return 0, err
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read %s: %.40q is not a number", path, text)
	}
	return number, nil
}

func listNames(path string) ([]string, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // opened for reading only
	names, err := dir.Readdirnames(-1)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return names, nil
}

func exists(path string) bool {
	var stat unix.Stat_t
	return unix.Stat(path, &stat) == nil
}
