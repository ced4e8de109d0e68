package collect

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"serverbox/agent/internal/docker"
	"serverbox/agent/pkg/wire"
)

const maxAddresses = 64

// Facts reads what changes rarely. Only what the core cannot do without is an error.
func Facts(roots Roots, version string, dockerState docker.State) (wire.NodeFacts, error) {
	files := &fileReader{}
	text, err := files.read(roots.Proc + "/stat")
	if err != nil {
		return wire.NodeFacts{}, err
	}
	stat, err := parseStat(text)
	if err != nil {
		return wire.NodeFacts{}, err
	}
	text, err = files.read(roots.Proc + "/meminfo")
	if err != nil {
		return wire.NodeFacts{}, err
	}
	mem, err := parseMeminfo(text)
	if err != nil {
		return wire.NodeFacts{}, err
	}
	hostname, err := os.Hostname()
	if err != nil {
		return wire.NodeFacts{}, fmt.Errorf("read hostname: %w", err)
	}
	return wire.NodeFacts{
		Hostname: wire.Label(hostname), OS: osName(roots, files), Kernel: kernelRelease(), Arch: runtime.GOARCH,
		Virtualization: virtualization(roots, files), CPUModel: cpuModel(roots, files),
		CPUCores: max(len(stat.cores), 1), MemTotalBytes: mem.totalBytes, BootedAtMs: stat.bootedAt * 1000,
		Addresses: addresses(), AgentVersion: wire.Label(version),
		DockerVersion: optionalLabel(dockerState.Version), DockerProblem: optionalLabel(dockerState.Problem),
	}, nil
}

func optionalLabel(text string) *string {
	if text == "" {
		return nil
	}
	label := wire.Label(text)
	return &label
}

func kernelRelease() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "" // it has no way to fail with a valid pointer
	}
	return wire.Label(unix.ByteSliceToString(name.Release[:]))
}

func osName(roots Roots, files *fileReader) string {
	text, err := files.read(roots.Etc + "/os-release")
	if err == nil {
		if name := parseOSRelease(text); name != "" {
			return wire.Label(name)
		}
	}
	return "Linux"
}

// parseOSRelease reads PRETTY_NAME of os-release(5), whose values are quoted as in a shell.
func parseOSRelease(text []byte) string {
	for line := range lines(text) {
		value, found := strings.CutPrefix(strings.TrimSpace(string(line)), "PRETTY_NAME=")
		if !found {
			continue
		}
		if unquoted, err := strconv.Unquote(value); err == nil {
			return unquoted
		}
		return strings.Trim(value, `'"`)
	}
	return ""
}

// cpuModel is in /proc/cpuinfo on x86; other architectures name the board, or nothing.
func cpuModel(roots Roots, files *fileReader) *string {
	text, err := files.read(roots.Proc + "/cpuinfo")
	if err != nil {
		return nil
	}
	if name := parseCPUModel(text); name != "" {
		return optionalLabel(name)
	}
	model, err := files.readTrimmed(roots.Proc + "/device-tree/model")
	if err != nil {
		return nil
	}
	return optionalLabel(strings.TrimRight(model, "\x00"))
}

func parseCPUModel(text []byte) string {
	for line := range lines(text) {
		key, value, found := strings.Cut(string(line), ":")
		if found && strings.TrimSpace(key) == "model name" {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}

// addresses are those under which others may reach the machine; bridges of containers are not among them.
func addresses() []string {
	list := []string{}
	interfaces, err := net.Interfaces()
	if err != nil {
		return list
	}
	for _, device := range interfaces {
		if device.Flags&net.FlagUp == 0 || isBridgeName(device.Name) {
			continue
		}
		found, err := device.Addrs()
		if err != nil {
			continue // it went away
		}
		for _, address := range found {
			network, ok := address.(*net.IPNet)
			if ok && network.IP.IsGlobalUnicast() && len(list) < maxAddresses {
				list = append(list, network.IP.String())
			}
		}
	}
	return list
}

func isBridgeName(name string) bool {
	for _, prefix := range []string{"docker", "br-", "veth", "virbr", "cni", "flannel", "cali", "lxc", "lxd", "podman"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// virtualization names what the machine runs on, from the traces that each leaves; nil is bare metal or unknown.
func virtualization(roots Roots, files *fileReader) *string {
	if name := containerKind(roots, files); name != "" {
		return &name
	}
	for _, trace := range []struct {
		path  string
		names map[string]string
	}{
		{roots.Sys + "/class/dmi/id/sys_vendor", map[string]string{
			"QEMU": "kvm", "KVM": "kvm", "VMware": "vmware", "innotek": "virtualbox", "Xen": "xen", "Microsoft Corporation": "hyperv",
			"Amazon EC2": "kvm", "Google": "kvm", "Parallels": "parallels", "Hetzner": "kvm", "DigitalOcean": "kvm",
		}},
		{roots.Sys + "/class/dmi/id/product_name", map[string]string{"KVM": "kvm", "Virtual Machine": "hyperv", "VirtualBox": "virtualbox", "VMware": "vmware"}},
		{roots.Sys + "/hypervisor/type", map[string]string{"xen": "xen"}},
		{roots.Sys + "/devices/system/clocksource/clocksource0/available_clocksource", map[string]string{"kvm-clock": "kvm", "hyperv": "hyperv", "xen": "xen"}},
	} {
		if name := matchFile(files, trace.path, trace.names); name != "" {
			return &name
		}
	}
	return nil
}

func matchFile(files *fileReader, path string, names map[string]string) string {
	text, err := files.readTrimmed(path)
	if err != nil {
		return ""
	}
	for part, name := range names {
		if strings.Contains(text, part) {
			return name
		}
	}
	return ""
}

func containerKind(roots Roots, files *fileReader) string {
	text, err := files.read(roots.Proc + "/1/environ")
	if err == nil {
		for variable := range strings.SplitSeq(string(text), "\x00") {
			if kind, found := strings.CutPrefix(variable, "container="); found && kind != "" {
				return wire.Label(kind)
			}
		}
	}
	if exists(roots.Host + "/.dockerenv") {
		return "docker"
	}
	if kind, err := files.readTrimmed(roots.Run + "/systemd/container"); err == nil {
		return wire.Label(kind)
	}
	return ""
}
