package sshserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"serverbox/agent/internal/policy"
)

func (s *session) preparePty(payload []byte) error {
	if err := s.options.Policy.Check(policy.Terminal); err != nil {
		return err
	}
	if s.running != nil || s.terminal != nil {
		return errors.New("a terminal is asked for once, before the start")
	}
	request, err := parsePtyRequest(payload)
	if err != nil {
		return err
	}
	s.terminal = &request
	return nil
}

// shell is a login shell on a terminal of its own.
type shell struct {
	session *session
	ours    *ptyOutput
	child   *os.File
	group   *group
}

// newShell opens the terminal, so that a failure is still a refused request.
func newShell(s *session) (*shell, error) {
	ours, child, err := openPty()
	if err != nil {
		return nil, err
	}
	output, err := newPtyOutput(ours)
	if err == nil {
		err = setSize(ours, s.terminal.size)
	}
	if err != nil {
		return nil, errors.Join(err, ours.Close(), child.Close())
	}
	return &shell{session: s, ours: output, child: child, group: newGroup()}, nil
}

func (t *shell) run() {
	exit, err := t.execute()
	if err != nil {
		exit = exitResult{status: startStatus(err)}
		_, _ = fmt.Fprintln(t.session.channel.Stderr(), err.Error()) // the core may be gone
	}
	t.session.finish(exit)
}

func (t *shell) execute() (exitResult, error) {
	defer func() { _ = t.ours.Close() }() // the kernel hangs up on whoever is left
	cmd := t.command()
	err := t.group.start(cmd)
	_ = t.child.Close() // the shell has its own copy, or there is no shell
	if err != nil {
		return exitResult{}, err
	}
	t.session.tasks.Go(t.feed)
	out := &output{from: t.ours, to: t.session.channel, exited: t.group.exited}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		out.copy()
	}()
	exit := t.group.wait(cmd)
	out.hurry()
	<-copied
	return exit, nil
}

func (t *shell) command() *exec.Cmd {
	user := t.session.account()
	requested := map[string]string{}
	for name, value := range t.session.env {
		requested[name] = value
	}
	requested["TERM"] = t.session.terminal.term
	return &exec.Cmd{
		Path: user.shell, Args: []string{"-" + filepath.Base(user.shell)}, // the dash makes it a login shell
		Dir: user.home, Env: append(environment(user, requested), "SHELL="+user.shell),
		Stdin: t.child, Stdout: t.child, Stderr: t.child,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
}

// feed passes keystrokes on. The core's end of input is a hang-up, as with any terminal that is switched off.
func (t *shell) feed() {
	_, err := io.CopyBuffer(onlyWriter{t.ours}, t.session.channel, make([]byte, 4096))
	if err != nil {
		_, _ = io.Copy(io.Discard, t.session.channel) // the shell is gone; until the channel is, too
		return
	}
	t.group.hangUp()
}

func (t *shell) signal(name string) bool {
	number, known := signals[name]
	return known && t.group.signal(number)
}

func (t *shell) resize(size windowSize) bool { return setSize(t.ours.File, size) == nil }

// hangUp ends the shell's group. Closing our end tells the foreground job, which is a group of its own; the output's
// reader closes it, as its next write fails once the channel is gone, and so do we for one that waits in a read.
func (t *shell) hangUp() {
	_ = t.ours.SetReadDeadline(alreadyPassed) // ends a read that waits
	t.group.hangUp()
	t.group.end(unix.SIGHUP, t.session.hurry)
}
