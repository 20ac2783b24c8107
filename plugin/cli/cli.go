// Package cli is the command line of the binaries: Benthos' command line, a sandbox that stands
// in for LivePerson, and commands that help to install and check an app.
package cli

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"

	"github.com/redpanda-data/benthos/v4/public/service"
	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/exit"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
)

// productName is in texts of Benthos.
const productName = "LivePerson for Benthos"

// Run runs the command line on the process's arguments and returns its exit code.
func Run(ctx context.Context) int {
	return RunArgs(ctx, os.Args)
}

// RunArgs is Run with other arguments. The first one is the program's name.
func RunArgs(ctx context.Context, args []string) int {
	limitMemory(os.Stderr)
	log.SetOutput(quietLog{os.Stderr})
	printHelp(args)
	tally.Reset()
	stage := sandboxStage{stopProgress: func() {}}
	defer stage.close()

	told, forget := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer forget()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var ended atomic.Int64 // the exit code that a component asked for
	defer exit.Handle(func(code int) {
		ended.CompareAndSwap(0, int64(code))
		stop()
	})()

	version, date := buildVersion(debug.ReadBuildInfo)
	liveperson.SetVersion(version)
	code, err := service.RunCLIToCode(ctx,
		withoutFailureLines,
		service.CLIOptSetArgs(args...),
		service.CLIOptSetBinaryName(binaryName(debug.ReadBuildInfo)),
		service.CLIOptSetProductName(productName),
		service.CLIOptSetDocumentationURL("https://github.com/benthos-liveperson/benthos-liveperson"),
		service.CLIOptSetVersion(version, date),
		service.CLIOptSetMainSchemaFrom(configSchema),
		service.CLIOptOnConfigParse(func(conf *service.ParsedConfig) error {
			if err := stage.variables.check(); err != nil {
				return err
			}
			return useHTTPAddress(conf)
		}),
		service.CLIOptAddCommand(sandboxCommand()),
		service.CLIOptAddCommand(debuggerCommand()),
		service.CLIOptAddCommand(tailCommand()),
		service.CLIOptAddCommand(triggerCommand()),
		service.CLIOptAddCommand(manifestCommand()),
		service.CLIOptAddCommand(doctorCommand()),
		service.CLIOptAddCommand(healthCommand()),
		service.CLIOptAddCommand(presetCommand()),
		service.CLIOptAddCommand(deadLettersCommand()),
		service.CLIOptAddCommand(createCommand()),
		service.CLIOptAddCommand(schemaCommand()),
		service.CLIOptAddCommand(completionCommand()),
		service.CLIOptCustomRunFlags([]ucli.Flag{sandboxFlag, keepOpenFlag, summaryFlag, progressFlag}, stage.open),
		service.CLIOptSetEnvVarLookup(stage.lookupEnv),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if exit := (exitError{}); errors.As(err, &exit) {
		code = exit.code
	}
	if asked := int(ended.Load()); asked != 0 {
		code = asked
	}
	stage.stopProgress()
	if code == 0 {
		stage.report(os.Stdout)
	}
	stage.stayOpen(told)
	return code
}
