package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"serverbox/agent/internal/agent"
	"serverbox/agent/internal/config"
	"serverbox/agent/internal/doctor"
	"serverbox/agent/internal/enroll"
	"serverbox/agent/internal/policy"
	"serverbox/agent/pkg/wire"
)

// parentVariable is set by a core that runs this agent as its child: the agent ends when its standard input does.
const parentVariable = "SERVERBOX_AGENT_PARENT"

// hostVariable says where the machine's root directory is mounted, for an agent in a container.
const hostVariable = "SERVERBOX_HOST_ROOT"

// stopDeadline is the time after which a stopping agent gives up waiting for its parts.
const stopDeadline = 2800 * time.Millisecond

func newFlags(name string) (*flag.FlagSet, *string) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is printed once, by main
	return flags, flags.String("state-dir", "", "")
}

func parse(flags *flag.FlagSet, args []string, stateDir *string) error {
	if err := flags.Parse(args); err != nil {
		return usageError{fmt.Errorf("%w\n\n%s", err, usage)}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	if *stateDir == "" {
		return usageError{errors.New("--state-dir is missing")}
	}
	return nil
}

// tune keeps the agent small: it lives beside what the machine is for. A small heap is collected in well under a
// millisecond, so collecting it often costs less than the memory; and two processors saturate any link. Whoever sets
// GOGC or GOMAXPROCS in the environment knows better.
func tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(30)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(min(runtime.NumCPU(), 2))
	}
}

func newLogger() *slog.Logger { return slog.New(slog.NewJSONHandler(os.Stderr, nil)) }

func runCommand(ctx context.Context, args []string) error {
	flags, stateDir := newFlags("run")
	configPath := flags.String("config", "", "")
	if err := parse(flags, args, stateDir); err != nil {
		return err
	}
	dir := config.Dir(*stateDir)
	if *configPath == "" {
		*configPath = dir.ConfigPath()
	}
	cfg, err := config.Load(*configPath)
	if err != nil {
		return usageError{err}
	}
	tune()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if os.Getenv(parentVariable) == "1" {
		go func() { // ends with the process
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
	}
	done := make(chan error, 1)
	go func() {
		done <- agent.Run(ctx, agent.Options{Dir: dir, Config: cfg, Host: os.Getenv(hostVariable), Version: version, Log: newLogger()})
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(stopDeadline):
		return errors.New("stopped without waiting for everything to end")
	}
}

func enrollCommand(ctx context.Context, args []string) error {
	flags, stateDir := newFlags("enroll")
	coreURL := flags.String("core-url", "", "")
	coreKey := flags.String("core-key", "", "")
	tokenFile := flags.String("token-file", "", "")
	services := flags.String("services", "", "")
	socket := flags.String("docker-socket", config.DefaultDockerSocket, "")
	authorities := flags.String("ca-file", "", "")
	newIdentity := flags.Bool("new-identity", false, "")
	if err := parse(flags, args, stateDir); err != nil {
		return err
	}
	options, err := enrollOptions(*coreURL, *coreKey, *services)
	if err != nil {
		return usageError{err}
	}
	if *tokenFile == "" {
		return usageError{errors.New("--token-file is missing: a file with the token, or - for standard input")}
	}
	options.Dir = config.Dir(*stateDir)
	options.DockerSocket = *socket
	options.NewIdentity = *newIdentity
	if options.CAFile = *authorities; options.CAFile != "" {
		if options.CAFile, err = filepath.Abs(options.CAFile); err != nil {
			return usageError{fmt.Errorf("--ca-file: %w", err)}
		}
	}
	options.ReadToken = enroll.TokenReader(*tokenFile, os.Stdin)
	options.Facts = func(ctx context.Context, cfg config.Config) (wire.NodeFacts, error) {
		return agent.EnrolmentFacts(ctx, agent.Options{Config: cfg, Host: os.Getenv(hostVariable), Version: version})
	}
	result, err := enroll.Run(ctx, options)
	if err != nil {
		return err
	}
	if result.Already {
		fmt.Printf("This machine is enrolled already as node %s.\n", result.NodeID)
		return nil
	}
	fmt.Printf("This machine is enrolled as node %s.\n", result.NodeID)
	return nil
}

func enrollOptions(coreURL, coreKey, services string) (enroll.Options, error) {
	options := enroll.Options{CoreKey: coreKey, Services: policy.DefaultServices()}
	var err error
	if options.CoreURL, err = config.NormalizeCoreURL(coreURL); err != nil {
		return options, fmt.Errorf("--core-url: %w", err)
	}
	if err := config.CheckCoreKey(coreKey); err != nil {
		return options, fmt.Errorf("--core-key: %w", err)
	}
	if services != "" {
		if options.Services, err = policy.ParseList(services); err != nil {
			return options, fmt.Errorf("--services: %w", err)
		}
	}
	return options, nil
}

func doctorCommand(ctx context.Context, args []string) error {
	flags, stateDir := newFlags("doctor")
	configPath := flags.String("config", "", "")
	asJSON := flags.Bool("json", false, "")
	if err := parse(flags, args, stateDir); err != nil {
		return err
	}
	dir := config.Dir(*stateDir)
	if *configPath == "" {
		*configPath = dir.ConfigPath()
	}
	if !doctor.Run(ctx, doctor.Options{Dir: dir, ConfigPath: *configPath, Version: version, Out: os.Stdout, JSON: *asJSON}) {
		return errors.New("the way to the core is not open")
	}
	return nil
}
