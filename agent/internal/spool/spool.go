// Package spool keeps samples until the core has committed them: append-only segment files, bounded in size and age,
// oldest dropped first.
//
// A record has a sequence number that is never used twice within an epoch. Numbers are reserved ahead, in blocks, in
// meta.json, which is written and synced before the first number of a block is used. A spool that was closed properly
// goes on where it stopped; after a crash (of the agent or of the machine, with a lost tail) it skips to the end of
// the reserved block. So there may be gaps, which the protocol allows, and never a repeat. Where meta.json cannot be
// read, a new epoch begins and the old records, whose numbers mean nothing in it, are dropped.
//
// Records are written at once and synced every half minute: losing power costs the samples of at most that time.
// While the disk refuses writes, a small part of the newest records is kept in memory and written once it recovers.
package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	reserveBlock    = 4096
	syncEvery       = 30 * time.Second
	maxMemoryBytes  = 1 << 20
	maxRecordBytes  = 1<<20 + 64
	maxSegmentBytes = 1 << 20
)

// Options bound the spool. Zero values take the defaults.
type Options struct {
	Dir          string
	MaxBytes     int64         // 192 MiB: a day of a hundred busy containers; the oldest segment goes when it is exceeded
	MaxAge       time.Duration // 24 h
	SegmentBytes int64         // 1 MiB, or a sixteenth of MaxBytes where that is less
	Now          func() time.Time
	Log          *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 192 << 20
	}
	if o.MaxAge == 0 {
		o.MaxAge = 24 * time.Hour
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = min(maxSegmentBytes, o.MaxBytes/16)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Spool is safe for concurrent use.
type Spool struct {
	options Options
	epoch   string

	syncStop chan struct{}
	syncDone chan struct{}

	mu       sync.Mutex // guards everything below
	meta     *metaFile
	next     uint64     // the next sequence number
	reserved uint64     // numbers below this one may be used
	segments []*segment // oldest first; the last one is open for writing, unless there is none
	memory   []record   // records that the disk did not take; all numbers are above those on disk
	inMemory int64
	acked    uint64
	dropped  uint64
	lastErr  error
	grown    chan struct{} // closed and replaced at every append
}

// Open reads what is there, cuts a torn tail and makes the spool ready for appending. Close must be called.
func Open(options Options) (*Spool, error) {
	options = options.withDefaults()
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	meta, state, err := openMeta(filepath.Join(options.Dir, metaName))
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{
		options: options, epoch: state.Epoch, meta: meta, grown: make(chan struct{}),
		next: state.NextSeq, reserved: state.NextSeq,
		syncStop: make(chan struct{}), syncDone: make(chan struct{}),
	}
	if err := s.load(state.fresh); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), meta.Close())
	}
	go s.syncLoop()
	return s, nil
}

// load lists the segments; those of a lost epoch are removed.
func (s *Spool) load(isNewEpoch bool) error {
	paths, err := filepath.Glob(filepath.Join(s.options.Dir, "*"+segmentSuffix)) // sorted: the names are zero-padded
	if err != nil {
		return err
	}
	for i, path := range paths {
		if isNewEpoch {
			s.dropped++
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		seg, err := openSegment(path, i == len(paths)-1)
		if err != nil {
			return err
		}
		if seg == nil { // nothing readable was in it
			continue
		}
		s.segments = append(s.segments, seg)
		s.next = max(s.next, seg.last+1)
	}
	s.reserved = s.next
	return nil
}

// Epoch is 32 hex digits made with the spool.
func (s *Spool) Epoch() string { return s.epoch }

// Append gives the record the next sequence number and keeps it. encode gets that number and returns one line without
// a newline. An error means that the record is lost; a disk that refuses it is not an error as long as memory takes it.
func (s *Spool) Append(encode func(seq uint64) ([]byte, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.reserve(); err != nil {
		s.lastErr = err
		s.dropped++
		return err
	}
	line, err := encode(s.next)
	if err != nil {
		return err
	}
	if len(line) > maxRecordBytes-64 {
		return fmt.Errorf("append to spool: a record of %d bytes", len(line))
	}
	s.memory = append(s.memory, record{seq: s.next, line: line})
	s.inMemory += int64(len(line))
	s.next++
	s.lastErr = s.flushMemory()
	s.enforceBounds()
	close(s.grown)
	s.grown = make(chan struct{})
	return nil
}

// reserve makes sure that the next number belongs to a block that is recorded on disk.
func (s *Spool) reserve() error {
	if s.next < s.reserved {
		return nil
	}
	if err := s.meta.write(metaState{Epoch: s.epoch, NextSeq: s.next + reserveBlock}); err != nil {
		return fmt.Errorf("reserve sequence numbers: %w", err)
	}
	s.reserved = s.next + reserveBlock
	return nil
}

// flushMemory writes what memory holds to disk, oldest first. In the normal case that is the record just appended.
func (s *Spool) flushMemory() error {
	for len(s.memory) > 0 {
		seg, err := s.writable()
		if err == nil {
			err = seg.append(s.memory[0], s.options.Now())
		}
		if err != nil {
			return fmt.Errorf("write spool: %w", err)
		}
		s.inMemory -= int64(len(s.memory[0].line))
		s.memory[0] = record{} // let the line go although the backing array stays
		s.memory = s.memory[1:]
	}
	s.memory = nil
	return nil
}

// writable returns the segment to append to, and starts a new one when the last is full.
func (s *Spool) writable() (*segment, error) {
	if n := len(s.segments); n > 0 && s.segments[n-1].isOpen() && s.segments[n-1].size < s.options.SegmentBytes {
		return s.segments[n-1], nil
	}
	seg, err := createSegment(s.options.Dir, s.memory[0].seq)
	if err != nil {
		return nil, err
	}
	if n := len(s.segments); n > 0 {
		if err := s.segments[n-1].seal(); err != nil {
			s.options.Log.Warn("spool segment was not synced", "error", err.Error())
		}
	}
	s.segments = append(s.segments, seg)
	s.removeAcked()
	return seg, nil
}

// Close syncs the records and notes that no number was lost.
func (s *Spool) Close() error {
	close(s.syncStop)
	<-s.syncDone
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.flushMemory()
	if n := len(s.segments); n > 0 {
		err = errors.Join(err, s.segments[n-1].seal())
	}
	return errors.Join(err, s.meta.write(metaState{Epoch: s.epoch, NextSeq: s.next}), s.meta.Close())
}

// syncLoop keeps fsync out of the sampling loop: a slow disk must not delay a sample.
func (s *Spool) syncLoop() {
	defer close(s.syncDone)
	ticker := time.NewTicker(syncEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.syncStop:
			return
		case <-ticker.C:
			if err := s.syncTail(); err != nil {
				s.options.Log.Warn("spool was not synced", "error", err.Error())
			}
		}
	}
}

func (s *Spool) syncTail() error {
	s.mu.Lock()
	var file *os.File
	if n := len(s.segments); n > 0 {
		file = s.segments[n-1].file
	}
	s.mu.Unlock()
	if file == nil {
		return nil
	}
	if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // sealed meanwhile, and synced with it
		return err
	}
	return nil
}
