package sshserver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
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
	exit, err := c.execute()
	if err != nil {
		exit = exitResult{status: startStatus(err)}
		reason := err
		if errors.Is(err, fs.ErrNotExist) {
			reason = errors.New("no such program")
		}
		_, _ = fmt.Fprintf(c.session.channel.Stderr(), "%s: %v\n", c.argv[0], reason) // the core may be gone
	}
	c.session.finish(exit)
}

func (c *command) execute() (exitResult, error) {
	path, err := findProgram(c.argv[0])
	if err != nil {
		return exitResult{}, err
	}
	user := c.session.account()
	cmd := &exec.Cmd{
		Path: path, Args: c.argv, Dir: user.home, Env: environment(user, c.session.env),
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	pipes, err := openPipes(cmd)
	if err != nil {
		return exitResult{}, err
	}
	defer pipes.close()
	if err := c.group.start(cmd); err != nil {
		return exitResult{}, err
	}
	pipes.closeChildEnds()
	c.session.tasks.Go(func() { feedStdin(pipes.stdin, c.session.channel) })

	var outputs sync.WaitGroup
	stdout := &output{from: pipes.stdout, to: c.session.channel, exited: c.group.exited}
	stderr := &output{from: pipes.stderr, to: c.session.channel.Stderr(), exited: c.group.exited}
	outputs.Go(stdout.copy)
	outputs.Go(stderr.copy)
	exit := c.group.wait(cmd)
	stdout.hurry()
	stderr.hurry()
	outputs.Wait()
	return exit, nil
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
	from   *os.File
	to     io.Writer
	exited <-chan struct{}
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
