package sshserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/policy"
	"serverbox/agent/pkg/wire"
)

const (
	maxEnvironment = 32
	maxEnvValue    = 1024
	maxCommand     = 256 * 1024
)

// session is one session channel: a few requests prepare it, one starts it, the rest steer what was started.
type session struct {
	*peer
	channel  ssh.Channel
	env      map[string]string
	terminal *ptyRequest // nil: none was asked for
	running  running     // nil until started
	done     chan struct{}
}

// running is what a session started.
type running interface {
	signal(name string) bool
	resize(size windowSize) bool
	hangUp() // the channel is gone: end it
}

func (p *peer) session(ctx context.Context, offered ssh.NewChannel) {
	channel, requests, err := offered.Accept()
	if err != nil {
		return // the connection ended
	}
	s := &session{peer: p, channel: channel, env: map[string]string{}, done: make(chan struct{})}
	for request := range requests {
		s.answer(ctx, request)
	}
	// The core closed the channel or the connection ended.
	if s.running != nil {
		s.running.hangUp()
		<-s.done
	}
	_ = channel.Close() // usually closed by now
}

// answer handles one request; what it refuses, it says on stderr, since SSH itself carries no reason.
func (s *session) answer(ctx context.Context, request *ssh.Request) {
	start, err := s.handle(ctx, request)
	if err != nil {
		s.options.Log.Warn("session request was refused", "type", wire.Cut(request.Type, maxLogged), "error", err.Error())
		_, _ = fmt.Fprintln(s.channel.Stderr(), err.Error()) // a lost connection ends the session anyway
	}
	if request.WantReply {
		_ = request.Reply(err == nil, nil)
	}
	if start != nil {
		start() // after the reply: no output may come before it
	}
}

// handle returns what is to be started once the request is answered, if anything.
func (s *session) handle(ctx context.Context, request *ssh.Request) (start func(), err error) {
	switch request.Type {
	case "env":
		return nil, s.setEnv(request.Payload)
	case "pty-req":
		return nil, s.preparePty(request.Payload)
	case "window-change":
		return nil, s.resize(request.Payload)
	case "signal":
		return nil, s.signal(request.Payload)
	case "exec", "shell", "subsystem":
		if s.running != nil {
			return nil, errors.New("this session has started already")
		}
		return s.prepare(ctx, request)
	case "keepalive@openssh.com":
		return nil, nil
	}
	return nil, fmt.Errorf("this agent knows no request %.60q", request.Type)
}

func (s *session) prepare(ctx context.Context, request *ssh.Request) (func(), error) {
	switch request.Type {
	case "exec":
		return s.prepareExec(request.Payload)
	case "shell":
		return s.prepareShell()
	}
	return s.prepareSubsystem(ctx, request.Payload)
}

func (s *session) setEnv(payload []byte) error {
	var env struct{ Name, Value string }
	if err := ssh.Unmarshal(payload, &env); err != nil {
		return errors.New("malformed env request")
	}
	if env.Name != "TERM" && env.Name != "LANG" && !strings.HasPrefix(env.Name, "LC_") {
		return fmt.Errorf("the variable %.60q may not be set", env.Name)
	}
	if len(env.Name) > 64 || len(env.Value) > maxEnvValue || len(s.env) >= maxEnvironment ||
		strings.ContainsAny(env.Name, "=\x00") || strings.ContainsRune(env.Value, 0) {
		return errors.New("the variable is out of bounds")
	}
	s.env[env.Name] = env.Value
	return nil
}

func (s *session) resize(payload []byte) error {
	size, err := parseWindowChange(payload)
	if err != nil {
		return err
	}
	if s.running == nil || !s.running.resize(size) {
		return errors.New("there is no terminal to resize")
	}
	return nil
}

func (s *session) signal(payload []byte) error {
	var signal struct{ Name string }
	if err := ssh.Unmarshal(payload, &signal); err != nil {
		return errors.New("malformed signal request")
	}
	if s.running == nil || !s.running.signal(signal.Name) {
		return fmt.Errorf("the signal %.20q cannot be sent", signal.Name)
	}
	return nil
}

func (s *session) prepareExec(payload []byte) (func(), error) {
	if err := s.options.Policy.Check(policy.Exec); err != nil {
		return nil, err
	}
	var request struct{ Command string }
	if err := ssh.Unmarshal(payload, &request); err != nil || len(request.Command) > maxCommand {
		return nil, errors.New("malformed exec request")
	}
	if s.terminal != nil {
		return nil, errors.New("exec runs without a terminal; ask for a shell to get one")
	}
	argv, err := parseWords(request.Command)
	if err != nil {
		return nil, err
	}
	command := newCommand(s, argv)
	s.running = command
	return func() { s.tasks.Go(command.run) }, nil
}

func (s *session) prepareShell() (func(), error) {
	if err := s.options.Policy.Check(policy.Terminal); err != nil {
		return nil, err
	}
	if s.terminal == nil {
		return nil, errors.New("a shell needs a terminal: ask for a pty first")
	}
	shell, err := newShell(s)
	if err != nil {
		return nil, err
	}
	s.running = shell
	return func() { s.tasks.Go(shell.run) }, nil
}

func (s *session) prepareSubsystem(ctx context.Context, payload []byte) (func(), error) {
	var request struct{ Name string }
	if err := ssh.Unmarshal(payload, &request); err != nil {
		return nil, errors.New("malformed subsystem request")
	}
	if request.Name != "metrics" {
		return nil, fmt.Errorf("this agent has no subsystem %.60q", request.Name)
	}
	if err := s.options.Policy.Check(policy.Metrics); err != nil {
		return nil, err
	}
	inner, cancel := context.WithCancel(ctx)
	stream := &metricsStream{session: s, cancel: cancel}
	s.running = stream
	return func() { s.tasks.Go(func() { stream.run(inner) }) }, nil
}

// finish tells how the program ended and closes the channel; it is the last thing that a running part does.
func (s *session) finish(exit exitResult) {
	if exit.signal != "" {
		payload := ssh.Marshal(struct {
			Signal     string
			CoreDumped bool
			Message    string
			Language   string
		}{exit.signal, exit.coreDumped, "", ""})
		_, _ = s.channel.SendRequest("exit-signal", false, payload) // the core may be gone
	} else {
		_, _ = s.channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{exit.status}))
	}
	_ = s.channel.Close()
	close(s.done)
}

// exitResult is how a program ended: by a signal ("TERM"), or with a status.
type exitResult struct {
	status     uint32
	signal     string
	coreDumped bool
}

// metricsStream runs the metrics subsystem as a session's program.
type metricsStream struct {
	session *session
	cancel  context.CancelFunc
}

func (m *metricsStream) run(ctx context.Context) {
	defer m.cancel()
	err := m.session.options.Metrics.Attach(ctx, m.session.channel)
	exit := exitResult{}
	if err != nil {
		exit.status = 1
		m.session.options.Log.Warn("metrics session was ended", "error", err.Error())
		_, _ = fmt.Fprintln(m.session.channel.Stderr(), err.Error()) // the core may be gone
	}
	m.session.finish(exit)
}

func (m *metricsStream) signal(string) bool     { return false }
func (m *metricsStream) resize(windowSize) bool { return false }
func (m *metricsStream) hangUp()                { m.cancel() }
