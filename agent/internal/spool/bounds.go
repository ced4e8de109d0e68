package spool

// enforceBounds drops the oldest segments beyond size and age, and the oldest records in memory.
func (s *Spool) enforceBounds() {
	var total int64
	for _, seg := range s.segments {
		total += seg.size
	}
	oldest := s.options.Now().Add(-s.options.MaxAge)
	for len(s.segments) > 1 && (total > s.options.MaxBytes || s.segments[0].writtenAt.Before(oldest)) {
		total -= s.segments[0].size
		if s.segments[0].last > s.acked {
			s.dropped += s.segments[0].records
		}
		s.removeFirst()
	}
	for s.inMemory > maxMemoryBytes && len(s.memory) > 1 {
		s.inMemory -= int64(len(s.memory[0].line))
		s.memory = s.memory[1:]
		s.dropped++
	}
}

// Ack forgets every record up to seq. Only whole segments are removed; the rest is skipped by readers, who ask for
// what follows the number that the core named.
func (s *Spool) Ack(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq >= s.next || seq <= s.acked { // a number that was never sent is no acknowledgement
		return
	}
	s.acked = seq
	s.removeAcked()
	for len(s.memory) > 0 && s.memory[0].seq <= seq {
		s.inMemory -= int64(len(s.memory[0].line))
		s.memory = s.memory[1:]
	}
}

// SkipTo makes sure that no number up to seq is given out again: a core that has committed more than this spool
// remembers has seen a tail that a crash destroyed.
func (s *Spool) SkipTo(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = max(s.next, seq+1)
}

func (s *Spool) removeAcked() {
	for len(s.segments) > 1 && s.segments[0].last <= s.acked {
		s.removeFirst()
	}
}

func (s *Spool) removeFirst() {
	if err := s.segments[0].remove(); err != nil {
		s.options.Log.Warn("spool segment was not removed", "error", err.Error())
	}
	s.segments = s.segments[1:]
}

// Health is what the detail message tells about the spool.
type Health struct {
	Dropped uint64 // records lost to the bounds since the process started
	Err     error  // why the last append did not reach the disk
}

// Health reports losses and the state of the disk.
func (s *Spool) Health() Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Health{Dropped: s.dropped, Err: s.lastErr}
}
