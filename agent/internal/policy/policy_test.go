package policy

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

func TestTheRightToChangeDockerIncludesReadingIt(t *testing.T) {
	p, err := New([]Service{DockerWrite})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Allows(DockerRead) || p.Allows(Exec) || p.Check(Terminal) == nil {
		t.Errorf("wrong grants: %v", p.Names())
	}
}

func TestThePolicyOfNothingPermitsNothing(t *testing.T) {
	for _, service := range all {
		if (Policy{}).Allows(service) {
			t.Errorf("%s is permitted", service)
		}
	}
}

func TestUnknownAndRepeatedServicesAreErrors(t *testing.T) {
	for _, list := range []string{"", "metrics,", "root", "exec,exec", "Metrics"} {
		if services, err := ParseList(list); err == nil {
			t.Errorf("%q was read as %v", list, services)
		}
	}
}

func TestServicesAgreeWithTheContract(t *testing.T) {
	source, err := os.ReadFile("../../../contract/src/policy.ts")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)AGENT_SERVICES = \[(.*?)\]`).FindSubmatch(source)
	if list == nil {
		t.Fatal("the contract lists no services")
	}
	var names []Service
	for _, name := range regexp.MustCompile(`'([^']+)'`).FindAllSubmatch(list[1], -1) {
		names = append(names, Service(name[1]))
	}
	if !slices.Equal(names, all) {
		t.Errorf("there %v, here %v", names, all)
	}
}
