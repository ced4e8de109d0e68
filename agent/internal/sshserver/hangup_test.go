package sshserver

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSessionOfReadsPastAnyName(t *testing.T) {
	for _, test := range []struct {
		stat    string
		session int
		isValid bool
	}{
		{"71 (sh) S 1 71 70 34816 71", 70, true},
		{"71 (a) b (c)) R 1 71 7 0", 7, true},
		{"71 (sh", 0, false},
		{"71 (sh) S 1", 0, false},
		{"71 (sh) S 1 71 x", 0, false},
		{"", 0, false},
	} {
		session, ok := sessionOf([]byte(test.stat))
		if session != test.session || ok != test.isValid {
			t.Errorf("sessionOf(%q) = %d, %v", test.stat, session, ok)
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
	left := func() []int {
		members := sessionMembers(leader)
		return slices.DeleteFunc(members, func(pid int) bool { return pid == leader })
	}
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

// ignoresHangUp reads the set of ignored signals; SIGHUP is its first bit.
func ignoresHangUp(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false
	}
	ignored := regexp.MustCompile(`(?m)^SigIgn:\t[0-9a-f]*[13579bdf]$`)
	return ignored.Match(status)
}
