package sshserver

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ptyOutput is our end of a terminal, read in large pieces. The kernel hands out less than 4 KiB at a time, and each
// piece that is sent is a packet, a message and an authentication of its own.
type ptyOutput struct {
	*os.File
	control syscall.RawConn
}

func newPtyOutput(ours *os.File) (*ptyOutput, error) {
	control, err := ours.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &ptyOutput{File: ours, control: control}, nil
}

// Read waits for the first byte and then takes what is there, never waiting for more: the echo of a key leaves at once,
// while a program that prints faster than the core reads fills the buffer. An error after some bytes is told by the
// next call, since a terminal repeats it.
func (p *ptyOutput) Read(buffer []byte) (int, error) {
	length := 0
	var failed error
	err := p.control.Read(func(fd uintptr) bool {
		length, failed = readAvailable(int(fd), buffer)
		return failed != unix.EAGAIN
	})
	switch {
	case length > 0:
		return length, nil
	case err != nil: // closed, or the deadline passed
		return 0, err
	}
	return 0, failed
}

// readAvailable fills the buffer from a file that does not block. The error says why it stopped with nothing read.
func readAvailable(fd int, buffer []byte) (length int, err error) {
	for length < len(buffer) {
		n, err := unix.Read(fd, buffer[length:])
		switch {
		case err == unix.EINTR:
		case length > 0 && (err != nil || n == 0):
			return length, nil
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		length += max(n, 0)
	}
	return length, nil
}
