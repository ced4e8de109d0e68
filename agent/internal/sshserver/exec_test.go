package sshserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/policy"
)

func TestExecReportsTheExitStatus(t *testing.T) {
	l := start(t, "", policy.Exec)
	for _, code := range []int{0, 3, 255} {
		if got := l.run(t, nil, "sh", "-c", fmt.Sprintf("exit %d", code)); status(got.err) != code {
			t.Errorf("exit %d: %v", code, got.err)
		}
	}
	got := l.run(t, nil, "sh", "-c", "kill -KILL $$")
	var exit *ssh.ExitError
	if !errors.As(got.err, &exit) || exit.Signal() != "KILL" {
		t.Errorf("got %v", got.err)
	}
	if got := l.run(t, nil, "no-such-program"); status(got.err) != 127 || !strings.Contains(got.stderr, "no such program") {
		t.Errorf("got %+v", got)
	}
	if got := l.run(t, nil, "/etc/passwd"); status(got.err) != 126 {
		t.Errorf("got %+v", got)
	}
}

func TestExecPassesEveryWordAsItIs(t *testing.T) {
	l := start(t, "", policy.Exec)
	words := []string{"a b", "", "'", `"`, "$HOME", "`id`", "$(id)", "*", "a\nb", "-n", "--", "é\xff", "; rm -rf /", "\\"}
	got := l.run(t, nil, append([]string{"printf", `%s\0`}, words...)...)
	if want := strings.Join(words, "\x00") + "\x00"; got.stdout != want {
		t.Errorf("got %q, want %q", got.stdout, want)
	}
	session := l.session(t)
	if err := session.Run("echo unquoted; id"); err == nil {
		t.Error("a shell string was run")
	}
}

func TestExecKeepsStdoutAndStderrApartAndStdinWhole(t *testing.T) {
	l := start(t, "", policy.Exec)
	input := strings.Repeat("0123456789abcdef", 300_000)
	got := l.run(t, strings.NewReader(input), "sh", "-c", "echo out; echo err >&2; cat")
	if got.err != nil || got.stdout != "out\n"+input || got.stderr != "err\n" {
		t.Errorf("%d bytes, %q, %v", len(got.stdout), got.stderr, got.err)
	}
}

func TestExecWithMuchOnStderrDoesNotHang(t *testing.T) {
	l := start(t, "", policy.Exec)
	got := l.run(t, nil, "sh", "-c", "head -c 8388608 /dev/zero >&2; head -c 1048576 /dev/zero")
	if got.err != nil || len(got.stderr) != 8<<20 || len(got.stdout) != 1<<20 {
		t.Errorf("%d and %d bytes, %v", len(got.stdout), len(got.stderr), got.err)
	}
}

func TestExecOfAProgramThatIgnoresItsInputEnds(t *testing.T) {
	l := start(t, "", policy.Exec)
	for _, argv := range [][]string{{"true"}, {"sh", "-c", "exec <&-; sleep 0.2; echo done"}} {
		// The client itself calls it an error that its input found no reader; the exit status comes before that.
		got := l.run(t, bytes.NewReader(make([]byte, 8<<20)), argv...)
		if got.err != nil && !errors.Is(got.err, io.EOF) {
			t.Errorf("%q: %+v", argv, got)
		}
		if len(argv) > 1 && got.stdout != "done\n" {
			t.Errorf("%q: %+v", argv, got)
		}
	}
}

func TestExecEndsAlthoughAChildKeepsTheOutputOpen(t *testing.T) {
	l := start(t, "", policy.Exec)
	pidFile := filepath.Join(t.TempDir(), "pid")
	got := l.run(t, nil, "sh", "-c", "sleep 60 & echo $! > "+pidFile+"; echo out")
	if got.err != nil || got.stdout != "out\n" {
		t.Errorf("got %+v", got)
	}
	pid := readPid(t, pidFile)
	if !isAlive(pid) {
		t.Error("what the program left behind on purpose was killed")
	}
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Kill()
	}
}

func TestExecHasACleanEnvironment(t *testing.T) {
	t.Setenv("AGENT_SECRET", "x")
	l := start(t, "", policy.Exec)
	session := l.session(t)
	for name, want := range map[string]bool{"LC_ALL": true, "LANG": true, "LD_PRELOAD": false, "PATH": false, "LC_\x00": false} {
		if err := session.Setenv(name, "de_DE.UTF-8"); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	out, err := session.Output("'env'")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		name, value, _ := strings.Cut(line, "=")
		names[name] = value
	}
	if names["PATH"] != cleanPath || names["LC_ALL"] != "de_DE.UTF-8" || names["LANG"] != "de_DE.UTF-8" || names["HOME"] == "" {
		t.Errorf("got %v", names)
	}
	for _, name := range []string{"AGENT_SECRET", "LD_PRELOAD", "TERM"} {
		if _, there := names[name]; there {
			t.Errorf("%s leaked", name)
		}
	}
}

func TestClosingTheChannelEndsTheWholeGroup(t *testing.T) {
	l := start(t, "", policy.Exec)
	pidFile := filepath.Join(t.TempDir(), "pid")
	session := l.session(t)
	if err := session.Start(quote([]string{"sh", "-c", "trap '' TERM; sleep 300 & echo $! > " + pidFile + "; wait"})); err != nil {
		t.Fatal(err)
	}
	pid := readPid(t, pidFile)
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the grandchild was killed", func() bool { return !isAlive(pid) })
}

func TestASignalReachesTheProgram(t *testing.T) {
	l := start(t, "", policy.Exec)
	session := l.session(t)
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(quote([]string{"sh", "-c", "trap 'exit 7' USR1; echo ready; while :; do sleep 0.05; done"})); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	if err := session.Signal(ssh.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if err := session.Wait(); status(err) != 7 {
		t.Errorf("got %v", err)
	}
}

func TestStoppingTheAgentEndsItsProgramsInTime(t *testing.T) {
	l := start(t, "", policy.Exec)
	pidFile := filepath.Join(t.TempDir(), "pid")
	session := l.session(t)
	if err := session.Start(quote([]string{"sh", "-c", "trap '' TERM HUP; echo $$ > " + pidFile + "; while :; do sleep 1; done"})); err != nil {
		t.Fatal(err)
	}
	pid := readPid(t, pidFile)
	startedAt := time.Now()
	l.stop()
	await(t, l.ended, "the server's end")
	if took := time.Since(startedAt); took > 2500*time.Millisecond {
		t.Errorf("took %s", took)
	}
	if isAlive(pid) {
		t.Error("the program outlived the agent")
	}
}

// The program must stall, with no more under way than the client's own window and a pipe.
func TestAStalledReaderStallsTheProgram(t *testing.T) {
	l := start(t, "", policy.Exec)
	session := l.session(t)
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	pidFile := filepath.Join(t.TempDir(), "pid")
	if err := session.Start(quote([]string{"sh", "-c", "echo $$ > " + pidFile + "; exec head -c 33554432 /dev/zero"})); err != nil {
		t.Fatal(err)
	}
	pid := readPid(t, pidFile)
	written := func() int64 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "wchar: ")
		number, _, _ := strings.Cut(rest, "\n")
		count, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	var last int64 = -1
	eventually(t, "the program stalled", func() bool {
		now := written()
		stalled := now == last && now > 0
		last = now
		time.Sleep(200 * time.Millisecond)
		return stalled
	})
	if last > 2<<20+256<<10 {
		t.Errorf("%d bytes are under way", last)
	}
	if got := l.run(t, nil, "echo", "other channels go on"); got.err != nil {
		t.Errorf("got %+v", got)
	}
	if n, err := io.Copy(io.Discard, out); err != nil || n != 32<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}
