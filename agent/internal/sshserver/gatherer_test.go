package sshserver

import (
	"testing"
	"testing/synctest"
	"time"
)

// chunks is a source of pieces of given sizes that are always there.
type chunks struct{ sizes []int }

func (c *chunks) Read(buffer []byte) (int, error) {
	n := min(c.sizes[0], len(buffer))
	c.sizes = c.sizes[1:]
	return n, nil
}

func TestOnlyWhatFollowsASmallPieceWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gathering := &gatherer{from: &chunks{sizes: []int{1, copyBuffer, copyBuffer}}}
		buffer := make([]byte, copyBuffer)
		began := time.Now()
		for at, want := range []time.Duration{0, gatherTime, gatherTime} {
			if _, err := gathering.Read(buffer); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != want {
				t.Errorf("piece %d came after %v, want %v", at, took, want)
			}
		}
	})
}
