// Package enroll turns a one-time token into this node's identity.
//
// The order is what makes it safe: the core proves its pinned key before the token leaves; the reply must carry the
// same key; agent.json is written before identity.json, so that a node with an identity is completely enrolled.
package enroll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
	"serverbox/agent/internal/policy"
	"serverbox/agent/pkg/wire"
)

const maxTokenLength = 200

// Options say where to enrol and what the core may ask afterwards.
type Options struct {
	Dir          config.Dir
	CoreURL      string
	CoreKey      string
	Services     []policy.Service
	DockerSocket string
	ReadToken    func() (string, error) // called only when the token is needed
	Facts        func(context.Context) (wire.NodeFacts, error)
}

// Result says who this node is now.
type Result struct {
	NodeID  string
	Already bool // it was enrolled with this core before; nothing was changed
}

// Run enrols the node, or confirms that it is enrolled with the same core.
func Run(ctx context.Context, options Options) (Result, error) {
	if err := options.Dir.Ensure(); err != nil {
		return Result{}, err
	}
	identity, err := config.LoadIdentity(options.Dir)
	if err == nil {
		return confirm(identity, options.CoreKey)
	}
	if !errors.Is(err, config.ErrNotEnrolled) {
		return Result{}, err
	}
	return enrolNew(ctx, options)
}

func confirm(identity config.Identity, coreKey string) (Result, error) {
	key, err := identity.CoreKey()
	if err != nil {
		return Result{}, err
	}
	if !coreapi.HasFingerprint(key, coreKey) {
		return Result{}, fmt.Errorf("this node is enrolled with another core, %s: use another --state-dir, or remove this one to leave that core",
			ssh.FingerprintSHA256(key))
	}
	return Result{NodeID: identity.NodeID, Already: true}, nil
}

func enrolNew(ctx context.Context, options Options) (Result, error) {
	token, err := options.ReadToken()
	if err != nil {
		return Result{}, err
	}
	hostKey, err := config.EnsureHostKey(options.Dir)
	if err != nil {
		return Result{}, err
	}
	facts, err := options.Facts(ctx)
	if err != nil {
		return Result{}, err
	}
	core := &coreapi.Client{BaseURL: options.CoreURL, CoreKey: options.CoreKey, HTTP: coreapi.NewHTTPClient()}
	if _, err := core.Prove(ctx); err != nil {
		return Result{}, err
	}
	reply, err := core.Enroll(ctx, wire.EnrollRequest{
		Token:         token,
		HostPublicKey: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(hostKey.PublicKey()))),
		Facts:         facts,
	})
	if err != nil {
		return Result{}, err
	}
	return save(options, reply)
}

func save(options Options, reply wire.EnrollReply) (Result, error) {
	key, err := config.ParsePublicKey(reply.CorePublicKey)
	if err != nil {
		return Result{}, fmt.Errorf("enrol: %w", err)
	}
	if !coreapi.HasFingerprint(key, options.CoreKey) {
		return Result{}, fmt.Errorf("enrol: %w", coreapi.ErrWrongCore)
	}
	if reply.NodeID == "" || !printable(reply.Credential) {
		return Result{}, errors.New("enrol: the core's reply holds no usable identity")
	}
	cfg := config.Config{
		CoreURL: options.CoreURL, CoreKey: options.CoreKey,
		Services: options.Services, DockerSocket: options.DockerSocket,
	}
	if err := cfg.Save(options.Dir); err != nil {
		return Result{}, err
	}
	identity := config.Identity{NodeID: reply.NodeID, Credential: reply.Credential, CorePublicKey: reply.CorePublicKey}
	if err := identity.Save(options.Dir); err != nil {
		return Result{}, err
	}
	return Result{NodeID: reply.NodeID}, nil
}

// printable keeps a credential from breaking out of the header that will carry it.
func printable(credential string) bool {
	for _, r := range credential {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return credential != ""
}

// TokenReader reads the token from a file, or from stdin for "-". A token never stands in argv, where every user of
// the machine could read it.
func TokenReader(path string, stdin io.Reader) func() (string, error) {
	return func() (string, error) {
		source := stdin
		if path != "-" {
			file, err := os.Open(path)
			if err != nil {
				return "", fmt.Errorf("read token: %w", err)
			}
			defer func() { _ = file.Close() }() // opened for reading only
			source = file
		}
		text, err := io.ReadAll(io.LimitReader(source, maxTokenLength+64))
		if err != nil {
			return "", fmt.Errorf("read token: %w", err)
		}
		token := strings.TrimSpace(string(text))
		if !printable(token) || len(token) > maxTokenLength {
			return "", errors.New("read token: there is no token in it")
		}
		return token, nil
	}
}
