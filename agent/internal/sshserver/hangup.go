package sshserver

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// hangUpSession tells every process of a session that its terminal is gone. The kernel tells only the leader and the
// foreground job; a shell that is killed before it can pass the news on leaves its background jobs behind. Who ignores
// SIGHUP, as nohup makes it, lives on. The leader must not have been reaped: until then its number names no other session.
func hangUpSession(leader int) {
	for _, pid := range sessionMembers(leader) {
		if pid == leader {
			continue
		}
		_ = unix.Kill(pid, unix.SIGHUP) // gone meanwhile, or not ours to signal
		_ = unix.Kill(pid, unix.SIGCONT)
	}
}

// sessionMembers lists the processes whose session is that of the leader.
func sessionMembers(leader int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	var members []int
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended while we looked
		}
		if session, ok := sessionOf(stat); !ok || session != leader {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			members = append(members, pid)
		}
	}
	return members
}

// sessionOf reads the sixth field of /proc/pid/stat (proc(5)). The second one, the name, may hold spaces and parentheses.
func sessionOf(stat []byte) (int, bool) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, false
	}
	fields := bytes.Fields(stat[end+1:]) // state, parent, group, session
	if len(fields) < 4 {
		return 0, false
	}
	session, err := strconv.Atoi(string(fields[3]))
	return session, err == nil
}
