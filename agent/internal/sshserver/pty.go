package sshserver

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// windowSize is a terminal's size in characters, always within bounds.
type windowSize struct {
	columns, rows uint16
}

// ptyRequest is what a core asked of a terminal.
type ptyRequest struct {
	term string
	size windowSize
}

func clampSize(columns, rows uint32) windowSize {
	clamp := func(n uint32) uint16 { return uint16(min(max(n, 1), 1000)) }
	return windowSize{columns: clamp(columns), rows: clamp(rows)}
}

// parsePtyRequest reads RFC 4254 section 6.2; the terminal modes stay as the kernel sets them.
func parsePtyRequest(payload []byte) (ptyRequest, error) {
	var request struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}
	if err := ssh.Unmarshal(payload, &request); err != nil {
		return ptyRequest{}, errors.New("malformed pty request")
	}
	if !isTerminalName(request.Term) {
		return ptyRequest{}, errors.New("malformed terminal name")
	}
	return ptyRequest{term: request.Term, size: clampSize(request.Columns, request.Rows)}, nil
}

func parseWindowChange(payload []byte) (windowSize, error) {
	var change struct{ Columns, Rows, Width, Height uint32 }
	if err := ssh.Unmarshal(payload, &change); err != nil {
		return windowSize{}, errors.New("malformed window-change request")
	}
	return clampSize(change.Columns, change.Rows), nil
}

// isTerminalName accepts what terminfo names look like: the name becomes part of a path in every program that reads it.
func isTerminalName(name string) bool {
	if len(name) > 64 {
		return false
	}
	for _, r := range name {
		isPlain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '+' || r == '.' || r == '_'
		if !isPlain {
			return false
		}
	}
	return name != "" && name[0] != '.'
}

// openPty opens a pair of terminal ends. Ours never blocks a thread, so that a read can be given up; with a blocking
// file, closing it would wait for the read that the closing is to end.
func openPty() (ours, child *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	ours = os.NewFile(uintptr(fd), "/dev/ptmx")
	child, err = openChildEnd(fd)
	if err != nil {
		return nil, nil, errors.Join(err, ours.Close())
	}
	return ours, child, nil
}

func openChildEnd(fd int) (*os.File, error) {
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, fmt.Errorf("unlock terminal: %w", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, fmt.Errorf("number of terminal: %w", err)
	}
	return os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
}

// setSize also tells the programs on the terminal, by SIGWINCH.
func setSize(terminal *os.File, size windowSize) error {
	control, err := terminal.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = control.Control(func(fd uintptr) {
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: size.rows, Col: size.columns})
	})
	return errors.Join(err, failed)
}
