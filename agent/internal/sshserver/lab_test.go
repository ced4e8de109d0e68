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
