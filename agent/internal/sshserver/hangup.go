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
		_ = unix.Kill(pid, unix.SIGHUP) // gone meanwhile, or not ours to signal
		_ = unix.Kill(pid, unix.SIGCONT)
	}
}

// sessionMembers lists the living processes of the leader's session but itself, groupMembers those of its group.
func sessionMembers(leader int) []int {
	return others(leader, func(s processState) int { return s.session })
}

func groupMembers(leader int) []int {
	return others(leader, func(s processState) int { return s.group })
}

func others(leader int, belongsTo func(processState) int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	var members []int
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended while we looked
		}
		state, ok := parseStat(stat)
		if !ok || state.isDead || belongsTo(state) != leader {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil && pid != leader {
			members = append(members, pid)
		}
	}
	return members
}

type processState struct {
	isDead         bool // a zombie, which its parent has yet to reap
	group, session int
}

// parseStat reads the third, fifth and sixth field of /proc/pid/stat (proc(5)). The second one, the name, may hold spaces
// and parentheses.
func parseStat(stat []byte) (processState, bool) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return processState{}, false
	}
	fields := bytes.Fields(stat[end+1:]) // state, parent, group, session
	if len(fields) < 4 {
		return processState{}, false
	}
	group, groupErr := strconv.Atoi(string(fields[2]))
	session, sessionErr := strconv.Atoi(string(fields[3]))
	state := string(fields[0])
	return processState{isDead: state == "Z" || state == "X", group: group, session: session},
		groupErr == nil && sessionErr == nil
}
