package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// process is this program again, in a role.
type process struct {
	cmd    *exec.Cmd
	stdout io.Reader
	stderr bytes.Buffer
}

// startProcess starts a process that ends with the context, and with this one.
func startProcess(ctx context.Context, args []string) (*process, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, path, args...)}
	p.cmd.WaitDelay = time.Second
	p.cmd.Stderr = &p.stderr
	if _, err := p.cmd.StdinPipe(); err != nil { // stays open as long as this process
		return nil, err
	}
	if p.stdout, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return p, p.cmd.Start()
}

// wait waits for the end, once stdout is read. The error is in the words of the
// process.
func (p *process) wait() error {
	err := p.cmd.Wait()
	if text := strings.TrimSpace(p.stderr.String()); err != nil && text != "" {
		return errors.New(text)
	}
	return err
}

// kill ends the process at once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// serverProcess is the server, listening.
type serverProcess struct {
	*process
	url string
}

func startServer(ctx context.Context, o options) (*serverProcess, error) {
	p, err := startProcess(ctx, o.childArgs(roleServer, ""))
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(p.stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, p.wait())
	}
	return &serverProcess{process: p, url: strings.TrimSpace(line)}, nil
}

func (s *serverProcess) stop() { s.kill() }

// measure runs a row in a process of its own.
func measure(ctx context.Context, o options, r row, server string, onProgress func(progress)) (figures, error) {
	p, err := startProcess(ctx, o.childArgs(r.name, server))
	if err != nil {
		return figures{}, fmt.Errorf("starting %s: %w", r.title, err)
	}
	var result *figures
	updates := json.NewDecoder(p.stdout)
	for {
		var u update
		if err := updates.Decode(&u); err != nil {
			break // the process has ended, and says why
		}
		if u.Progress != nil {
			onProgress(*u.Progress)
		}
		if u.Figures != nil {
			result = u.Figures
		}
	}
	if err := p.wait(); err != nil {
		return figures{}, fmt.Errorf("measuring %s: %w", r.title, err)
	}
	if result == nil {
		return figures{}, fmt.Errorf("measuring %s: the process ended without figures", r.title)
	}
	return *result, nil
}
