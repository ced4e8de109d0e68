package sshserver

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/policy"
)

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
