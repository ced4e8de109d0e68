package sshserver

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The signals of RFC 4254 section 6.10 and two more that people use.
var signals = map[string]unix.Signal{
	"ABRT": unix.SIGABRT, "ALRM": unix.SIGALRM, "HUP": unix.SIGHUP, "INT": unix.SIGINT, "KILL": unix.SIGKILL,
	"PIPE": unix.SIGPIPE, "QUIT": unix.SIGQUIT, "TERM": unix.SIGTERM, "USR1": unix.SIGUSR1, "USR2": unix.SIGUSR2,
	"STOP": unix.SIGSTOP, "CONT": unix.SIGCONT,
}

func signalName(signal syscall.Signal) string {
	for name, number := range signals {
		if number == signal {
			return name
		}
	}
	return unix.SignalName(signal)[len("SIG"):]
}

// group is a process that leads its own process group, so that signals reach everything it started.
type group struct {
	exited chan struct{} // closed once the leader has ended

	mu     sync.Mutex
	pid    int  // 0 before the start and after the leader was reaped: the number may belong to another by then
	ending bool // the group is being ended: whatever outlives the leader and its time to end is killed
	hungUp bool // its terminal is gone: once the leader has ended, the rest of its session hears of it
}

func newGroup() *group { return &group{exited: make(chan struct{})} }

// start runs the command, or refuses when the session ended before it could.
func (g *group) start(cmd *exec.Cmd) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ending {
		return errors.New("the session has ended")
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	g.pid = cmd.Process.Pid
	return nil
}

// wait waits for the leader and reaps it; when the group is being ended, for the others of the group first.
func (g *group) wait(cmd *exec.Cmd) exitResult {
	awaitExit(g.pid)
	g.awaitOthers()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hungUp {
		hangUpSession(g.pid)
	}
	if g.ending {
		_ = unix.Kill(-g.pid, unix.SIGKILL) // the leader is not reaped yet, so the number is still its group's
	}
	_ = cmd.Wait() // the state below says all of it
	g.pid = 0
	close(g.exited)
	return exitOf(cmd.ProcessState)
}

// awaitOthers gives those that the leader of an ending group left behind their time: who heard the signal may have a
// lock file to remove or a text to save. end kills them when it is over. One that not even that ends is not waited for.
func (g *group) awaitOthers() {
	deadline := time.Now().Add(killAfter + hurryAfter)
	for g.isEnding() && len(groupMembers(g.pid)) > 0 && time.Now().Before(deadline) {
		time.Sleep(othersPoll)
	}
}

func (g *group) isEnding() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ending
}

// awaitExit blocks until the child has ended, and leaves it to be reaped.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func exitOf(state *os.ProcessState) exitResult {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok {
		return exitResult{status: 255}
	}
	if status.Signaled() {
		return exitResult{signal: signalName(status.Signal()), coreDumped: status.CoreDump()}
	}
	return exitResult{status: uint32(status.ExitStatus())}
}

// hangUp tells the group that its terminal is gone, and when its leader has ended the rest of the session, too.
func (g *group) hangUp() {
	g.mu.Lock()
	g.hungUp = true
	g.mu.Unlock()
	g.signal(unix.SIGHUP)
}

func (g *group) signal(signal unix.Signal) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pid != 0 && unix.Kill(-g.pid, signal) == nil
}

// end asks the group to stop with the given signal and kills it when it does not, sooner when hurry is closed.
// It returns once the group has ended or was killed.
func (g *group) end(signal unix.Signal, hurry <-chan struct{}) {
	g.mu.Lock()
	g.ending = true
	isRunning := g.pid != 0
	g.mu.Unlock()
	if !isRunning {
		return
	}
	g.signal(signal)
	g.signal(unix.SIGCONT) // a stopped process would not hear it
	patience := time.NewTimer(killAfter)
	defer patience.Stop()
	for {
		select {
		case <-g.exited:
			return
		case <-hurry:
			patience.Reset(hurryAfter)
			hurry = nil
		case <-patience.C:
			g.signal(unix.SIGKILL)
			return
		}
	}
}
