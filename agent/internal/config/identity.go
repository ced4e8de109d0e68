package config

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/pkg/wire"
)

// ErrNotEnrolled is returned where the identity or the host key does not exist yet.
var ErrNotEnrolled = errors.New("this node is not enrolled")

// Identity is identity.json: who this node is to its core, and which key that core will show.
type Identity struct {
	NodeID        string `json:"nodeId"`
	Credential    string `json:"credential"`
	CorePublicKey string `json:"corePublicKey"` // "ssh-ed25519 AAAA…"
	TokenHash     string `json:"tokenHash"`     // of the token that bought it: the same command again changes nothing
}

// LoadIdentity reads the identity, or returns an error that is ErrNotEnrolled.
func LoadIdentity(dir Dir) (Identity, error) {
	text, err := dir.readPrivate(identityFile)
	if err != nil {
		return Identity{}, err
	}
	var identity Identity
	if err := wire.UnmarshalStrict(text, &identity); err != nil {
		return Identity{}, fmt.Errorf("%s: %w", identityFile, err)
	}
	if _, err := identity.CoreKey(); err != nil {
		return Identity{}, fmt.Errorf("%s: %w", identityFile, err)
	}
	return identity, nil
}

// Save writes the identity. It is the last step of enrolment: a node with this file is enrolled.
func (i Identity) Save(dir Dir) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return fmt.Errorf("encode identity: %w", err)
	}
	return dir.write(identityFile, append(text, '\n'))
}

// CoreKey is the one client key that the agent accepts.
func (i Identity) CoreKey() (ssh.PublicKey, error) { return ParsePublicKey(i.CorePublicKey) }

// ParsePublicKey reads one line in the form "ssh-ed25519 AAAA…"; no other type of key is accepted.
func ParsePublicKey(line string) (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return nil, fmt.Errorf("parse public key: %w", err)
	}
	if key.Type() != ssh.KeyAlgoED25519 {
		return nil, fmt.Errorf("parse public key: a key of type %.40q instead of %s", key.Type(), ssh.KeyAlgoED25519)
	}
	return key, nil
}

// EnsureHostKey reads the agent's host key and makes one on the first call.
func EnsureHostKey(dir Dir) (ssh.Signer, error) {
	signer, err := LoadHostKey(dir)
	if !errors.Is(err, ErrNotEnrolled) {
		return signer, err
	}
	text, signer, err := NewHostKey()
	if err != nil {
		return nil, err
	}
	return signer, SaveHostKey(dir, text)
}

// NewHostKey draws a host key, in the form in which it is stored and in the one in which it is used.
func NewHostKey() ([]byte, ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make host key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return nil, nil, fmt.Errorf("encode host key: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("use host key: %w", err)
	}
	return pem.EncodeToMemory(block), signer, nil
}

// SaveHostKey replaces the host key.
func SaveHostKey(dir Dir, text []byte) error { return dir.write(hostKeyFile, text) }

// LoadHostKey reads the agent's host key, or returns an error that is ErrNotEnrolled.
func LoadHostKey(dir Dir) (ssh.Signer, error) {
	text, err := dir.readPrivate(hostKeyFile)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", hostKeyFile, err)
	}
	return signer, nil
}
