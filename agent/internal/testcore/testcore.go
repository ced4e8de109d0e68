// Package testcore is the core as the agent's tests need it: a real HTTP server with challenge, enrolment and link, and
// a real SSH client on the link. It is never part of the agent.
package testcore

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/crypto/ssh"

	"serverbox/agent/pkg/wire"
)

// The one-time token and the credential that this core deals in.
const (
	Token      = "sbt_one_time"
	Credential = "sbn_12345678_secret"
	NodeID     = "0d9f6f3a-6a0e-4d0e-9a57-0a4f6c1f2b3c"
)

// Request is what somebody asked of the core.
type Request struct {
	Path          string
	Authorization string
	Protocol      string
	Body          []byte
}

// Core is a running core.
type Core struct {
	*httptest.Server
	Signer ssh.Signer
	Links  chan net.Conn // each accepted link, before any SSH

	private ed25519.PrivateKey

	mu         sync.Mutex
	hostKey    ssh.PublicKey
	token      string // the one that can be spent now
	nodeID     string
	enrolments []wire.EnrollRequest
	requests   []Request
	refusal    *Refusal
	tamper     func(*wire.ChallengeReply)
}

// Refusal is how the core turns a link down.
type Refusal struct {
	Status        int
	Code, Message string
}

// New starts a core with a key of its own.
func New(t *testing.T) *Core {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	core := &Core{Signer: signer, private: private, Links: make(chan net.Conn, 16), token: Token, nodeID: NodeID}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/agent/challenge", core.challenge)
	mux.HandleFunc("POST /api/agent/enroll", core.enroll)
	mux.HandleFunc("GET /api/agent/link", core.link)
	core.Server = httptest.NewServer(core.record(mux))
	t.Cleanup(core.Close)
	return core
}

// Fingerprint is the key that an enrolment command would carry.
func (c *Core) Fingerprint() string { return ssh.FingerprintSHA256(c.Signer.PublicKey()) }

// PublicKey is the core's key on one line.
func (c *Core) PublicKey() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(c.Signer.PublicKey())))
}

// Refuse makes the core turn down every link from now on; nil ends that.
func (c *Core) Refuse(refusal *Refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusal = refusal
}

// Issue makes another token, for the given node.
func (c *Core) Issue(token, nodeID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token, c.nodeID = token, nodeID
}

// Enrolments are those that were accepted.
func (c *Core) Enrolments() []wire.EnrollRequest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]wire.EnrollRequest(nil), c.enrolments...)
}

// Tamper changes the answer to each challenge, as an impostor would.
func (c *Core) Tamper(change func(*wire.ChallengeReply)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tamper = change
}

// Requests are all that were made so far.
func (c *Core) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Request(nil), c.requests...)
}

func (c *Core) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.requests = append(c.requests, Request{Path: r.URL.Path, Authorization: r.Header.Get("Authorization"), Protocol: r.Header.Get("Agent-Protocol")})
		c.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (c *Core) challenge(w http.ResponseWriter, r *http.Request) {
	signature := ed25519.Sign(c.private, wire.ChallengeText(r.URL.Query().Get("nonce")))
	reply := wire.ChallengeReply{PublicKey: c.PublicKey(), Signature: base64.StdEncoding.EncodeToString(signature)}
	c.mu.Lock()
	if c.tamper != nil {
		c.tamper(&reply)
	}
	c.mu.Unlock()
	answer(w, http.StatusOK, reply)
}

func (c *Core) enroll(w http.ResponseWriter, r *http.Request) {
	var request wire.EnrollRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		refuse(w, Refusal{http.StatusBadRequest, "invalid_input", err.Error()})
		return
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(request.HostPublicKey))
	if err != nil {
		refuse(w, Refusal{http.StatusBadRequest, "invalid_input", err.Error()})
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if request.Token != c.token {
		refuse(w, Refusal{http.StatusUnauthorized, "unauthorized", "this token was used"})
		return
	}
	c.token, c.hostKey, c.enrolments = "", key, append(c.enrolments, request)
	answer(w, http.StatusOK, wire.EnrollReply{NodeID: c.nodeID, Credential: Credential, CorePublicKey: c.PublicKey()})
}

func (c *Core) link(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	refusal := c.refusal
	c.mu.Unlock()
	if refusal == nil && r.Header.Get("Authorization") != "Bearer "+Credential {
		refusal = &Refusal{http.StatusUnauthorized, "unauthorized", "this credential is not known"}
	}
	if refusal != nil {
		refuse(w, *refusal)
		return
	}
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	conn := &watchedConn{Conn: websocket.NetConn(ctx, socket, websocket.MessageBinary), closed: make(chan struct{})}
	c.Links <- conn
	<-conn.closed // the handler's return would end the connection
}

// watchedConn tells when it was closed.
type watchedConn struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *watchedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.closed) })
	return err
}

// Client waits for the agent's next link and logs in on it with the core's key.
func (c *Core) Client(t *testing.T) *ssh.Client {
	t.Helper()
	select {
	case conn := <-c.Links:
		return Client(t, conn, c.Signer)
	case <-time.After(20 * time.Second):
		t.Fatal("the agent opened no link")
		return nil
	}
}

// Client speaks SSH on a connection with the given key.
func Client(t *testing.T, conn net.Conn, key ssh.Signer) *ssh.Client {
	t.Helper()
	inner, channels, requests, err := ssh.NewClientConn(conn, "agent", &ssh.ClientConfig{
		User:            "core",
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: func(string, net.Addr, ssh.PublicKey) error { return nil },
		Timeout:         10 * time.Second,
	})
	if err != nil {
		_ = conn.Close()
		t.Fatal(err)
	}
	client := ssh.NewClient(inner, channels, requests)
	t.Cleanup(func() {
		if err := client.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Logf("close client: %v", err)
		}
	})
	return client
}

func refuse(w http.ResponseWriter, refusal Refusal) {
	var reply wire.ErrorReply
	reply.Error.Code, reply.Error.Message = refusal.Code, refusal.Message
	answer(w, refusal.Status, reply)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the agent may be gone
}
