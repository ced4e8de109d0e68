// Package wire holds what agent and core say to each other: one JSON object a line on the metrics subsystem, and the
// bodies of challenge and enrolment. The contract is contract/src/wire.ts; golden lines bind both sides to it.
package wire

// The limits of the protocol, the same numbers as in the contract.
const (
	Protocol             = 1
	MaxLineBytes         = 1024 * 1024
	MaxContainersPerNode = 5000
	MaxLabelLength       = 512
	MaxMountLength       = 4096
	MaxErrorLength       = 2000
)

// The kinds of message, as they stand in the field "type".
const (
	TypeHello      = "hello"
	TypeHost       = "host"
	TypeContainers = "containers"
	TypeDetail     = "detail"
	TypeFacts      = "facts"
	TypeWelcome    = "welcome"
	TypeAck        = "ack"
	TypeInterval   = "interval"
)

// NodeFacts change rarely: they travel at enrolment, in every hello, and in a Facts message when they change. Nil means the node could not tell.
type NodeFacts struct {
	Hostname       string   `json:"hostname"`
	OS             string   `json:"os"`
	Kernel         string   `json:"kernel"`
	Arch           string   `json:"arch"`
	Virtualization *string  `json:"virtualization"`
	CPUModel       *string  `json:"cpuModel"`
	CPUCores       int      `json:"cpuCores"`
	MemTotalBytes  uint64   `json:"memTotalBytes"`
	BootedAtMs     int64    `json:"bootedAt"`
	Addresses      []string `json:"addresses"`
	DockerVersion  *string  `json:"dockerVersion"`
	DockerProblem  *string  `json:"dockerProblem"`
	AgentVersion   string   `json:"agentVersion"`
}

// Hello is the agent's first line.
type Hello struct {
	Type     string    `json:"type"`
	Protocol int       `json:"protocol"`
	Epoch    string    `json:"epoch"`
	NowMs    int64     `json:"now"`
	Services []string  `json:"services"`
	Facts    NodeFacts `json:"facts"`
}

// Facts follow a hello when something about the machine has changed since.
type Facts struct {
	Type  string    `json:"type"`
	Facts NodeFacts `json:"facts"`
}

// Host is one sample of the machine, in the order of HostField.
type Host struct {
	Type   string `json:"type"`
	Seq    uint64 `json:"seq"`
	AtMs   int64  `json:"at"`
	Values Values `json:"values"`
}

// Containers is one sample of the running containers.
type Containers struct {
	Type string `json:"type"`
	Seq  uint64 `json:"seq"`
	AtMs int64  `json:"at"`
	Rows []Row  `json:"rows"`
}

// Disk is one file system; rates are unknown where its device has no row of its own in the kernel's table.
type Disk struct {
	Mount               string `json:"mount"`
	Device              string `json:"device"`
	FSType              string `json:"fsType"`
	TotalBytes          uint64 `json:"totalBytes"`
	UsedBytes           uint64 `json:"usedBytes"`
	InodesTotal         uint64 `json:"inodesTotal"`
	InodesUsed          uint64 `json:"inodesUsed"`
	ReadBytesPerSecond  Value  `json:"readBytesPerSecond"`
	WriteBytesPerSecond Value  `json:"writeBytesPerSecond"`
	BusyRatio           Value  `json:"busyRatio"`
}

// Interface is one network interface.
type Interface struct {
	Name             string `json:"name"`
	Up               bool   `json:"up"`
	SpeedBitsPerSec  Value  `json:"speedBitsPerSecond"`
	RxBytesPerSecond Value  `json:"rxBytesPerSecond"`
	TxBytesPerSecond Value  `json:"txBytesPerSecond"`
	RxErrors         uint64 `json:"rxErrors"`
	TxErrors         uint64 `json:"txErrors"`
}

// Temperature is one sensor's reading.
type Temperature struct {
	Sensor  string  `json:"sensor"`
	Celsius float64 `json:"celsius"`
}

// CollectorReport says how one collector fared in the last cycle: a failure is reported, never hidden.
type CollectorReport struct {
	Name   string  `json:"name"`
	OK     bool    `json:"ok"`
	TookMs float64 `json:"tookMs"`
	Error  *string `json:"error"`
}

// Detail is the latest full picture; it is never spooled, because only the latest matters.
type Detail struct {
	Type          string            `json:"type"`
	AtMs          int64             `json:"at"`
	UptimeSeconds float64           `json:"uptimeSeconds"`
	Cores         Values            `json:"cores"`
	Disks         []Disk            `json:"disks"`
	Interfaces    []Interface       `json:"interfaces"`
	Temperatures  []Temperature     `json:"temperatures"`
	FailedUnits   *[]string         `json:"failedUnits"` // nil: no systemd here
	Collectors    []CollectorReport `json:"collectors"`
}

// Welcome answers hello with the highest sequence number that the core has committed for this epoch.
type Welcome struct {
	Type    string `json:"type"`
	LastSeq uint64 `json:"lastSeq"`
}

// Ack covers its own and every lower sequence number.
type Ack struct {
	Type string `json:"type"`
	Seq  uint64 `json:"seq"`
}

// Interval asks for another pace of sampling; it holds until the subsystem closes.
type Interval struct {
	Type    string `json:"type"`
	EveryMs int64  `json:"everyMs"`
}

// EnrollRequest buys a node identity with a one-time token.
type EnrollRequest struct {
	Token         string `json:"token"`
	HostPublicKey string `json:"hostPublicKey"`
	// PreviousHostPublicKey is what this machine was known by: the core refuses to make a second node of one machine.
	PreviousHostPublicKey string    `json:"previousHostPublicKey,omitempty"`
	Facts                 NodeFacts `json:"facts"`
}

// EnrollReply is the node's identity; the credential is shown this once.
type EnrollReply struct {
	NodeID        string `json:"nodeId"`
	Credential    string `json:"credential"`
	CorePublicKey string `json:"corePublicKey"`
}

// ChallengeReply proves that the core holds the pinned key.
type ChallengeReply struct {
	PublicKey string `json:"publicKey"`
	Signature string `json:"signature"`
}

// ChallengeText is what the core signs with ed25519 (RFC 8032) for the given nonce of 64 hex digits.
func ChallengeText(nonce string) []byte { return []byte("serverbox-challenge-v1\n" + nonce + "\n") }

// ErrorReply is the body of every refusal of the core's HTTP surface.
type ErrorReply struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}
