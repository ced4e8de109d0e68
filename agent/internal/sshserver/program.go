package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// program is what is run, and where its three files lead.
type program struct {
	argv           []string
	user           account
	env            map[string]string
	stdin          io.Reader
	stdout, stderr io.Writer
	tasks          *sync.WaitGroup // gets the reading of stdin, which may outlast the program
}

// run runs the program to its end. One that cannot be started ends as a shell would tell it: with a status and a line
// on stderr.
func (g *group) run(p program) exitResult {
	exit, err := g.execute(p)
	if err == nil {
		return exit
	}
	reason := err
	if errors.Is(err, fs.ErrNotExist) {
		reason = errors.New("no such program")
	}
	_, _ = fmt.Fprintf(p.stderr, "%s: %v\n", p.argv[0], reason) // the core may be gone
	return exitResult{status: startStatus(err)}
}

func (g *group) execute(p program) (exitResult, error) {
	path, err := findProgram(p.argv[0])
	if err != nil {
		return exitResult{}, err
	}
	cmd := &exec.Cmd{
		Path: path, Args: p.argv, Dir: p.user.home, Env: environment(p.user, p.env),
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	pipes, err := openPipes(cmd)
	if err != nil {
		return exitResult{}, err
	}
	defer pipes.close()
	if err := g.start(cmd); err != nil {
		return exitResult{}, err
	}
	pipes.closeChildEnds()
	p.tasks.Go(func() { feedStdin(pipes.stdin, p.stdin) })

	var outputs sync.WaitGroup
	stdout := &output{from: pipes.stdout, to: p.stdout, exited: g.exited}
	stderr := &output{from: pipes.stderr, to: p.stderr, exited: g.exited}
	outputs.Go(stdout.copy)
	outputs.Go(stderr.copy)
	exit := g.wait(cmd)
	stdout.hurry()
	stderr.hurry()
	outputs.Wait()
	return exit, nil
}

// Exit is how a program ended: by a signal ("TERM"), or with a status.
type Exit struct {
	Status int
	Signal string
}

// Run runs one program as exec does, for a core that no link leads to. It returns when the program and its outputs have
// ended; when ctx ends first, the program's group is asked to stop and then killed.
func Run(ctx context.Context, argv []string, stdin io.Reader, stdout, stderr io.Writer) Exit {
	group := newGroup()
	var tasks sync.WaitGroup
	defer tasks.Wait()
	stop := context.AfterFunc(ctx, func() { group.end(unix.SIGTERM, nil) })
	defer stop()
	exit := group.run(program{
		argv: argv, user: currentAccount(), tasks: &tasks, stdin: stdin, stdout: stdout, stderr: stderr,
	})
	return Exit{Status: int(exit.status), Signal: exit.signal}
}
