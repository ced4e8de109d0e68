package spool

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"serverbox/agent/pkg/wire"
)

const (
	metaName  = "meta.json"
	metaBytes = 128 // one write within one sector: it is there or it is not
)

type metaState struct {
	Epoch   string `json:"epoch"`
	NextSeq uint64 `json:"nextSeq"`

	fresh bool // the epoch was made just now
}

// metaFile is overwritten in place: its block exists, so that even a full disk cannot stop the reservation of numbers.
type metaFile struct {
	file *os.File
}

var epochForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

func openMeta(path string) (*metaFile, metaState, error) {
	state, err := readMeta(path)
	if err != nil {
		if state, err = createMeta(path); err != nil {
			return nil, metaState{}, err
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, metaState{}, err
	}
	return &metaFile{file: file}, state, nil
}

func readMeta(path string) (metaState, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return metaState{}, err
	}
	var state metaState
	if err := wire.UnmarshalStrict(text, &state); err != nil {
		return metaState{}, err
	}
	if !epochForm.MatchString(state.Epoch) || state.NextSeq == 0 {
		return metaState{}, errors.New("no epoch in it")
	}
	return state, nil
}

func createMeta(path string) (metaState, error) {
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return metaState{}, fmt.Errorf("make epoch: %w", err)
	}
	state := metaState{Epoch: hex.EncodeToString(raw[:]), NextSeq: 1, fresh: true}
	text, err := state.encode()
	if err != nil {
		return metaState{}, err
	}
	temp := path + ".tmp"
	if err := writeSynced(temp, text); err != nil {
		return metaState{}, err
	}
	if err := os.Rename(temp, path); err != nil {
		return metaState{}, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return metaState{}, err
	}
	return state, errors.Join(dir.Sync(), dir.Close())
}

func writeSynced(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func (m metaState) encode() ([]byte, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", metaName, err)
	}
	return fmt.Appendf(nil, "%-*s\n", metaBytes-1, text), nil
}

func (m *metaFile) write(state metaState) error {
	text, err := state.encode()
	if err != nil {
		return err
	}
	if _, err := m.file.WriteAt(text, 0); err != nil {
		return err
	}
	return m.file.Sync()
}

func (m *metaFile) Close() error { return m.file.Close() }
