// Package policy holds what this node's owner lets the core ask of the agent. "May this user do it?" is the core's
// question; "may the core do it here?" is answered here, whatever the core believes.
package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Service is one thing that the core may ask for.
type Service string

// The closed list of services, as in contract/src/policy.ts.
const (
	Metrics     Service = "metrics"
	DockerRead  Service = "docker:read"
	DockerWrite Service = "docker:write"
	Exec        Service = "exec"
	Terminal    Service = "terminal"
)

var all = []Service{Metrics, DockerRead, DockerWrite, Exec, Terminal}

// DefaultServices are permitted where the owner chose nothing: looking, never touching.
func DefaultServices() []Service { return []Service{Metrics, DockerRead} }

// Policy answers whether a service is permitted. The zero value permits nothing.
type Policy struct {
	granted []Service
}

// New makes a policy of the given names; an unknown or repeated name is an error.
func New(services []Service) (Policy, error) {
	for i, service := range services {
		if !slices.Contains(all, service) {
			return Policy{}, fmt.Errorf("unknown service %q: the services are %s", service, List(all))
		}
		if slices.Contains(services[:i], service) {
			return Policy{}, fmt.Errorf("service %q stands twice", service)
		}
	}
	return Policy{granted: slices.Clone(services)}, nil
}

// Allows reports whether the owner permits the service; docker:write includes docker:read.
func (p Policy) Allows(service Service) bool {
	return slices.Contains(p.granted, service) ||
		service == DockerRead && slices.Contains(p.granted, DockerWrite)
}

// Names lists the granted services as they stand in the configuration.
func (p Policy) Names() []string {
	names := make([]string, len(p.granted))
	for i, service := range p.granted {
		names[i] = string(service)
	}
	return names
}

// RefusedError is what the core reads when it asks for more than the owner permits.
type RefusedError struct {
	Service Service
}

func (e RefusedError) Error() string { return "refused by this node's policy: " + string(e.Service) }

// Check returns a RefusedError unless the service is permitted.
func (p Policy) Check(service Service) error {
	if p.Allows(service) {
		return nil
	}
	return RefusedError{Service: service}
}

// ParseList reads a comma-separated list such as "metrics,docker:write".
func ParseList(text string) ([]Service, error) {
	var services []Service
	for name := range strings.SplitSeq(text, ",") {
		services = append(services, Service(strings.TrimSpace(name)))
	}
	if _, err := New(services); err != nil {
		return nil, err
	}
	return services, nil
}

// List writes services as ParseList reads them.
func List(services []Service) string {
	names := make([]string, len(services))
	for i, service := range services {
		names[i] = string(service)
	}
	return strings.Join(names, ", ")
}
