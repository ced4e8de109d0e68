package sshserver

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/policy"
)

const dialTimeout = 5 * time.Second

// alreadyPassed is a deadline that ends a read at once.
var alreadyPassed = time.Unix(1, 0)

// streamLocal connects a channel with the Docker socket, whole or filtered, as the owner permits.
func (p *peer) streamLocal(offered ssh.NewChannel) {
	if reason, err := p.checkStreamLocal(offered.ExtraData()); err != nil {
		p.options.Log.Warn("ssh channel was refused", "type", offered.ChannelType(), "error", err.Error())
		_ = offered.Reject(reason, err.Error())
		return
	}
	if !p.options.Policy.Allows(policy.DockerWrite) {
		p.streamDockerReads(offered)
		return
	}
	socket, err := net.DialTimeout("unix", p.options.DockerSocket, dialTimeout)
	if err != nil {
		_ = offered.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer func() { _ = socket.Close() }() // closed twice at worst
	channel, requests, err := offered.Accept()
	if err != nil {
		return // the connection ended
	}
	gone := make(chan struct{})
	p.tasks.Go(func() {
		ssh.DiscardRequests(requests)
		close(gone)
		_ = socket.Close() // the core closed the channel: nobody reads the rest
	})
	splice(channel, socket)
	_ = channel.Close()
	<-gone
}

func (p *peer) checkStreamLocal(extra []byte) (ssh.RejectionReason, error) {
	var target struct {
		Path      string
		Reserved0 string
		Reserved1 uint32
	}
	if err := ssh.Unmarshal(extra, &target); err != nil {
		return ssh.ConnectionFailed, errors.New("malformed channel request")
	}
	if err := p.options.Policy.Check(policy.DockerRead); err != nil {
		return ssh.Prohibited, err
	}
	// The core asks for the usual place and means the engine, which listens where the owner says.
	if target.Path != config.DefaultDockerSocket && target.Path != p.options.DockerSocket {
		return ssh.Prohibited, errors.New("refused by this node's policy: only the Docker socket " + p.options.DockerSocket + " may be reached")
	}
	return 0, nil
}

// halfCloser is a connection whose sending half can end alone, which Docker's attach and exec streams rely on.
type halfCloser interface {
	io.ReadWriter
	CloseWrite() error
}

// splice copies both ways until both ends have finished. One buffer a direction: who does not read, stalls the other.
func splice(channel ssh.Channel, socket net.Conn) {
	unix, ok := socket.(*net.UnixConn)
	if !ok {
		return
	}
	var copies sync.WaitGroup
	copies.Go(func() { copyHalf(unix, channel) })
	copies.Go(func() { copyHalf(channel, &gatherer{from: unix}) })
	copies.Wait()
}

func copyHalf(to halfCloser, from io.Reader) {
	_, err := io.CopyBuffer(onlyWriter{to}, onlyReader{from}, make([]byte, copyBuffer))
	if err == nil {
		_ = to.CloseWrite() // the other side may be gone already
		return
	}
	_, _ = io.Copy(io.Discard, from) // the receiver is gone: let the sender finish rather than stall it
}

type onlyReader struct{ io.Reader }
