package sshserver

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/policy"
)

// screen collects what the terminal shows.
type screen struct {
	*ssh.Session
	in  io.Writer
	out io.Reader
}

func openShell(t *testing.T, l *lab, rows, columns int) *screen {
	t.Helper()
	session := l.session(t)
	if err := session.RequestPty("xterm-256color", rows, columns, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	in, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	return &screen{Session: session, in: in, out: out}
}

func (s *screen) typeLine(t *testing.T, line string) {
	t.Helper()
	if _, err := s.in.Write([]byte(line + "\n")); err != nil {
		t.Fatal(err)
	}
}

func (s *screen) expect(t *testing.T, text string) {
	t.Helper()
	seen := &logBuffer{}
	done := make(chan error, 1)
	go func() {
		buffer := make([]byte, 4096)
		for !strings.Contains(seen.String(), text) {
			n, err := s.out.Read(buffer)
			_, _ = seen.Write(buffer[:n]) // a buffer in memory
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("waiting for %q, saw %q: %v", text, seen.String(), err)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("waited too long for %q, saw %q", text, seen.String())
	}
}

func TestAShellHasATerminalOfTheSizeThatWasAsked(t *testing.T) {
	l := start(t, "", policy.Terminal)
	shell := openShell(t, l, 30, 100)
	shell.typeLine(t, "echo [$(stty size)] [$TERM] [$0]")
	shell.expect(t, "[30 100] [xterm-256color] [-")
	for _, size := range []struct {
		rows, columns int
		want          string
	}{{50, 132, "50 132"}, {0, 0, "1 1"}, {100_000, 5000, "1000 1000"}, {24, 80, "24 80"}} {
		if err := shell.WindowChange(size.rows, size.columns); err != nil {
			t.Fatal(err)
		}
		// The request carries no reply; the command after it on the same channel sees its effect.
		shell.typeLine(t, "echo '<'$(stty size)'>'")
		shell.expect(t, "<"+size.want+">")
	}
	shell.typeLine(t, "exit 5")
	if err := shell.Wait(); status(err) != 5 {
		t.Errorf("got %v", err)
	}
}

func TestCtrlCReachesTheForegroundJob(t *testing.T) {
	l := start(t, "", policy.Terminal)
	shell := openShell(t, l, 24, 80)
	shell.typeLine(t, `sh -c 'trap "exit 42" INT; echo be""gun; while :; do sleep 0.1; done'; echo status=$?`)
	shell.expect(t, "begun")
	if _, err := shell.in.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	shell.expect(t, "status=42")
}

func TestClosingTheTerminalHangsUpOnTheForegroundJob(t *testing.T) {
	l := start(t, "", policy.Terminal)
	checkHangUp(t, l, func(s *screen) error { return s.Close() })
	checkHangUp(t, l, func(*screen) error { return l.client.Close() })
}

func checkHangUp(t *testing.T, l *lab, end func(*screen) error) {
	t.Helper()
	pidFile := filepath.Join(t.TempDir(), "pid")
	shell := openShell(t, l, 24, 80)
	shell.typeLine(t, "sh -c 'echo $$ > "+pidFile+"; while :; do sleep 0.1; done'")
	pid := readPid(t, pidFile)
	if err := end(shell); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the job was hung up on", func() bool { return !isAlive(pid) })
}

func TestAFloodWithAStalledReaderStaysBounded(t *testing.T) {
	l := start(t, "", policy.Terminal)
	shell := openShell(t, l, 24, 80)
	counter := filepath.Join(t.TempDir(), "count")
	shell.typeLine(t, "i=0; while :; do yes | head -c 65536; i=$((i+1)); echo $i > "+counter+"; done")
	read := func() string {
		text, err := os.ReadFile(counter)
		if errors.Is(err, os.ErrNotExist) {
			return ""
		}
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	last := "none yet"
	eventually(t, "the flood stalled", func() bool {
		now := read()
		stalled := now != "" && now == last
		last = now
		time.Sleep(300 * time.Millisecond)
		return stalled
	})
	// 2 MiB of the client's window are 32 rounds of 64 KiB, and each line break became two bytes.
	if len(strings.TrimSpace(last)) > 2 {
		t.Errorf("%s rounds are under way", strings.TrimSpace(last))
	}
	if err := shell.Close(); err != nil {
		t.Fatal(err)
	}
	other := openShell(t, l, 24, 80)
	other.typeLine(t, "echo al''ive")
	other.expect(t, "alive")
}

func TestAShellWithoutATerminalIsRefused(t *testing.T) {
	l := start(t, "", policy.Terminal)
	session := l.session(t)
	if err := session.Shell(); err == nil {
		t.Error("it was started")
	}
	for _, term := range []string{"", "../../etc", "a/b", strings.Repeat("x", 65), "x\ny"} {
		session := l.session(t)
		if err := session.RequestPty(term, 24, 80, nil); err == nil {
			t.Errorf("terminal %q was accepted", term)
		}
	}
}

func TestAccountsAreFoundByNumber(t *testing.T) {
	passwd := []byte("root:x:0:0:root:/root:/bin/bash\nbroken:line\nbox:x:1000:1000:,,,:/home/box:/bin/sh\n")
	if found, ok := findAccount(passwd, 1000); !ok || found != (account{"box", "/home/box", "/bin/sh"}) {
		t.Errorf("got %+v, %v", found, ok)
	}
	if found, ok := findAccount(passwd, 7); ok {
		t.Errorf("got %+v", found)
	}
}
