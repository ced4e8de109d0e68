package sshserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAProcessIsReadPastAnyName(t *testing.T) {
	for _, test := range []struct {
		stat    string
		want    processState
		isValid bool
	}{
		{"71 (sh) S 1 70 69 34816 71", processState{group: 70, session: 69}, true},
		{"71 (a) b (c)) R 1 71 7 0", processState{group: 71, session: 7}, true},
		{"71 (sh) Z 1 71 7 0", processState{isDead: true, group: 71, session: 7}, true},
		{"71 (sh", processState{}, false},
		{"71 (sh) S 1", processState{}, false},
		{"71 (sh) S 1 71 x", processState{group: 71}, false},
		{"", processState{}, false},
	} {
		state, ok := parseStat([]byte(test.stat))
		if ok != test.isValid || state != test.want {
			t.Errorf("parseStat(%q) = %+v, %v", test.stat, state, ok)
		}
	}
}

func TestAHangUpReachesJobsThatTheShellLeftBehind(t *testing.T) {
	// Job control gives each background job a group of its own; the leader dies before it can tell them.
	cmd := exec.Command("bash", "-mc", "sleep 60 & nohup sleep 60 >/dev/null 2>&1 & kill -KILL $$")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	leader := cmd.Process.Pid
	awaitExit(leader)
	defer func() { _ = cmd.Wait() }()
	left := func() []int { return sessionMembers(leader) }
	defer func() {
		for _, pid := range left() {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}()
	eventually(t, "both jobs", func() bool { return len(left()) == 2 && slices.ContainsFunc(left(), ignoresHangUp) })
	hangUpSession(leader)
	eventually(t, "the end of the other job", func() bool { return len(left()) < 2 })
	if !slices.ContainsFunc(left(), ignoresHangUp) {
		t.Error("the job that ignores a hang-up was ended, too")
	}
}

func TestWhoOutlivesTheLeaderHasTimeToCleanUp(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	// The leader dies of the signal at once; its child, in the same group, takes a while to remove what it made.
	script := `(trap 'sleep 0.3; rm "$LOCK"; exit' HUP; : >"$LOCK"; while :; do sleep 0.1; done) & wait`
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(os.Environ(), "LOCK="+lock)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	group := newGroup()
	if err := group.start(cmd); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the lock", func() bool { _, err := os.Stat(lock); return err == nil })
	go group.end(unix.SIGHUP, nil)
	group.wait(cmd)
	if _, err := os.Stat(lock); !os.IsNotExist(err) {
		t.Errorf("the lock was left behind: %v", err)
	}
}

func TestWhoIgnoresTheSignalIsKilledInTheEnd(t *testing.T) {
	cmd := exec.Command("sh", "-c", `(trap '' HUP; echo ready; exec sleep 60) & wait`)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ready, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	group := newGroup()
	if err := group.start(cmd); err != nil {
		t.Fatal(err)
	}
	leader := group.pid
	if _, err := ready.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	hurry := make(chan struct{})
	close(hurry)
	go group.end(unix.SIGHUP, hurry)
	group.wait(cmd)
	if left := groupMembers(leader); len(left) > 0 {
		t.Errorf("%v lives on", left)
	}
}

// ignoresHangUp reads the set of ignored signals; SIGHUP is its first bit.
func ignoresHangUp(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false
	}
	ignored := regexp.MustCompile(`(?m)^SigIgn:\t[0-9a-f]*[13579bdf]$`)
	return ignored.Match(status)
}
