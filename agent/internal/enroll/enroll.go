// Package enroll turns a one-time token into this node's identity.
//
// The order is what makes it safe: the core proves its pinned key before the token leaves; the reply must carry the
// same key; agent.json is written before identity.json, so that a node with an identity is completely enrolled.
package enroll

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	CAFile       string // PEM file of the authorities that alone may certify CoreURL; empty means those of the machine
	// NewIdentity drops what this machine was known by: it was copied from another one, which keeps that identity.
	NewIdentity bool
	ReadToken   func() (string, error)
	Facts       func(context.Context, config.Config) (wire.NodeFacts, error)
}

// Result says who this node is now.
type Result struct {
	NodeID  string
	Already bool // it was enrolled with this very token before; nothing was changed
}

// Run enrols the node. The token that it is enrolled with already changes nothing; another one gives it a new identity,
// with a new host key, because whoever copied the old one must not be able to use it any longer.
func Run(ctx context.Context, options Options) (Result, error) {
	if err := options.Dir.Ensure(); err != nil {
		return Result{}, err
	}
	identity, err := config.LoadIdentity(options.Dir)
	isEnrolled := err == nil
	if !isEnrolled && !errors.Is(err, config.ErrNotEnrolled) {
		return Result{}, err
	}
	if isEnrolled {
		if err := sameCore(identity, options.CoreKey); err != nil {
			return Result{}, err
		}
	}
	token, err := options.ReadToken()
	if err != nil {
		return Result{}, err
	}
	if isEnrolled && identity.TokenHash == hashOf(token) {
		return Result{NodeID: identity.NodeID, Already: true}, nil
	}
	keys, err := chooseKeys(options, isEnrolled)
	if err != nil {
		return Result{}, err
	}
	reply, cfg, err := exchange(ctx, options, keys, token)
	if err != nil {
		return Result{}, err
	}
	if isEnrolled && reply.NodeID != identity.NodeID {
		// What waits there was measured for the node that this machine was.
		if err := os.RemoveAll(options.Dir.SpoolPath()); err != nil {
			return Result{}, fmt.Errorf("enrol: %w", err)
		}
	}
	return save(options.Dir, keys, cfg, config.Identity{
		NodeID: reply.NodeID, Credential: reply.Credential, CorePublicKey: reply.CorePublicKey, TokenHash: hashOf(token),
	})
}

func sameCore(identity config.Identity, coreKey string) error {
	key, err := identity.CoreKey()
	if err != nil {
		return err
	}
	if !coreapi.HasFingerprint(key, coreKey) {
		return fmt.Errorf("this machine is enrolled with another core, %s: uninstall the agent first, or use another --state-dir",
			ssh.FingerprintSHA256(key))
	}
	return nil
}

// hashOf names a token without telling it.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// hostKeys are what the node will show, and what it was known by.
type hostKeys struct {
	public, previous string
	text             []byte // to be stored once the core has accepted it; nil when it is stored already
}

func chooseKeys(options Options, isEnrolled bool) (hostKeys, error) {
	if !isEnrolled && !options.NewIdentity { // a first attempt that broke off left its key
		signer, err := config.EnsureHostKey(options.Dir)
		if err != nil {
			return hostKeys{}, err
		}
		return hostKeys{public: line(signer)}, nil
	}
	text, signer, err := config.NewHostKey()
	if err != nil {
		return hostKeys{}, err
	}
	keys := hostKeys{public: line(signer), text: text}
	if options.NewIdentity {
		return keys, nil
	}
	old, err := config.LoadHostKey(options.Dir)
	if err != nil && !errors.Is(err, config.ErrNotEnrolled) {
		return hostKeys{}, err
	}
	if err == nil {
		keys.previous = line(old)
	}
	return keys, nil
}

func line(signer ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
}

// exchange spends the token, at a core that has proved its key, and checks what came for it.
func exchange(ctx context.Context, options Options, keys hostKeys, token string) (wire.EnrollReply, config.Config, error) {
	cfg := config.Config{
		CoreURL: options.CoreURL, CoreKey: options.CoreKey,
		Services: options.Services, DockerSocket: options.DockerSocket, CAFile: options.CAFile,
	}
	facts, err := options.Facts(ctx, cfg)
	if err != nil {
		return wire.EnrollReply{}, cfg, err
	}
	core, err := coreapi.ClientOf(cfg)
	if err != nil {
		return wire.EnrollReply{}, cfg, err
	}
	if _, err := core.Prove(ctx); err != nil {
		return wire.EnrollReply{}, cfg, err
	}
	reply, err := core.Enroll(ctx, wire.EnrollRequest{
		Token: token, HostPublicKey: keys.public, PreviousHostPublicKey: keys.previous, Facts: facts,
	})
	if err != nil {
		return wire.EnrollReply{}, cfg, err
	}
	return reply, cfg, check(options, reply)
}

func check(options Options, reply wire.EnrollReply) error {
	key, err := config.ParsePublicKey(reply.CorePublicKey)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	if !coreapi.HasFingerprint(key, options.CoreKey) {
		return fmt.Errorf("enrol: %w", coreapi.ErrWrongCore)
	}
	if reply.NodeID == "" || !printable(reply.Credential) {
		return errors.New("enrol: the core's reply holds no usable identity")
	}
	return nil
}

// save writes the identity last: a node that has one has everything.
func save(dir config.Dir, keys hostKeys, cfg config.Config, identity config.Identity) (Result, error) {
	if keys.text != nil {
		if err := config.SaveHostKey(dir, keys.text); err != nil {
			return Result{}, err
		}
	}
	if cfg.CAFile != "" {
		text, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return Result{}, fmt.Errorf("read authorities: %w", err)
		}
		if cfg.CAFile, err = dir.SaveAuthorities(text); err != nil {
			return Result{}, err
		}
	}
	if err := cfg.Save(dir); err != nil {
		return Result{}, err
	}
	if err := identity.Save(dir); err != nil {
		return Result{}, err
	}
	return Result{NodeID: identity.NodeID}, nil
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
