package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	ucli "github.com/urfave/cli/v2"
)

// verifyTime is how long the sandbox's answer may take.
const verifyTime = 30 * time.Second

func verifyCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "verify",
		Usage:     "Compare the calls of a running sandbox with a file of expectations",
		ArgsUsage: "FILE",
		Description: `The file is YAML, with a list of expectations about the calls. The exit code is 1 if
an expectation is not met.

   expect:
     - { name: each order once, types: [purchase], count: 21, unique: true }
     - { name: nothing refused, verdict: bad, count: 0 }

   benthos-liveperson sandbox verify --wait 30s --junit report.xml expectations.yaml`,
		Flags: []ucli.Flag{
			atFlag(),
			passwordFlag(),
			&ucli.DurationFlag{Name: "wait", Usage: "how long to wait until the expectations are met, if the sandbox or the pipeline has just been started"},
			&ucli.StringFlag{Name: "junit", Usage: "write a JUnit report to `FILE`; only its owner can read a new file"},
		},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if c.Args().Len() != 1 {
				return badFlags(errors.New("verify takes one argument, the file of expectations, behind the flags: sandbox verify --wait 30s expectations.yaml"))
			}
			if c.Duration("wait") < 0 {
				return badFlags(errors.New("--wait: must be a time such as 30s, not negative"))
			}
			reader, err := readerOf(c)
			if err != nil {
				return badFlags(err)
			}
			expectations, err := os.ReadFile(c.Args().First())
			if err != nil {
				return fmt.Errorf("the expectations can't be read: %w", err)
			}
			v := verifier{reader}
			passed, text, err := v.await(c.Context, expectations, c.Duration("wait"))
			if errors.Is(err, errNotTaken) {
				return fmt.Errorf("%s: %w", c.Args().First(), err)
			}
			if err != nil {
				return err
			}
			if path := c.String("junit"); path != "" {
				still, report, err := v.verify(c.Context, expectations, "?format=junit")
				if err != nil {
					return err
				}
				passed = passed && still // more calls may have come since
				if err := os.WriteFile(path, report, ownerOnly); err != nil {
					return fmt.Errorf("--junit: %w", err)
				}
			}
			fmt.Fprintf(c.App.Writer, "%s", text)
			if !passed {
				return errors.New("the sandbox has not received what was expected")
			}
			return nil
		},
	}
}

// verifier sends expectations to a sandbox.
type verifier struct{ sandboxReader }

// pollPause is the pause between two checks of the expectations.
const pollPause = 100 * time.Millisecond

// await verifies until the expectations are met or the time is up. It continues if the sandbox can't
// be reached. It stops if the sandbox refuses the expectations or the password.
func (v verifier) await(ctx context.Context, expectations []byte, wait time.Duration) (passed bool, text []byte, err error) {
	up := time.NewTimer(wait)
	defer up.Stop()
	for {
		passed, text, err = v.verify(ctx, expectations, "")
		if passed || errors.Is(err, errNotTaken) || errors.Is(err, errPassword) || errors.Is(err, errNoPassword) {
			return passed, text, err
		}
		select {
		case <-time.After(pollPause):
		case <-up.C:
			return passed, text, err
		case <-ctx.Done():
			return passed, text, err
		}
	}
}

var errNotTaken = errors.New("the sandbox does not accept these expectations")

func (v verifier) verify(ctx context.Context, expectations []byte, query string) (passed bool, text []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, v.at+"/sandbox/verify"+query, bytes.NewReader(expectations))
	if err != nil {
		return false, nil, err
	}
	request.Header.Set("Content-Type", "application/yaml")
	res, err := v.do(request)
	if err != nil {
		return false, nil, err
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusExpectationFailed {
		said, err := v.refusal(res)
		if err != nil {
			return false, nil, err
		}
		return false, nil, fmt.Errorf("%w: %s", errNotTaken, said)
	}
	defer res.Body.Close()
	if text, err = io.ReadAll(res.Body); err != nil {
		return false, nil, fmt.Errorf("asking the sandbox: %w", err)
	}
	return res.StatusCode == http.StatusOK, text, nil
}
