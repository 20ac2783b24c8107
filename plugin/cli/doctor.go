package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// status is the result of a check.
type status string

const (
	statusOK      status = "ok"
	statusWarning status = "warning" // it works now, but may fail later
	statusFailed  status = "failed"
	statusSkipped status = "skipped"
	statusStopped status = "stopped" // of all checks together: the process was stopped
)

// verdict is the result of a check with a text: what is wrong, and what to do. The text has no secrets and no ids. Of an
// address it has only the host.
type verdict struct {
	Status  status `json:"status"`
	Message string `json:"message"`
	// Temporary says of a failure that it may pass without a change: an outage, a time-out, too many requests.
	Temporary bool `json:"temporary,omitempty"`
}

func ok(format string, args ...any) verdict {
	return verdict{Status: statusOK, Message: fmt.Sprintf(format, args...)}
}
func warn(format string, args ...any) verdict {
	return verdict{Status: statusWarning, Message: fmt.Sprintf(format, args...)}
}
func fail(format string, args ...any) verdict {
	return verdict{Status: statusFailed, Message: fmt.Sprintf(format, args...)}
}
func skip(format string, args ...any) verdict {
	return verdict{Status: statusSkipped, Message: fmt.Sprintf(format, args...)}
}

// failed is the verdict on an error of the client, which knows whether the failure may pass.
func failed(err error) verdict {
	v := fail("%s", inWords(err))
	var e *liveperson.Error
	v.Temporary = errors.As(err, &e) && e.Retryable()
	return v
}

// maybePasses marks a failure that may pass without a change.
func maybePasses(v verdict, passes bool) verdict {
	v.Temporary = passes
	return v
}

// check is one check of the doctor.
type check struct {
	name  string
	needs []string // earlier checks that must not be failed or skipped
	run   func(context.Context) verdict
	// patience is how much longer than the time limit the check may take.
	patience time.Duration
}

// finding is a check's verdict.
type finding struct {
	Check string `json:"check"`
	verdict
}

// examination is all verdicts, in the order of the checks.
type examination struct {
	Status status    `json:"status"` // the worst
	Checks []finding `json:"checks"`
	// Test is the table of the test visit, if there was one.
	Test []testRow `json:"test,omitempty"`
}

// examine runs the checks one after another, each with a time limit. It calls tell with each verdict at once. After the
// context has ended, it skips the remaining checks.
func examine(ctx context.Context, checks []check, limit time.Duration, tell func(finding)) examination {
	all := examination{Status: statusOK}
	by := map[string]status{}
	for _, c := range checks {
		f := finding{c.name, c.verdict(ctx, by, limit)}
		by[c.name] = f.Status
		all.Checks = append(all.Checks, f)
		tell(f)
		if f.Status == statusFailed || f.Status == statusWarning && all.Status == statusOK {
			all.Status = f.Status
		}
	}
	if ctx.Err() != nil {
		all.Status = statusStopped
	}
	return all
}

func (c check) verdict(ctx context.Context, by map[string]status, limit time.Duration) verdict {
	if ctx.Err() != nil {
		return skip("told to stop")
	}
	for _, need := range c.needs {
		if by[need] == statusFailed || by[need] == statusSkipped {
			return skip("needs %s, which has %s", need, map[status]string{statusFailed: "failed", statusSkipped: "been skipped"}[by[need]])
		}
	}
	limit += c.patience
	begun := time.Now()
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	v := c.run(within)
	switch {
	case ctx.Err() != nil && v.Status == statusFailed:
		return skip("told to stop: %s", v.Message)
	case time.Since(begun) >= limit && v.Status == statusFailed: // a socket's deadline may come before the context's
		v.Temporary = true
		v.Message = fmt.Sprintf("no answer within %s (--%s): %s", limit, timeoutFlagName, v.Message)
	}
	return v
}

// err returns the error that the command ends with.
func (e examination) err() error {
	switch e.Status {
	case statusStopped:
		return errors.New("told to stop before all checks were made")
	case statusFailed:
		permanent := slices.ContainsFunc(e.Checks, func(f finding) bool { return f.Status == statusFailed && !f.Temporary })
		if !permanent {
			return exitError{exitTemporary, errors.New("some checks have failed, all for reasons that may pass: try again later")}
		}
		return errors.New("some checks have failed: see above")
	}
	return nil
}

// printLine writes a finding for people.
func printLine(w io.Writer, f finding) {
	message := f.Message
	if f.Temporary {
		message += " (this may pass: try again later)"
	}
	fmt.Fprintf(w, "%-8s %-26s %s\n", f.Status, f.Check, message)
}

// printJSON writes an examination for programs.
func (e examination) printJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(e)
}

// facts matches the beginning of the client's errors, which is for programs.
var facts = regexp.MustCompile(`class=\S+ status=\d+ code=\d+ attempts=\d+: `)

// inWords returns the text of a client's error for people.
func inWords(err error) string {
	text := facts.ReplaceAllString(err.Error(), "")
	var e *liveperson.Error
	if errors.As(err, &e) && e.Class == liveperson.ClassNotFound && e.Status > 0 && e.Status < http.StatusBadRequest {
		return "something other than LivePerson answers there: " + text
	}
	return text
}
