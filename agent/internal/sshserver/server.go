// Package sshserver serves SSH to exactly one client, the core, over whatever connection the link brings. It knows no
// user and no password: the client's key is the one that enrolment pinned, and every request passes the policy of this
// node's owner before anything is done.
//
// Served: session channels with exec (argv, never a shell), pty-req and shell, and the subsystem "metrics";
// direct-streamlocal channels to the Docker socket. Everything else is refused and logged.
package sshserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/policy"
	"serverbox/agent/pkg/wire"
)

const (
	handshakeTimeout = 20 * time.Second
	maxChannels      = 128 // each may hold up to 2 MiB of the core's unread input
	maxLogged        = 64  // of what the core chose to send
	killAfter        = 3 * time.Second
	hurryAfter       = 1500 * time.Millisecond // instead of killAfter, while the agent stops
	othersPoll       = 20 * time.Millisecond   // how often is looked whether the group of an ended leader has ended
)

// Metrics is the metrics subsystem: it serves one session until the stream or the context ends.
type Metrics interface {
	Attach(ctx context.Context, stream io.ReadWriter) error
}

// Options are everything that the server needs.
type Options struct {
	HostKey      ssh.Signer
	CoreKey      ssh.PublicKey
	Version      string
	Policy       policy.Policy
	DockerSocket string
	Metrics      Metrics
	Log          *slog.Logger
}

// Server serves one connection at a time or several; it holds no state between them.
type Server struct {
	options Options
	config  *ssh.ServerConfig
	account func() account
}

// New prepares a server.
func New(options Options) *Server {
	pinned := options.CoreKey.Marshal()
	config := &ssh.ServerConfig{
		MaxAuthTries:  3,
		ServerVersion: "SSH-2.0-serverbox_" + options.Version,
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if !bytes.Equal(key.Marshal(), pinned) {
				return nil, errors.New("not the core's key")
			}
			return nil, nil
		},
	}
	// AES-128 first: with hardware support it is the fastest cipher that both sides have.
	config.Ciphers = []string{ssh.CipherAES128GCM, ssh.CipherAES256GCM, ssh.CipherChaCha20Poly1305}
	config.AddHostKey(options.HostKey)
	return &Server{options: options, config: config, account: currentAccount}
}

// Serve runs the connection until it or ctx ends, and returns after every process that it started is gone.
// onReady is called once the client has proved its key.
func (s *Server) Serve(ctx context.Context, conn net.Conn, onReady func()) error {
	defer func() { _ = conn.Close() }() // it may be closed already
	if err := conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return fmt.Errorf("ssh handshake: %w", err)
	}
	client, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return fmt.Errorf("ssh handshake: %w", err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("ssh handshake: %w", err)
	}
	onReady()
	peer := &peer{Server: s, hurry: make(chan struct{}), slots: make(chan struct{}, maxChannels)}
	stopped := context.AfterFunc(ctx, func() { peer.stop(client) })
	defer stopped()

	peer.tasks.Go(func() { answerGlobal(requests, s.options.Log) })
	for channel := range channels {
		peer.accept(ctx, channel)
	}
	err = client.Wait()
	peer.tasks.Wait()
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// peer is one connection with the tasks that it started.
type peer struct {
	*Server
	tasks sync.WaitGroup
	slots chan struct{}
	hurry chan struct{} // closed when the agent stops: processes get less time
}

func (p *peer) stop(client *ssh.ServerConn) {
	close(p.hurry)
	_ = client.Close() // ends every channel; an error means that it was closed already
}

// answerGlobal answers the keepalives of OpenSSH's and our own clients; there is no other global request to grant.
func answerGlobal(requests <-chan *ssh.Request, log *slog.Logger) {
	for request := range requests {
		isKeepalive := request.Type == "keepalive@openssh.com"
		if !isKeepalive {
			log.Warn("ssh request was refused", "type", wire.Cut(request.Type, maxLogged))
		}
		_ = request.Reply(isKeepalive, nil) // a lost connection ends the loop
	}
}

func (p *peer) accept(ctx context.Context, channel ssh.NewChannel) {
	select {
	case p.slots <- struct{}{}:
	default:
		_ = channel.Reject(ssh.ResourceShortage, "too many channels are open on this link")
		return
	}
	p.tasks.Go(func() {
		defer func() { <-p.slots }()
		switch channel.ChannelType() {
		case "session":
			p.session(ctx, channel)
		case "direct-streamlocal@openssh.com":
			p.streamLocal(channel)
		default:
			p.options.Log.Warn("ssh channel was refused", "type", wire.Cut(channel.ChannelType(), maxLogged))
			_ = channel.Reject(ssh.UnknownChannelType, "this agent serves no such channel")
		}
	})
}
