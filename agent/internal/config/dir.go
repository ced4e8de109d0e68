package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	configFile    = "agent.json"
	identityFile  = "identity.json"
	hostKeyFile   = "host_key"
	authorityFile = "ca.pem"
	lockFile      = "lock"
	spoolDir      = "spool"
)

// Dir is the agent's state directory. Everything in it is private to the agent's user.
type Dir string

// ConfigPath is where the configuration stands unless the command line says otherwise.
func (d Dir) ConfigPath() string { return filepath.Join(string(d), configFile) }

// SaveAuthorities keeps a copy of the certificates that the owner trusts for the core, and returns its absolute path.
func (d Dir) SaveAuthorities(pem []byte) (string, error) {
	if err := d.write(authorityFile, pem); err != nil {
		return "", err
	}
	return filepath.Abs(filepath.Join(string(d), authorityFile))
}

// SpoolPath is the directory of samples that the core has not committed yet.
func (d Dir) SpoolPath() string { return filepath.Join(string(d), spoolDir) }

// Ensure creates the directory with mode 0700 and refuses one that others could write to.
func (d Dir) Ensure() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(string(d))
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others may enter %s: run chmod 700 %s", d, d)
	}
	return nil
}

// Lock makes this process the only agent on this directory until release is called. Two agents on one spool would
// hand out the same sequence numbers.
func (d Dir) Lock() (release func(), err error) {
	path := filepath.Join(string(d), lockFile)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close() // nothing was written
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another agent is running on %s", d)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = file.Close() }, nil // closing releases the lock; the empty file stays
}

// write replaces a file so that a reader, or a crash, sees the old content or the new and never half of it.
func (d Dir) write(name string, content []byte) error {
	path := filepath.Join(string(d), name)
	temp, err := os.CreateTemp(string(d), name+".*.tmp") // created 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // after the rename there is nothing left to remove
	if _, err := temp.Write(content); err != nil {
		return errors.Join(err, temp.Close())
	}
	if err := temp.Sync(); err != nil {
		return errors.Join(err, temp.Close())
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return syncDir(string(d))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // opened for reading only
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

// readPrivate reads a secret and refuses it when others could have read or replaced it.
func (d Dir) readPrivate(name string) ([]byte, error) {
	path := filepath.Join(string(d), name)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotEnrolled, path)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read %s: run chmod 600 %s", path, path)
	}
	return os.ReadFile(path)
}
