package sshserver

import (
	"io"
	"net"
	"time"
)

const (
	gatherTime  = 4 * time.Millisecond
	gatherBelow = copyBuffer / 2
)

// gatherer reads in large pieces what its source writes in small ones: an engine writes each line of a log by itself, and
// each piece that is sent is a packet, a message and an authentication of its own. The first piece leaves at once, so an
// answer and an echo wait for nothing; after a small one the next may come at most gatherTime later, with all that was
// written in between.
type gatherer struct {
	from     io.Reader
	wasSmall bool
}

func (g *gatherer) Read(buffer []byte) (int, error) {
	if g.wasSmall {
		time.Sleep(gatherTime)
	}
	n, err := g.from.Read(buffer)
	g.wasSmall = n < gatherBelow
	return n, err
}

// gatheredConn is a connection whose reading is gathered.
type gatheredConn struct {
	net.Conn
	gatherer gatherer
}

func newGatheredConn(conn net.Conn) *gatheredConn {
	return &gatheredConn{Conn: conn, gatherer: gatherer{from: conn}}
}

func (c *gatheredConn) Read(buffer []byte) (int, error) { return c.gatherer.Read(buffer) }
