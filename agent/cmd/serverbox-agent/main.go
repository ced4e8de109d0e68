// Command serverbox-agent connects this machine to its Server Box core and does there what the owner permits.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build.
var version = "0.1.0"

const usage = `serverbox-agent connects this machine to a Server Box core.

  serverbox-agent run     --state-dir DIR [--config FILE]
  serverbox-agent enroll  --state-dir DIR --core-url URL --core-key SHA256:… --token-file FILE|- [--services LIST] [--docker-socket PATH]
                          [--ca-file FILE] [--new-identity]
  serverbox-agent doctor  --state-dir DIR [--config FILE] [--json]
  serverbox-agent version
`

const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := dispatch(ctx, os.Args[1:])
	stop()
	os.Exit(exitCode(err))
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usageError{errors.New(usage)}
	}
	switch args[0] {
	case "run":
		return runCommand(ctx, args[1:])
	case "enroll":
		return enrollCommand(ctx, args[1:])
	case "doctor":
		return doctorCommand(ctx, args[1:])
	case "version":
		fmt.Println(version)
		return nil
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	}
	return usageError{fmt.Errorf("unknown command %q\n\n%s", args[0], usage)}
}

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(os.Stderr, "serverbox-agent:", err)
	var mistake usageError
	if errors.As(err, &mistake) {
		return exitUsage
	}
	return exitFailure
}
