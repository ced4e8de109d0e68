package sshserver

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const cleanPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// account is the user as whom the agent runs; there is no switching of users.
type account struct {
	name, home, shell string
}

// currentAccount looks the user up in /etc/passwd and falls back to what every system has.
func currentAccount() account {
	found := account{name: strconv.Itoa(os.Getuid()), home: "/"}
	if text, err := os.ReadFile("/etc/passwd"); err == nil {
		if entry, ok := findAccount(text, os.Getuid()); ok {
			found = entry
		}
	}
	if !isExecutable(found.shell) {
		found.shell = "/bin/sh"
		if isExecutable("/bin/bash") {
			found.shell = "/bin/bash"
		}
	}
	if info, err := os.Stat(found.home); err != nil || !info.IsDir() {
		found.home = "/"
	}
	return found
}

func findAccount(passwd []byte, uid int) (account, bool) {
	scanner := bufio.NewScanner(bytes.NewReader(passwd))
	for scanner.Scan() {
		fields := strings.Split(scanner.Text(), ":")
		if len(fields) == 7 && fields[2] == strconv.Itoa(uid) {
			return account{name: fields[0], home: fields[5], shell: fields[6]}, true
		}
	}
	return account{}, false
}

// environment is made from nothing: what the agent itself was started with (tokens, proxies) stays with the agent.
func environment(user account, requested map[string]string) []string {
	env := []string{"PATH=" + cleanPath, "HOME=" + user.home, "USER=" + user.name, "LOGNAME=" + user.name}
	if _, chosen := requested["LANG"]; !chosen {
		env = append(env, "LANG=C.UTF-8")
	}
	for name, value := range requested {
		env = append(env, name+"="+value)
	}
	return env
}

// findProgram looks a name up in the clean path, as a shell would.
func findProgram(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil // the kernel says best what is wrong with it
	}
	result := fs.ErrNotExist
	for _, dir := range filepath.SplitList(cleanPath) {
		path := filepath.Join(dir, name)
		if isExecutable(path) {
			return path, nil
		}
		if _, err := os.Stat(path); err == nil {
			result = fs.ErrPermission
		}
	}
	return "", result
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// startStatus is the exit status that a shell would give for a program that could not be started.
func startStatus(err error) uint32 {
	if errors.Is(err, fs.ErrNotExist) {
		return 127
	}
	return 126
}
