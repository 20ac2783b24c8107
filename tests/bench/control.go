package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// control asks the server for what it has counted.
type control struct {
	url    string
	client http.Client
}

func newControl(url string) *control {
	return &control{url: url, client: http.Client{Timeout: 10 * time.Second}}
}

func (c *control) reset() error {
	var nothing struct{}
	if err := c.get(resetPath, &nothing); err != nil {
		return fmt.Errorf("resetting the server: %w", err)
	}
	return nil
}

func (c *control) stats() (s stats, err error) {
	if err := c.get(statsPath, &s); err != nil {
		return s, fmt.Errorf("asking the server for its counters: %w", err)
	}
	return s, nil
}

func (c *control) get(path string, into any) error {
	res, err := c.client.Get(c.url + path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("unexpected status %d", res.StatusCode)
	}
	return json.NewDecoder(res.Body).Decode(into)
}
