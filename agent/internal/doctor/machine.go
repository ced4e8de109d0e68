package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"serverbox/agent/internal/docker"
	"serverbox/agent/internal/policy"
)

// user tells as whom this command runs; the service of the agent may run as another.
func (e *examination) user(context.Context) finding {
	if os.Geteuid() == 0 {
		return ok("Running as root, who may do everything.")
	}
	name := userName()
	groups := groupNames()
	if slices.Contains(groups, "docker") {
		return ok("Running as %s, who is in the group docker.", name)
	}
	return ok("Running as %s.", name)
}

func userName() string { return nameOf("/etc/passwd", os.Geteuid()) }

func groupNames() []string {
	ids, err := os.Getgroups()
	if err != nil {
		return nil // then none of them helps
	}
	var names []string
	for _, id := range ids {
		names = append(names, nameOf("/etc/group", id))
	}
	return names
}

// nameOf finds the name of a number in passwd(5) or group(5), which begin alike; without an entry the number is the name.
func nameOf(path string, id int) string {
	number := strconv.Itoa(id)
	text, err := os.ReadFile(path)
	if err != nil {
		return number
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(line, ":", 4)
		if len(fields) == 4 && fields[2] == number {
			return fields[0]
		}
	}
	return number
}

// dockerSocket looks at the socket itself, because a missing right and a missing daemon are mended differently.
func (e *examination) dockerSocket(context.Context) finding {
	if !e.mayLookAtDocker() {
		return skip("The configuration does not permit looking at Docker.")
	}
	path := e.config.DockerSocket
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return finding{
			result: resultFailed,
			text:   fmt.Sprintf("There is no %s: Docker is not installed, or not running.", path),
			advice: "Install Docker (https://docs.docker.com/engine/install/), or start it: sudo systemctl start docker.",
		}
	}
	if err != nil {
		return fail(err, "Correct dockerSocket in the configuration.")
	}
	if unix.Access(path, unix.R_OK|unix.W_OK) == nil {
		return ok("%s is there, and %s may use it.", path, userName())
	}
	group := groupOf(info)
	return finding{
		result: resultFailed,
		text:   fmt.Sprintf("%s belongs to the group %s, and %s is not in it.", path, group, userName()),
		advice: fmt.Sprintf("sudo usermod -aG %s %s — then restart the agent. Whoever is in it has the rights of root.", group, userName()),
	}
}

func groupOf(info os.FileInfo) string {
	if stat, isUnix := info.Sys().(*syscall.Stat_t); isUnix {
		return nameOf("/etc/group", int(stat.Gid))
	}
	return "docker"
}

func (e *examination) mayLookAtDocker() bool {
	allowed, err := policy.New(e.config.Services)
	return err == nil && allowed.Allows(policy.DockerRead)
}

func (e *examination) docker(ctx context.Context) finding {
	if !e.mayLookAtDocker() {
		return skip("The configuration does not permit looking at Docker.")
	}
	client := docker.NewClient(e.config.DockerSocket)
	version, err := client.Version(ctx)
	if err != nil {
		return fail(err, client.Problem(err))
	}
	return ok("Docker %s.", version)
}

func (e *examination) compose(ctx context.Context) finding {
	if !e.mayLookAtDocker() {
		return skip("The configuration does not permit looking at Docker.")
	}
	out, err := exec.CommandContext(ctx, "docker", "compose", "version", "--short").Output()
	version := strings.TrimSpace(string(out))
	if err != nil || version == "" {
		return finding{result: resultWarning, text: "Docker Compose was not found.", advice: "Install the package docker-compose-plugin."}
	}
	return ok("Compose %.40s.", strings.TrimPrefix(version, "v"))
}
