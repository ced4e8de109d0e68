package sshserver

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// With only docker:read, the channel does not reach the socket: an HTTP server of our own reads the request, and only
// what is a harmless question is asked again on the socket. Docker has no such mode itself; a read-only mount of the
// socket does not restrict it in the least.

// refusedReads are GETs that carry away files or secrets, or that turn into a stream both ways.
var refusedReads = regexp.MustCompile(`^(/v[0-9.]+)?(` +
	`/containers/.+/(archive|export|attach/ws)` +
	`|/images/get|/images/.+/get` +
	`|/swarm|/swarm/unlockkey` + // join tokens and the key that unlocks a manager
	`|/debug/.*` +
	`)/?$`)

var refusedEncodings = regexp.MustCompile(`(?i)%(2e|2f|5c|25|00)`)

// isHarmlessRead decides about one request by what the daemon will see of it.
func isHarmlessRead(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Header.Get("Upgrade") != "" ||
		hasToken(r.Header.Values("Connection"), "upgrade") {
		return false
	}
	return isHarmlessPath(r.URL)
}

func isHarmlessPath(target *url.URL) bool {
	if target.Host != "" || target.Opaque != "" || !strings.HasPrefix(target.Path, "/") {
		return false
	}
	if refusedEncodings.MatchString(target.EscapedPath()) || strings.ContainsAny(target.Path, "\\\x00\r\n") {
		return false
	}
	if strings.Contains(target.Path, "//") || strings.Contains(target.Path, "..") {
		return false
	}
	return !refusedReads.MatchString(target.Path)
}

func hasToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

func (p *peer) streamDockerReads(offered ssh.NewChannel) {
	channel, requests, err := offered.Accept()
	if err != nil {
		return // the connection ended
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	conn := newChannelConn(channel)
	p.tasks.Go(func() {
		ssh.DiscardRequests(requests)
		cancel()
		_ = conn.Close() // the core closed the channel
	})
	// What the HTTP packages complain of is a lost connection: not for the log, and never as plain text on stderr.
	complaints := slog.NewLogLogger(p.options.Log.Handler(), slog.LevelDebug)
	serveDockerReads(ctx, conn, p.options.DockerSocket, complaints)
}

// serveDockerReads answers requests on one connection until it ends.
func serveDockerReads(ctx context.Context, conn *channelConn, socket string, complaints *log.Logger) {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "unix", socket)
			if err != nil {
				return nil, err
			}
			return newGatheredConn(conn), nil
		},
		ReadBufferSize: copyBuffer,
		MaxIdleConns:   1, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
	}
	defer transport.CloseIdleConnections()
	server := &http.Server{
		Handler:           dockerReads(transport, complaints),
		ErrorLog:          complaints,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Minute, // the connection is the core's own: it may keep it open for the next question
		MaxHeaderBytes:    32 * 1024,
	}
	_ = server.Serve(&oneListener{conn: conn}) // always the listener's end
	<-conn.closed
	_ = server.Close()
}

func dockerReads(transport http.RoundTripper, complaints *log.Logger) http.Handler {
	proxy := &httputil.ReverseProxy{
		ErrorLog:      complaints,
		Transport:     transport,
		FlushInterval: -1, // events, logs and stats are streams
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.URL.Host = "docker"
			r.Out.Host = "docker"
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			writeMessage(w, http.StatusBadGateway, err.Error())
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isHarmlessRead(r) {
			w.Header().Set("Connection", "close") // an unread body may follow
			writeMessage(w, http.StatusForbidden, "refused by this node's policy")
			return
		}
		proxy.ServeHTTP(w, r)
	})
}

// writeMessage answers in the form of Docker's own errors.
func writeMessage(w http.ResponseWriter, status int, message string) {
	body, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		body = nil // cannot fail for a string
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the core may be gone
}

// oneListener hands out a single connection and then waits for its end.
type oneListener struct {
	conn *channelConn
	once sync.Once
}

func (l *oneListener) Accept() (net.Conn, error) {
	var conn net.Conn
	l.once.Do(func() { conn = l.conn })
	if conn != nil {
		return conn, nil
	}
	<-l.conn.closed
	return nil, net.ErrClosed
}

func (l *oneListener) Close() error   { return nil }
func (l *oneListener) Addr() net.Addr { return channelAddr{} }

// channelConn makes a net.Conn of an SSH channel for the HTTP server, which needs deadlines to take a connection back
// from its own background read. A pump goroutine reads the channel, one buffer at a time, so that a read can be given
// up without losing what arrives.
type channelConn struct {
	net.Conn // the near end of a pipe, which has deadlines
	channel  ssh.Channel
	closed   chan struct{}
	once     sync.Once
}

func newChannelConn(channel ssh.Channel) *channelConn {
	near, far := net.Pipe()
	conn := &channelConn{Conn: near, channel: channel, closed: make(chan struct{})}
	go func() { // ends with the channel or the pipe
		_, _ = io.CopyBuffer(onlyWriter{far}, onlyReader{channel}, make([]byte, 4096))
		_ = far.Close()
	}()
	return conn
}

// Write goes straight to the channel: only reads need deadlines.
func (c *channelConn) Write(p []byte) (int, error) { return c.channel.Write(p) }

// Close closes the channel whole. Its sending half cannot be ended first: that may not meet a write of the handler.
func (c *channelConn) Close() error {
	var err error
	c.once.Do(func() {
		err = c.Conn.Close()
		_ = c.channel.Close() // closed by the core at the same time, perhaps
		close(c.closed)
	})
	return err
}

func (c *channelConn) LocalAddr() net.Addr  { return channelAddr{} }
func (c *channelConn) RemoteAddr() net.Addr { return channelAddr{} }

type channelAddr struct{}

func (channelAddr) Network() string { return "ssh" }
func (channelAddr) String() string  { return "channel" }
