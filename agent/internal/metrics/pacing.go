package metrics

import "time"

const (
	// The pace of details, which are ten times as long as a sample: while nobody looks, and at most.
	detailIdle = 30 * time.Second
	detailFast = time.Second
	// A clock that moved by more than this against the monotonic one was set. The core believes it after three details.
	clockStep          = time.Second
	detailsOfASetClock = 3
	timerInaccuracy    = 50 * time.Millisecond
)

// pacing decides which samples carry a detail.
type pacing struct {
	lastSampleAt time.Time
	lastDetailAt time.Time
	hurried      int // so many samples from now on carry one, whatever their age
}

// next says whether the sample of this moment carries a detail, at the given pace of samples.
func (p *pacing) next(now time.Time, interval time.Duration) bool {
	if !p.lastSampleAt.IsZero() {
		p.observe(now.Round(0).Sub(p.lastSampleAt.Round(0)), now.Sub(p.lastSampleAt))
	}
	p.lastSampleAt = now
	pace := detailIdle
	if interval < idleInterval {
		pace = max(interval, detailFast)
	}
	isDue := now.Sub(p.lastDetailAt) >= pace-timerInaccuracy
	if !isDue && p.hurried == 0 {
		return false
	}
	p.hurried = max(p.hurried-1, 0)
	p.lastDetailAt = now
	return true
}

// observe compares how far the wall clock and the monotonic one went since the last sample.
func (p *pacing) observe(wall, monotonic time.Duration) {
	if (wall - monotonic).Abs() > clockStep {
		p.hurried = detailsOfASetClock
	}
}
