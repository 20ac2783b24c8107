package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

const atFlagName = "at"

func atFlag() ucli.Flag {
	return &ucli.StringFlag{Name: atFlagName, Value: "http://127.0.0.1:8900", Usage: "the address of the sandbox or debugger"}
}

// sandboxReader reads the pages of a sandbox or of a debugger.
type sandboxReader struct{ at, password string }

var (
	errNoPassword = errors.New("the sandbox has a password: give it with --" + passwordFileFlagName + " or in the variable " + envPassword)
	errPassword   = errors.New("the sandbox has another password: correct --" + passwordFileFlagName + " or the variable " + envPassword)
)

func readerOf(c *ucli.Context) (r sandboxReader, err error) {
	r.at = strings.TrimSuffix(c.String(atFlagName), "/")
	if at, err := url.Parse(r.at); err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return r, errors.New("--at: must be an address such as http://127.0.0.1:8900, with http:// before it")
	}
	r.password, err = readPassword(c)
	return r, err
}

// shown returns the address without a password.
func (r sandboxReader) shown() string {
	at, err := url.Parse(r.at)
	if err != nil {
		return "--" + atFlagName
	}
	return at.Redacted()
}

// do makes a request. Its errors say what to do about the address and the password.
func (r sandboxReader) do(request *http.Request) (*http.Response, error) {
	if r.password != "" {
		request.SetBasicAuth("sandbox", r.password)
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, r.unreachable(err)
	}
	if res.StatusCode != http.StatusUnauthorized {
		return res, nil
	}
	_ = res.Body.Close()
	if r.password == "" {
		return nil, errNoPassword
	}
	return nil, errPassword
}

func (r sandboxReader) unreachable(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if strings.Contains(err.Error(), "HTTP response to HTTPS client") {
		return errors.New("--at: the sandbox speaks plain HTTP: write http://, not https://")
	}
	return fmt.Errorf("no sandbox answers at %s: %w; start one with `benthos-liveperson sandbox`, or name its address with --%s", r.shown(), err, atFlagName)
}

// refusal returns what a sandbox says in an answer that is an error. It closes the body.
func (r sandboxReader) refusal(res *http.Response) (said string, err error) {
	defer func() { _ = res.Body.Close() }()
	var refused struct{ Error string }
	if json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&refused) != nil || refused.Error == "" {
		return "", fmt.Errorf("something other than a sandbox answers at %s (%s): --%s must be the sandbox's address, without a path", r.shown(), res.Status, atFlagName)
	}
	return refused.Error, nil
}

// get returns the body of a page. The caller closes it.
func (r sandboxReader) get(ctx context.Context, target, lastEvent string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.at+target, nil)
	if err != nil {
		return nil, err
	}
	if lastEvent != "" {
		request.Header.Set("Last-Event-ID", lastEvent)
	}
	res, err := r.do(request)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	said, err := r.refusal(res)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("the sandbox answered %s: %s", res.Status, said)
}

func (r sandboxReader) getJSON(ctx context.Context, target string, into any) error {
	body, err := r.get(ctx, target, "")
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("something other than a sandbox answers at %s: --%s must be the sandbox's address, without a path", r.shown(), atFlagName)
	}
	return nil
}
