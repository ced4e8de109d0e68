package wire

// HostField is a position in HostMessage.Values. The order is the wire and storage format: append only, never reorder.
type HostField int

// The host's fields; contract/src/metrics.ts holds the same list and a test compares both.
const (
	CPURatio HostField = iota
	CPUUserRatio
	CPUSystemRatio
	CPUIowaitRatio
	CPUStealRatio
	Load1
	Load5
	Load15
	MemTotalBytes
	MemUsedBytes
	MemCachedBytes
	SwapTotalBytes
	SwapUsedBytes
	DiskTotalBytes
	DiskUsedBytes
	DiskInodesRatio
	DiskReadBytesPerSecond
	DiskWriteBytesPerSecond
	DiskBusyRatio
	NetRxBytesPerSecond
	NetTxBytesPerSecond
	TCPEstablished
	ProcessCount
	TemperatureCelsius
	HostFieldCount
)

// ContainerField is a position in Row.Values, append only as well.
type ContainerField int

// The container's fields, as in contract/src/metrics.ts.
const (
	ContainerCPUCores ContainerField = iota
	ContainerMemUsedBytes
	ContainerMemLimitBytes
	ContainerNetRxBytesPerSecond
	ContainerNetTxBytesPerSecond
	ContainerBlockReadBytesPerSecond
	ContainerBlockWriteBytesPerSecond
	ContainerPids
	ContainerFieldCount
)
