package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Reader walks the records in order, first those on disk, then those in memory, then each new one as it comes.
// It is for one goroutine. Close must be called.
type Reader struct {
	spool  *Spool
	after  uint64 // the last number that was handed out
	first  uint64 // which segment is open
	file   *os.File
	buffer *bufio.Reader
}

// Read starts after the given number.
func (s *Spool) Read(after uint64) *Reader { return &Reader{spool: s, after: after} }

// Next waits for the next record and returns its number and line, without a newline. The line is valid until the
// following call. wake, when it fires first, ends the wait with ErrWoken.
func (r *Reader) Next(ctx context.Context, wake <-chan struct{}) (uint64, []byte, error) {
	for {
		rec, grown, err := r.poll()
		if err != nil {
			return 0, nil, err
		}
		if rec.seq > 0 {
			r.after = rec.seq
			return rec.seq, rec.line, nil
		}
		select {
		case <-grown:
		case <-wake:
			return 0, nil, ErrWoken
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		}
	}
}

// ErrWoken says that Next returned because of its wake channel.
var ErrWoken = errors.New("woken")

// poll returns the next record, or none and the channel that is closed when there may be one.
func (r *Reader) poll() (record, <-chan struct{}, error) {
	isSecondTry := false
	for {
		at := r.spool.locate(r.after)
		if at.path == "" {
			return at.memory, at.grown, nil
		}
		rec, err := r.fromDisk(at)
		if err == nil {
			return rec, nil, nil
		}
		r.closeFile()
		switch {
		case errors.Is(err, os.ErrNotExist): // dropped by the bounds since it was located
		case errors.Is(err, errTorn) && !isSecondTry: // perhaps read while it was written; a fresh look will tell
			isSecondTry = true
		case errors.Is(err, errTorn): // damaged on disk: what follows in this segment is lost, what follows it is not
			r.spool.options.Log.Warn("spool segment was damaged", "path", at.path)
			r.after = at.last
			isSecondTry = false
		default:
			return record{}, nil, fmt.Errorf("read spool: %w", err)
		}
	}
}

// place says where the record after a number is: a segment, memory, or nowhere yet.
type place struct {
	path        string
	first, last uint64
	memory      record
	grown       <-chan struct{}
}

func (s *Spool) locate(after uint64) place {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.segments {
		if seg.last > after {
			return place{path: seg.path, first: seg.first, last: seg.last}
		}
	}
	for _, rec := range s.memory {
		if rec.seq > after {
			return place{memory: rec, grown: s.grown}
		}
	}
	return place{grown: s.grown}
}

// fromDisk reads on in the open segment, or opens the one that was located. That segment holds a record with a higher
// number, so that an end of file is as much a damage as a wrong sum.
func (r *Reader) fromDisk(at place) (record, error) {
	if r.file == nil || r.first != at.first {
		r.closeFile()
		file, err := os.Open(at.path)
		if err != nil {
			return record{}, err
		}
		r.file, r.first, r.buffer = file, at.first, bufio.NewReaderSize(file, 16*1024)
	}
	for {
		text, err := readLine(r.buffer)
		if err != nil && !errors.Is(err, io.EOF) {
			return record{}, err
		}
		rec, err := parseRecord(text)
		if err != nil {
			return record{}, err
		}
		if rec.seq > r.after {
			return rec, nil
		}
	}
}

func (r *Reader) closeFile() {
	if r.file != nil {
		_ = r.file.Close() // opened for reading only
		r.file = nil
	}
}

// Close releases the open segment.
func (r *Reader) Close() { r.closeFile() }
