package sshserver

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/policy"
	"serverbox/agent/internal/testcore"
)

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// echoMetrics answers each line with itself, so that the tests see who is attached.
type echoMetrics struct{}

func (echoMetrics) Attach(_ context.Context, stream io.ReadWriter) error {
	_, err := io.Copy(stream, stream)
	return err
}

type lab struct {
	client *ssh.Client
	stop   func()        // stops the agent's side
	ended  chan struct{} // closed when Serve has returned
	log    *logBuffer
}

type logBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// start serves one client with the given services.
func start(t *testing.T, socket string, services ...policy.Service) *lab {
	t.Helper()
	allowed, err := policy.New(services)
	if err != nil {
		t.Fatal(err)
	}
	coreKey := newSigner(t)
	log := &logBuffer{}
	server := New(Options{
		HostKey: newSigner(t), CoreKey: coreKey.PublicKey(), Version: "test", Policy: allowed,
		DockerSocket: socket, Metrics: echoMetrics{}, Log: slog.New(slog.NewJSONHandler(log, nil)),
	})
	// A home of its own: the start-up files of whoever runs the tests are no part of them.
	home := t.TempDir()
	server.account = func() account { return account{name: "tester", home: home, shell: "/bin/sh"} } // no line editing: what is typed is taken as it is
	ours, theirs := connect(t)
	ctx, cancel := context.WithCancel(context.Background())
	l := &lab{stop: cancel, ended: make(chan struct{}), log: log}
	go func() {
		defer close(l.ended)
		if err := server.Serve(ctx, ours, func() {}); err != nil {
			t.Logf("serve: %v", err)
		}
	}()
	l.client = testcore.Client(t, theirs, coreKey)
	t.Cleanup(func() {
		cancel()
		await(t, l.ended, "the server's end")
	})
	return l
}

func connect(t *testing.T) (net.Conn, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	theirs, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

func await(t *testing.T, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		t.Fatalf("waited too long for %s", what)
	}
}

// eventually waits for a condition of the system that nothing announces.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
	}
}

type result struct {
	stdout, stderr string
	err            error
}

func (l *lab) session(t *testing.T) *ssh.Session {
	t.Helper()
	session, err := l.client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func (l *lab) run(t *testing.T, stdin io.Reader, argv ...string) result {
	t.Helper()
	session := l.session(t)
	var stdout, stderr bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = stdin, &stdout, &stderr
	err := session.Run(quote(argv))
	return result{stdout.String(), stderr.String(), err}
}

func status(err error) int {
	var exit *ssh.ExitError
	if errors.As(err, &exit) {
		return exit.ExitStatus()
	}
	if err != nil {
		return -1
	}
	return 0
}

func isAlive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func readPid(t *testing.T, path string) int {
	t.Helper()
	var pid int
	eventually(t, "the program wrote its pid", func() bool {
		text, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	return pid
}

func TestOnlyTheCoresKeyIsAccepted(t *testing.T) {
	server := New(Options{HostKey: newSigner(t), CoreKey: newSigner(t).PublicKey(), Version: "test", Log: slog.New(slog.DiscardHandler)})
	for name, auth := range map[string][]ssh.AuthMethod{
		"another key": {ssh.PublicKeys(newSigner(t))},
		"a password":  {ssh.Password("x")},
		"nothing":     {},
	} {
		ours, theirs := connect(t)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if err := server.Serve(t.Context(), ours, func() { t.Error("ready") }); err == nil {
				t.Error("served without the core's key")
			}
		}()
		_, _, _, err := ssh.NewClientConn(theirs, "", &ssh.ClientConfig{User: "root", Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
		_ = theirs.Close()
		await(t, ended, "the refusal")
	}
}

func TestAG11EverythingOutsideTheClosedSetIsRefusedAndReported(t *testing.T) {
	l := start(t, "/nonexistent.sock", policy.Metrics, policy.DockerWrite, policy.Exec, policy.Terminal)
	for _, kind := range []string{"direct-tcpip", "forwarded-tcpip", "x11", "tun@openssh.com", "auth-agent@openssh.com"} {
		if _, _, err := l.client.OpenChannel(kind, nil); err == nil {
			t.Errorf("channel %s was opened", kind)
		}
	}
	for _, kind := range []string{"tcpip-forward", "streamlocal-forward@openssh.com", "hostkeys-prove-00@openssh.com", "reboot"} {
		if granted, _, err := l.client.SendRequest(kind, true, nil); err != nil || granted {
			t.Errorf("request %s: granted %v, %v", kind, granted, err)
		}
	}
	for _, request := range []struct{ kind, payload string }{
		{"x11-req", ""}, {"auth-agent-req@openssh.com", ""}, {"subsystem", "sftp"}, {"subsystem", "jobs"}, {"reboot", ""},
		{"shell", ""}, {"window-change", ""}, {"signal", "TERM"},
	} {
		session := l.session(t)
		payload := ssh.Marshal(struct{ Text string }{request.payload})
		if granted, err := session.SendRequest(request.kind, true, payload); err != nil || granted {
			t.Errorf("session request %s %s: granted %v, %v", request.kind, request.payload, granted, err)
		}
	}
	if log := l.log.String(); !strings.Contains(log, "reboot") || !strings.Contains(log, "direct-tcpip") {
		t.Errorf("the refusals are not in the log: %s", log)
	}
	if got := l.run(t, nil, "echo", "still here"); got.stdout != "still here\n" {
		t.Errorf("got %+v", got)
	}
}

func TestKeepalivesAreAnswered(t *testing.T) {
	l := start(t, "/nonexistent.sock")
	if granted, _, err := l.client.SendRequest("keepalive@openssh.com", true, nil); err != nil || !granted {
		t.Errorf("granted %v, %v", granted, err)
	}
}

func TestEachServiceIsRefusedWithoutItsGrantAndSaysSo(t *testing.T) {
	l := start(t, "/nonexistent.sock")
	for service, ask := range map[string]func(*ssh.Session) error{
		"exec":     func(s *ssh.Session) error { return s.Run("'true'") },
		"terminal": func(s *ssh.Session) error { return s.RequestPty("xterm", 24, 80, nil) },
		"metrics":  func(s *ssh.Session) error { return s.RequestSubsystem("metrics") },
	} {
		session := l.session(t)
		stderr, err := session.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := ask(session); err == nil {
			t.Errorf("%s was granted", service)
		}
		text := make([]byte, 200)
		n, err := stderr.Read(text)
		if want := "refused by this node's policy: " + service; err != nil || !strings.Contains(string(text[:n]), want) {
			t.Errorf("%s: %q, %v", service, text[:n], err)
		}
	}
	_, err := l.client.Dial("unix", "/nonexistent.sock")
	if err == nil || !strings.Contains(err.Error(), "refused by this node's policy: docker:read") {
		t.Errorf("got %v", err)
	}
}

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

func TestTooManyChannelsAreRefused(t *testing.T) {
	l := start(t, "", policy.Exec)
	refused := 0
	for range maxChannels + 5 {
		if _, err := l.client.NewSession(); err != nil {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d were refused", refused)
	}
}

func TestTheMetricsSubsystemGetsTheStream(t *testing.T) {
	l := start(t, "", policy.Metrics)
	session := l.session(t)
	stdin, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestSubsystem("metrics"); err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 6)
	if _, err := io.ReadFull(stdout, line); err != nil || string(line) != "hello\n" {
		t.Errorf("%q, %v", line, err)
	}
}
