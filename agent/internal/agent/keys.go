package agent

import (
	"errors"

	"golang.org/x/crypto/ssh"

	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
)

// keys are the two ends of the link's trust: ours, which the core has pinned, and the core's, which we have.
type keys struct {
	hostKey ssh.Signer
	coreKey ssh.PublicKey
}

func loadKeys(dir config.Dir, identity config.Identity, fingerprint string) (keys, error) {
	hostKey, err := config.LoadHostKey(dir)
	if err != nil {
		return keys{}, err
	}
	coreKey, err := identity.CoreKey()
	if err != nil {
		return keys{}, err
	}
	if !coreapi.HasFingerprint(coreKey, fingerprint) {
		return keys{}, errors.New("agent.json and identity.json name different cores: enrol this node again")
	}
	return keys{hostKey: hostKey, coreKey: coreKey}, nil
}
