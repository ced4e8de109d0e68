package collect

import (
	"os"
	"path/filepath"
	"testing"
)

// tree is a copy of the kernel's files in a directory.
type tree struct {
	t     *testing.T
	roots Roots
}

func newTree(t *testing.T) tree {
	dir := t.TempDir()
	return tree{t: t, roots: Roots{Proc: dir + "/proc", Sys: dir + "/sys", Etc: dir + "/etc", Run: dir + "/run"}}
}

func (tr tree) put(path, text string) {
	tr.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tr.t.Fatal(err)
	}
}
