package metrics

import (
	"testing"
	"time"
)

// countDetails takes n samples, every after every, and counts those with a detail.
func countDetails(p *pacing, now time.Time, n int, every time.Duration) (details int, last time.Time) {
	for range n {
		now = now.Add(every)
		if p.next(now, every) {
			details++
		}
	}
	return details, now
}

func TestDetailsAreRareUntilSomebodyLooks(t *testing.T) {
	var p pacing
	now := time.Now()
	if !p.next(now, idleInterval) {
		t.Error("the first sample carries no detail")
	}
	idle, now := countDetails(&p, now, 12, idleInterval) // a minute
	if idle != 2 {
		t.Errorf("%d details in a minute", idle)
	}
	watched, now := countDetails(&p, now, 10, time.Second)
	if watched != 10 {
		t.Errorf("%d details in ten watched seconds", watched)
	}
	if hurried, _ := countDetails(&p, now, 10, 200*time.Millisecond); hurried != 2 {
		t.Errorf("%d details in two seconds of five samples each", hurried)
	}
}

func TestCL1ASetClockIsToldAtOnce(t *testing.T) {
	for _, step := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		var p pacing
		now := time.Now()
		p.next(now, idleInterval)
		p.observe(idleInterval+step, idleInterval)
		if details, _ := countDetails(&p, now, 4, idleInterval); details != detailsOfASetClock {
			t.Errorf("%d details after a step of %s", details, step)
		}
	}
	var p pacing
	now := time.Now()
	p.next(now, idleInterval)
	p.observe(idleInterval+300*time.Millisecond, idleInterval) // slewed, not set
	if details, _ := countDetails(&p, now, 4, idleInterval); details != 0 {
		t.Errorf("%d details without a step", details)
	}
}
