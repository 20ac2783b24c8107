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

func readerOf(c *ucli.Context) (r sandboxReader, err error) {
	r.at = strings.TrimSuffix(c.String(atFlagName), "/")
	if at, err := url.Parse(r.at); err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return r, errors.New("--at: must be an address such as http://127.0.0.1:8900")
	}
	r.password, err = readPassword(c)
	return r, err
}

// get returns the body of a page. The caller closes it.
func (r sandboxReader) get(ctx context.Context, target, lastEvent string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.at+target, nil)
	if err != nil {
		return nil, err
	}
	if r.password != "" {
		request.SetBasicAuth("sandbox", r.password)
	}
	if lastEvent != "" {
		request.Header.Set("Last-Event-ID", lastEvent)
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox: %w; is it running?", err)
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	defer func() { _ = res.Body.Close() }()
	var refused struct{ Error string }
	_ = json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&refused) // the status says enough if there is no text
	return nil, fmt.Errorf("the sandbox answered %s: %s", res.Status, refused.Error)
}

func (r sandboxReader) getJSON(ctx context.Context, target string, into any) error {
	body, err := r.get(ctx, target, "")
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return json.NewDecoder(body).Decode(into)
}
