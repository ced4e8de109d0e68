// Package agent composes the parts of a running agent: the one place that knows all of them.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"serverbox/agent/internal/collect"
	"serverbox/agent/internal/config"
	"serverbox/agent/internal/coreapi"
	"serverbox/agent/internal/docker"
	"serverbox/agent/internal/link"
	"serverbox/agent/internal/metrics"
	"serverbox/agent/internal/policy"
	"serverbox/agent/internal/poll"
	"serverbox/agent/internal/spool"
	"serverbox/agent/internal/sshserver"
	"serverbox/agent/pkg/wire"
)

// How long facts wait for Docker's first answer: a hello must not hang on a daemon that does.
const dockerPatience = 2 * time.Second

// Options say which agent to run.
type Options struct {
	Dir     config.Dir
	Config  config.Config
	Host    string // where the machine's root directory is mounted, for an agent in a container
	Version string
	Log     *slog.Logger
}

// Run serves the core until ctx ends; it returns once everything that it started has stopped.
func Run(ctx context.Context, options Options) (err error) {
	if err := options.Dir.Ensure(); err != nil {
		return err
	}
	release, err := options.Dir.Lock()
	if err != nil {
		return err
	}
	defer release()
	parts, err := load(options)
	if err != nil {
		return err
	}
	core, err := coreapi.ClientOf(options.Config)
	if err != nil {
		return err
	}
	store, err := spool.Open(spool.Options{Dir: options.Dir.SpoolPath(), Log: options.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	options.Log.Info("agent was started", "version", options.Version, "node", parts.identity.NodeID,
		"services", policy.List(options.Config.Services))
	var tasks sync.WaitGroup
	defer tasks.Wait()
	watch := startDocker(ctx, &tasks, options, parts.policy)
	feed := metrics.New(metrics.Options{
		Collectors: collect.Host(collect.HostRoots(options.Host), dockerState(watch)),
		Spool:      store, Services: parts.policy.Names(), Log: options.Log,
		Facts: func(ctx context.Context) (wire.NodeFacts, error) { return facts(ctx, watch, options) },
	})
	if parts.policy.Allows(policy.Metrics) {
		tasks.Go(func() { feed.Run(ctx) })
	}
	server := sshserver.New(sshserver.Options{
		HostKey: parts.hostKey, CoreKey: parts.coreKey, Version: options.Version, Policy: parts.policy,
		DockerSocket: options.Config.DockerSocket, Metrics: feed, Log: options.Log,
	})
	fallback := poll.New(ctx, &tasks, poll.Options{
		Core: core, Credential: parts.identity.Credential, Version: options.Version, Feed: feed, Policy: parts.policy,
		Log: options.Log,
	})
	link.Run(ctx, link.Options{
		Core: core, Credential: parts.identity.Credential, Version: options.Version, Server: server, Log: options.Log,
		Fallback: fallback,
	})
	options.Log.Info("agent was stopped")
	return nil
}

// startDocker follows the daemon, where the owner lets the agent see it.
func startDocker(ctx context.Context, tasks *sync.WaitGroup, options Options, allowed policy.Policy) *docker.Watch {
	if !allowed.Allows(policy.DockerRead) {
		return nil
	}
	watch := docker.NewWatch(docker.NewClient(options.Config.DockerSocket), options.Log)
	tasks.Go(func() { watch.Run(ctx) })
	return watch
}

func dockerState(watch *docker.Watch) func() docker.State {
	if watch == nil {
		return nil
	}
	return watch.State
}

func facts(ctx context.Context, watch *docker.Watch, options Options) (wire.NodeFacts, error) {
	state := docker.State{Problem: "The policy of this node does not let the agent use Docker (service docker:read)."}
	if watch != nil {
		select {
		case <-watch.Settled():
		case <-ctx.Done():
		case <-time.After(dockerPatience):
		}
		state = watch.State()
		if !state.Usable() && state.Problem == "" {
			state.Problem = "Docker has not answered yet."
		}
	}
	return collect.Facts(collect.HostRoots(options.Host), options.Version, state)
}

// EnrolmentFacts asks Docker once, for an agent that is not running yet.
func EnrolmentFacts(ctx context.Context, options Options) (wire.NodeFacts, error) {
	allowed, err := policy.New(options.Config.Services)
	if err != nil {
		return wire.NodeFacts{}, err
	}
	if !allowed.Allows(policy.DockerRead) {
		return facts(ctx, nil, options)
	}
	client := docker.NewClient(options.Config.DockerSocket)
	ctx, cancel := context.WithTimeout(ctx, dockerPatience)
	defer cancel()
	state := docker.State{}
	if state.Version, err = client.Version(ctx); err != nil {
		state.Problem = client.Problem(err)
	}
	return collect.Facts(collect.HostRoots(options.Host), options.Version, state)
}

type loaded struct {
	identity config.Identity
	keys
	policy policy.Policy
}

func load(options Options) (loaded, error) {
	identity, err := config.LoadIdentity(options.Dir)
	if err != nil {
		return loaded{}, err
	}
	keys, err := loadKeys(options.Dir, identity, options.Config.CoreKey)
	if err != nil {
		return loaded{}, err
	}
	allowed, err := policy.New(options.Config.Services)
	if err != nil {
		return loaded{}, fmt.Errorf("configuration: %w", err)
	}
	return loaded{identity: identity, keys: keys, policy: allowed}, nil
}
