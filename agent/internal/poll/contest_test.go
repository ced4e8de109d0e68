package poll

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"serverbox/agent/internal/coreapi"
)

func TestACopyThatIsTurnedAwayAsksForNoJobs(t *testing.T) {
	var isContested atomic.Bool
	var questions atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+heartbeatPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if isContested.Load() {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error":{"code":"conflict","message":"Two machines.","requestId":"x"}}`))
			return
		}
		_, _ = w.Write([]byte(`{"lastSeq":0,"everyMs":5000}`))
	})
	mux.HandleFunc("GET /api/jobs/pending", func(w http.ResponseWriter, _ *http.Request) {
		questions.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"job":null,"cancel":[]}`))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	asking := &caller{core: &coreapi.Client{BaseURL: server.URL, HTTP: coreapi.NewHTTPClient()}, provedAt: time.Now()}
	beatOnce := func() error {
		asking.provedAt = time.Now() // the proof is another test's subject
		return asking.ask(t.Context(), http.MethodPost, heartbeatPath, heartbeat{}, &struct{}{})
	}

	isContested.Store(true)
	if err := beatOnce(); !hasCode(err, "conflict") || isFinal(err) {
		t.Fatalf("a heartbeat of a copy ended with %v", err)
	}
	go (&jobs{ctx: t.Context(), caller: asking, log: slog.New(slog.DiscardHandler), running: map[string]*job{}}).ask(t.Context())
	time.Sleep(2 * leastPause)
	if questions.Load() != 0 {
		t.Error("the copy asked for jobs of the other machine")
	}
	isContested.Store(false)
	if err := beatOnce(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); questions.Load() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the machine that stays does not ask for jobs again")
		}
	}
}
