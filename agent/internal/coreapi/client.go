// Package coreapi is the agent's side of the core's HTTP surface: the challenge that proves the core, and enrolment.
// The link itself, a WebSocket, is dialled in package link with the same transport.
package coreapi

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/config"
	"serverbox/agent/pkg/wire"
)

const (
	requestTimeout = 15 * time.Second
	maxReplyBytes  = 64 * 1024
	maxJobBytes    = 1024 * 1024 // a script for this node stands in the reply
)

// NewHTTPClient makes the client for everything that the agent says over HTTP. It honours HTTP_PROXY, HTTPS_PROXY and
// NO_PROXY, speaks HTTP/1.1 only (a WebSocket upgrade needs it) and follows no redirect: the owner named one address.
func NewHTTPClient() *http.Client { return newHTTPClient(nil) }

// newHTTPClient trusts the given authorities alone; nil means those of the machine.
func newHTTPClient(authorities *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			TLSClientConfig:       &tls.Config{RootCAs: authorities},
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: requestTimeout,
			IdleConnTimeout:       10 * time.Second,
			MaxIdleConns:          2,
			Protocols:             protocols,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Client speaks to one core, known by its address and by the fingerprint of its key.
type Client struct {
	BaseURL string // without a slash at the end
	CoreKey string // "SHA256:…"
	HTTP    *http.Client
}

// ClientOf makes the client for the core that a configuration names.
func ClientOf(cfg config.Config) (*Client, error) {
	authorities, err := Authorities(cfg.CAFile)
	if err != nil {
		return nil, err
	}
	return &Client{BaseURL: cfg.CoreURL, CoreKey: cfg.CoreKey, HTTP: newHTTPClient(authorities)}, nil
}

// Authorities reads the certificates of a PEM file, which then are the only ones that count; nil for no file.
func Authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read authorities: %s holds no certificate in PEM form", path)
	}
	return pool, nil
}

// StatusError is a refusal of the core, or of something that answers in its place.
type StatusError struct {
	Status  int
	Code    string // the core's error code; empty when the answer was not the core's
	Message string
}

func (e *StatusError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("HTTP status %d", e.Status)
	}
	return fmt.Sprintf("HTTP status %d, %s: %s", e.Status, e.Code, e.Message)
}

// ErrWrongCore is returned when the server at the core's address does not hold the pinned key.
var ErrWrongCore = errors.New("the server does not hold the pinned core key")

// Proof is a core that proved itself.
type Proof struct {
	Key        ssh.PublicKey
	ServerDate time.Time // the Date header; zero when there was none
}

// Prove makes the core show that it holds the pinned key. Nothing secret may be sent to it before this succeeded.
func (c *Client) Prove(ctx context.Context) (Proof, error) {
	nonce, err := newNonce()
	if err != nil {
		return Proof{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.BaseURL+"/api/agent/challenge?nonce="+nonce, nil)
	if err != nil {
		return Proof{}, fmt.Errorf("challenge core: %w", err)
	}
	var reply wire.ChallengeReply
	header, err := c.do(request, &reply)
	if err != nil {
		return Proof{}, fmt.Errorf("challenge core: %w", err)
	}
	key, err := verify(reply, nonce, c.CoreKey)
	if err != nil {
		return Proof{}, fmt.Errorf("challenge core: %w", err)
	}
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		date = time.Time{} // optional: only the doctor looks at it
	}
	return Proof{Key: key, ServerDate: date}, nil
}

// verify checks fingerprint and signature (RFC 8032) of a challenge's answer.
func verify(reply wire.ChallengeReply, nonce, coreKey string) (ssh.PublicKey, error) {
	key, err := config.ParsePublicKey(reply.PublicKey)
	if err != nil {
		return nil, err
	}
	if !HasFingerprint(key, coreKey) {
		return nil, fmt.Errorf("%w: it shows %s", ErrWrongCore, ssh.FingerprintSHA256(key))
	}
	crypto, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return nil, ErrWrongCore
	}
	raw, ok := crypto.CryptoPublicKey().(ed25519.PublicKey)
	if !ok {
		return nil, ErrWrongCore
	}
	signature, err := base64.StdEncoding.DecodeString(reply.Signature)
	if err != nil {
		return nil, fmt.Errorf("decode signature: %w", err)
	}
	if !ed25519.Verify(raw, wire.ChallengeText(nonce), signature) {
		return nil, fmt.Errorf("%w: its signature is wrong", ErrWrongCore)
	}
	return key, nil
}

// HasFingerprint compares a key with a fingerprint in OpenSSH's form.
func HasFingerprint(key ssh.PublicKey, fingerprint string) bool {
	return subtle.ConstantTimeCompare([]byte(ssh.FingerprintSHA256(key)), []byte(fingerprint)) == 1
}

// Enroll spends the one-time token. Call Prove first: the token is a secret.
func (c *Client) Enroll(ctx context.Context, enrolment wire.EnrollRequest) (wire.EnrollReply, error) {
	body, err := json.Marshal(enrolment)
	if err != nil {
		return wire.EnrollReply{}, fmt.Errorf("encode enrolment: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BaseURL+"/api/agent/enroll", bytes.NewReader(body))
	if err != nil {
		return wire.EnrollReply{}, fmt.Errorf("enrol: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	var reply wire.EnrollReply
	if _, err := c.do(request, &reply); err != nil {
		return wire.EnrollReply{}, fmt.Errorf("enrol: %w", err)
	}
	return reply, nil
}

// LinkURL is the address of the WebSocket that carries the link.
func (c *Client) LinkURL() string { return c.BaseURL + "/api/agent/link" }

func (c *Client) do(request *http.Request, into any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(request.Context(), requestTimeout)
	defer cancel()
	return c.send(request.WithContext(ctx), maxReplyBytes, into)
}

// send is bounded in time by the request's own context.
func (c *Client) send(request *http.Request, maxBytes int64, into any) (http.Header, error) {
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // read to its end or given up; nothing is left to learn
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read reply: %w", err)
	}
	if int64(len(body)) > maxBytes {
		return nil, fmt.Errorf("the reply is larger than %d bytes", maxBytes)
	}
	if response.StatusCode != http.StatusOK {
		return nil, NewStatusError(response.StatusCode, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return nil, fmt.Errorf("the reply is not the core's: %w", err)
	}
	return response.Header, nil
}

// NewStatusError reads the core's error body, if it is one.
func NewStatusError(status int, body []byte) *StatusError {
	var reply wire.ErrorReply
	if json.Unmarshal(body, &reply) != nil {
		return &StatusError{Status: status} // a proxy's page: its text is of no use in a log line
	}
	return &StatusError{
		Status:  status,
		Code:    wire.Cut(reply.Error.Code, 64),
		Message: wire.Cut(reply.Error.Message, 300),
	}
}

func newNonce() (string, error) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("make nonce: %w", err)
	}
	return hex.EncodeToString(raw[:]), nil
}
