package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/testcore"
	"serverbox/agent/pkg/wire"
)

// program is the agent as users get it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "agent-test-*")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "serverbox-agent")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func agentCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "AGENT_SECRET=hunter2"}
	return cmd
}

func run(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := agentCommand(t, args...)
	var out, errors bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errors
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errors.String()
}

func enrolled(t *testing.T, core *testcore.Core, services string) (stateDir string) {
	t.Helper()
	stateDir = filepath.Join(t.TempDir(), "state")
	code, _, stderr := run(t, testcore.Token+"\n", "enroll", "--state-dir", stateDir, "--core-url", core.URL,
		"--core-key", core.Fingerprint(), "--token-file", "-", "--services", services)
	if code != 0 {
		t.Fatalf("enrol: %d %s", code, stderr)
	}
	return stateDir
}

// running is a started agent with its log.
type running struct {
	*exec.Cmd
	exited chan struct{}

	mu  sync.Mutex
	log bytes.Buffer
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *running) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

func startAgent(t *testing.T, stateDir string, prepare func(*exec.Cmd)) *running {
	t.Helper()
	r := &running{Cmd: agentCommand(t, "run", "--state-dir", stateDir), exited: make(chan struct{})}
	r.Stderr = r
	if prepare != nil {
		prepare(r.Cmd)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.exited)
		_ = r.Wait() // the tests look at ProcessState
	}()
	t.Cleanup(func() {
		_ = r.Process.Kill() // most have ended by now
		<-r.exited
	})
	return r
}

func (r *running) awaitExit(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-r.exited:
		return r.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatalf("the agent did not end within %s", within)
		return -1
	}
}

func TestAnEnrolledAgentServesItsCoreAndStopsInTime(t *testing.T) {
	core := testcore.New(t)
	agent := startAgent(t, enrolled(t, core, "metrics,exec,terminal"), nil)
	client := core.Client(t)
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.Output("'env'")
	if err != nil || strings.Contains(string(out), "hunter2") {
		t.Errorf("%s, %v", out, err)
	}
	metrics, stdin := openMetrics(t, client)
	hello := metrics(wire.TypeHello).(*wire.Hello)
	if strings.Join(hello.Services, " ") != "metrics exec terminal" || hello.Facts.CPUCores < 1 || hello.Facts.DockerProblem == nil {
		t.Errorf("got %+v", hello)
	}
	if _, err := stdin.Write([]byte(`{"type":"welcome","lastSeq":0}` + "\n")); err != nil {
		t.Fatal(err)
	}
	if host := metrics(wire.TypeHost).(*wire.Host); !host.Values[wire.CPURatio].Known() || host.Values[wire.MemTotalBytes] <= 0 {
		t.Errorf("got %+v", host)
	}
	if detail := metrics(wire.TypeDetail).(*wire.Detail); len(detail.Disks) == 0 || len(detail.Cores) != hello.Facts.CPUCores || len(detail.Collectors) < 5 {
		t.Errorf("got %+v", detail)
	}
	if err := agent.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := agent.awaitExit(t, 3*time.Second); code != 0 {
		t.Errorf("exit status %d: %s", code, agent.logged())
	}
	for line := range strings.SplitSeq(strings.TrimSpace(agent.logged()), "\n") {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["msg"] == nil || entry["level"] == nil || entry["time"] == nil {
			t.Errorf("not a log line: %s", line)
		}
	}
	if strings.Contains(agent.logged(), testcore.Credential) {
		t.Error("the credential is in the log")
	}
}

// openMetrics returns a function that reads on to the next message of a kind.
func openMetrics(t *testing.T, client *ssh.Client) (next func(kind string) any, stdin io.Writer) {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
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
	if err := session.RequestSubsystem("metrics"); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, wire.MaxLineBytes)
	return func(kind string) any {
		t.Helper()
		for scanner.Scan() {
			if strings.HasPrefix(scanner.Text(), `{"type":"`+kind+`"`) {
				message, err := wire.ParseAgentMessage(scanner.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				return message
			}
		}
		t.Fatalf("no %s came: %v", kind, scanner.Err())
		return nil
	}, in
}

func TestAKilledAgentComesBackWithTheSameEpochAndHigherNumbers(t *testing.T) {
	core := testcore.New(t)
	stateDir := enrolled(t, core, "metrics")
	var epoch string
	var last uint64
	for round := range 2 {
		agent := startAgent(t, stateDir, nil)
		next, stdin := openMetrics(t, core.Client(t))
		hello := next(wire.TypeHello).(*wire.Hello)
		if _, err := fmt.Fprintf(stdin, "{\"type\":\"welcome\",\"lastSeq\":%d}\n", last); err != nil {
			t.Fatal(err)
		}
		host := next(wire.TypeHost).(*wire.Host)
		if round > 0 && (hello.Epoch != epoch || host.Seq <= last) {
			t.Errorf("epoch %s then %s, number %d then %d", epoch, hello.Epoch, last, host.Seq)
		}
		epoch, last = hello.Epoch, host.Seq
		if err := agent.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		agent.awaitExit(t, 3*time.Second)
	}
}

func TestAnAgentEndsWithTheCoreThatStartedIt(t *testing.T) {
	core := testcore.New(t)
	var stdin io.WriteCloser
	agent := startAgent(t, enrolled(t, core, "metrics"), func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, parentVariable+"=1")
		var err error
		if stdin, err = cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
	})
	core.Client(t)
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	agent.awaitExit(t, 3*time.Second)
}

func TestOnlyOneAgentRunsOnAStateDirectory(t *testing.T) {
	core := testcore.New(t)
	stateDir := enrolled(t, core, "metrics")
	startAgent(t, stateDir, nil)
	core.Client(t)
	if code, _, stderr := run(t, "", "run", "--state-dir", stateDir); code != exitFailure || !strings.Contains(stderr, "another agent is running") {
		t.Errorf("%d %s", code, stderr)
	}
}

func TestMistakesOfUsageAndConfigurationExitWithTwo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	broken := filepath.Join(t.TempDir(), "agent.json")
	if err := os.WriteFile(broken, []byte(`{"coreUrl":"http://a","unknown":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	key := "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
	for _, args := range [][]string{
		{}, {"fly"}, {"run"}, {"run", "--state-dir", dir}, {"run", "--state-dir", dir, "--config", broken}, {"run", "--state-dir", dir, "extra"},
		{"run", "--state-dir", dir, "--token", "x"}, {"enroll", "--state-dir", dir},
		{"enroll", "--state-dir", dir, "--core-url", "ftp://a", "--core-key", key, "--token-file", "-"},
		{"enroll", "--state-dir", dir, "--core-url", "http://a", "--core-key", "SHA256:x", "--token-file", "-"},
		{"enroll", "--state-dir", dir, "--core-url", "http://a", "--core-key", key},
		{"enroll", "--state-dir", dir, "--core-url", "http://a", "--core-key", key, "--token-file", "-", "--services", "all"},
	} {
		if code, _, stderr := run(t, "", args...); code != exitUsage || stderr == "" {
			t.Errorf("%q: %d %s", args, code, stderr)
		}
	}
	if code, stdout, _ := run(t, "", "version"); code != exitOK || stdout == "" {
		t.Errorf("version: %d %s", code, stdout)
	}
}

func TestTheDoctorNamesTheHopThatFails(t *testing.T) {
	core := testcore.New(t)
	stateDir := enrolled(t, core, "metrics")
	code, stdout, _ := run(t, "", "doctor", "--state-dir", stateDir)
	if code != exitOK || strings.Contains(stdout, "failed") || !strings.Contains(stdout, "ok       token          The core accepts") {
		t.Errorf("%d\n%s", code, stdout)
	}
	(<-core.Links).Close()

	core.Refuse(&testcore.Refusal{Status: 401, Code: "unauthorized", Message: "this credential was revoked"})
	code, stdout, _ = run(t, "", "doctor", "--state-dir", stateDir)
	if code != exitFailure || !strings.Contains(stdout, "failed   token") || !strings.Contains(stdout, "revoked") || !strings.Contains(stdout, "→ ") {
		t.Errorf("%d\n%s", code, stdout)
	}
	// What a core answers when a proxy took the Upgrade header away.
	core.Refuse(&testcore.Refusal{Status: 404, Code: "not_found", Message: "There is no such endpoint."})
	code, stdout, _ = run(t, "", "doctor", "--state-dir", stateDir)
	if code != exitFailure || !strings.Contains(stdout, "failed   upgrade") || !strings.Contains(stdout, "skipped  token") {
		t.Errorf("%d\n%s", code, stdout)
	}
	core.Refuse(nil)

	core.Tamper(func(r *wire.ChallengeReply) { r.PublicKey = testcore.New(t).PublicKey() })
	code, stdout, _ = run(t, "", "doctor", "--state-dir", stateDir)
	if code != exitFailure || !strings.Contains(stdout, "failed   host_key") || !strings.Contains(stdout, "skipped  token") {
		t.Errorf("%d\n%s", code, stdout)
	}
	core.Close()
	code, stdout, _ = run(t, "", "doctor", "--state-dir", stateDir)
	if code != exitFailure || !strings.Contains(stdout, "failed   tcp") {
		t.Errorf("%d\n%s", code, stdout)
	}
	if code, stdout, _ = run(t, "", "doctor", "--state-dir", t.TempDir()); code != exitFailure || !strings.Contains(stdout, "failed   agent") {
		t.Errorf("%d\n%s", code, stdout)
	}
}

func TestTheDoctorLeavesTheLinkOfARunningAgentAlone(t *testing.T) {
	core := testcore.New(t)
	stateDir := enrolled(t, core, "metrics")
	startAgent(t, stateDir, nil)
	core.Client(t)
	code, stdout, _ := run(t, "", "doctor", "--state-dir", stateDir)
	if code != exitOK || !strings.Contains(stdout, "skipped  token") {
		t.Errorf("%d\n%s", code, stdout)
	}
	if len(core.Links) > 0 {
		t.Error("a second link was opened")
	}
}

func TestAG10AnAgentWhoseCoreHasAnotherKeySendsNothing(t *testing.T) {
	core := testcore.New(t)
	stateDir := enrolled(t, core, "metrics,exec")
	impostor := testcore.New(t)
	path := filepath.Join(stateDir, "agent.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte(core.URL), []byte(impostor.URL), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	startAgent(t, stateDir, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for len(impostor.Requests()) < 2 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	requests := impostor.Requests()
	if len(requests) < 2 {
		t.Fatal("the agent never came")
	}
	for _, request := range requests {
		if request.Path != "/api/agent/challenge" || request.Authorization != "" {
			t.Errorf("got %+v", request)
		}
	}
}
