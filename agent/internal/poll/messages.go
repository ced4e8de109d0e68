package poll

import (
	"encoding/json"

	"serverbox/agent/pkg/wire"
)

// The bodies of contract/src/poll.ts.

type heartbeat struct {
	Hello   wire.Hello        `json:"hello"`
	Samples []json.RawMessage `json:"samples"`
	Detail  json.RawMessage   `json:"detail"` // null for none
}

type heartbeatReply struct {
	LastSeq uint64 `json:"lastSeq"`
	EveryMs int64  `json:"everyMs"`
}

type pendingReply struct {
	Job    *pendingJob `json:"job"`
	Cancel []string    `json:"cancel"`
}

type pendingJob struct {
	JobID     string   `json:"jobId"`
	Attempt   int      `json:"attempt"`
	Argv      []string `json:"argv"`
	Stdin     string   `json:"stdin"`
	TimeoutMs int64    `json:"timeoutMs"`
}

type chunk struct {
	Stream string `json:"stream"`
	Offset int64  `json:"offset"`
	Text   []byte `json:"text"` // base64
}

type jobOutput struct {
	Attempt int     `json:"attempt"`
	Chunks  []chunk `json:"chunks"`
}

type jobComplete struct {
	Attempt  int     `json:"attempt"`
	Outcome  string  `json:"outcome"`
	ExitCode *int    `json:"exitCode"`
	Signal   *string `json:"signal"`
}

type jobAnswer struct {
	Accepted bool `json:"accepted"`
	Cancel   bool `json:"cancel"`
}
