package sshserver

import (
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

const (
	copyBuffer = 32 * 1024
	// A program may leave children behind that hold its output open. Once it has ended, silence for this long is the end.
	lingerAfterExit = 500 * time.Millisecond
)

// command is one program run by exec, with separate stdout and stderr.
type command struct {
	session *session
	argv    []string
	group   *group
}

func newCommand(s *session, argv []string) *command {
	return &command{session: s, argv: argv, group: newGroup()}
}

func (c *command) run() {
	s := c.session
	c.session.finish(c.group.run(program{
		argv: c.argv, user: s.account(), env: s.env, tasks: &s.tasks,
		stdin: s.channel, stdout: s.channel, stderr: s.channel.Stderr(),
	}))
}

func (c *command) signal(name string) bool {
	number, known := signals[name]
	return known && c.group.signal(number)
}

func (c *command) resize(windowSize) bool { return false }

func (c *command) hangUp() { c.group.end(unix.SIGTERM, c.session.hurry) }

// feedStdin passes the core's input on until its end. When the program does not want it, the rest is read and dropped:
// unread input would take up the channel's window.
func feedStdin(stdin *os.File, from io.Reader) {
	_, err := io.CopyBuffer(onlyWriter{stdin}, from, make([]byte, copyBuffer))
	_ = stdin.Close() // this is how the program sees the end
	if err != nil {
		_, _ = io.Copy(io.Discard, from) // until the channel is gone
	}
}

// onlyWriter hides the file's own way of copying, which would ignore the buffer.
type onlyWriter struct{ io.Writer }

// output copies one of a program's outputs to the channel with a single buffer: when the core does not read, the
// channel's window fills, the copy waits, the pipe fills, and the program waits.
type output struct {
	from   outputFile
	to     io.Writer
	exited <-chan struct{}
}

// outputFile is our end of a pipe or of a terminal.
type outputFile interface {
	io.ReadCloser
	SetReadDeadline(t time.Time) error
}

func (o *output) copy() {
	buffer := make([]byte, copyBuffer)
	for {
		n, err := o.from.Read(buffer)
		if n > 0 {
			if _, err := o.to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break // its end, or silence after the program's end
		}
		select {
		case <-o.exited:
			o.hurry()
		default:
		}
	}
	_ = o.from.Close() // a program that still writes gets SIGPIPE
}

// hurry bounds the next read; a file that is closed already needs no bound.
func (o *output) hurry() { _ = o.from.SetReadDeadline(time.Now().Add(lingerAfterExit)) }

// pipes are our ends of a program's three files.
type pipes struct {
	stdin          *os.File
	stdout, stderr *os.File
	childEnds      []*os.File
}

func openPipes(cmd *exec.Cmd) (*pipes, error) {
	p := &pipes{}
	childIn, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.childEnds = stdin, append(p.childEnds, childIn)
	for _, end := range []struct {
		ours  **os.File
		child *io.Writer
	}{{&p.stdout, &cmd.Stdout}, {&p.stderr, &cmd.Stderr}} {
		read, write, err := os.Pipe()
		if err != nil {
			p.close()
			return nil, err
		}
		*end.ours, *end.child = read, write
		p.childEnds = append(p.childEnds, write)
	}
	cmd.Stdin = childIn
	return p, nil
}

func (p *pipes) closeChildEnds() {
	for _, file := range p.childEnds {
		_ = file.Close() // the child has its own copies
	}
	p.childEnds = nil
}

// close releases whatever is still open; closing twice is harmless.
func (p *pipes) close() {
	p.closeChildEnds()
	for _, file := range []*os.File{p.stdin, p.stdout, p.stderr} {
		if file != nil {
			_ = file.Close()
		}
	}
}
