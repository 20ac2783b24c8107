package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// What the server answers to.
const (
	accountID         = "12345678"
	appInstallationID = "a1b2c3d4-1234-5678-90ab-cdef12345678"
	reportPath        = "/api/account/" + accountID + "/app/" + appInstallationID + "/report"
	reportTarget      = reportPath + "?v=1.0&obh=true"
	resetPath         = "/control/reset"
	statsPath         = "/control/stats"
)

// stats is what the server has counted since it was last reset.
type stats struct {
	Requests    int64 `json:"requests"`
	Connections int64 `json:"connections"` // new ones that carried a report
	CPUMicros   int64 `json:"cpu_us"`
}

// server answers reports as LivePerson does. It speaks just the HTTP that it needs,
// as it shares the cores with what is measured: net/http's server takes half as much
// CPU time again (21 µs a request instead of 14).
type server struct {
	latency     time.Duration
	requests    atomic.Int64
	connections atomic.Int64
	sessions    atomic.Uint64 // given out
	cpuBefore   atomic.Int64  // in microseconds
}

func (s *server) serve(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go s.converse(conn)
	}
}

// converse answers the requests of a connection until it ends. What it doesn't
// understand it hangs up on.
func (s *server) converse(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	var out []byte
	isNew := true
	for {
		target, err := readRequest(in)
		if err != nil {
			return
		}
		if path, query, _ := bytes.Cut(target, []byte("?")); string(path) == reportPath {
			if isNew {
				s.connections.Add(1)
				isNew = false
			}
			s.requests.Add(1)
			out = s.answerReport(out[:0], query)
			time.Sleep(s.latency)
		} else {
			out = s.answerControl(out[:0], string(path))
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

var contentLength = []byte("content-length")

// readRequest reads a request and gives its target, without what it says.
func readRequest(in *bufio.Reader) (target []byte, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	parts := bytes.Fields(line)
	if len(parts) != 3 {
		return nil, errors.New("no request line")
	}
	target = bytes.Clone(parts[1]) // the next line takes its place
	length := 0
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return nil, err
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			break
		}
		if bytes.EqualFold(name, contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, fmt.Errorf("reading Content-Length: %w", err)
			}
		}
	}
	_, err = in.Discard(length)
	return target, err
}

// answerReport appends the answer to a report: 200 with the ids that it came with,
// or 201 with new ones.
func (s *server) answerReport(out, query []byte) []byte {
	visitor, session := parameter(query, "vid="), parameter(query, "sid=")
	status := "200 OK"
	if visitor == nil || session == nil {
		status = "201 Created"
		id := strconv.AppendUint(nil, 1e9+s.sessions.Add(1), 10)
		visitor, session = append([]byte("ZjYWZlYzYzND"), id...), append([]byte("stM0CzMWRye4"), id...)
	}
	var body [256]byte
	b := append(body[:0], `{"sessionId":"`...)
	b = append(b, session...)
	b = append(b, `","visitorId":"`...)
	b = append(b, visitor...)
	b = append(b, `","pageId":"1674628973"}`...)
	return appendResponse(out, status, b)
}

// parameter gives the value of a query's parameter, nil without it. Ids need no
// escapes.
func parameter(query []byte, name string) []byte {
	for part := range bytes.SplitSeq(query, []byte("&")) {
		if value, found := bytes.CutPrefix(part, []byte(name)); found && len(value) > 0 {
			return value
		}
	}
	return nil
}

func (s *server) answerControl(out []byte, path string) []byte {
	used, err := cpuTime()
	if err != nil {
		return appendResponse(out, "500 Internal Server Error", []byte(err.Error()))
	}
	cpu := used.Microseconds()
	switch path {
	case resetPath:
		s.requests.Store(0)
		s.connections.Store(0)
		s.cpuBefore.Store(cpu)
		return appendResponse(out, "200 OK", []byte("{}"))
	case statsPath:
		body, _ := json.Marshal(stats{
			Requests:    s.requests.Load(),
			Connections: s.connections.Load(),
			CPUMicros:   cpu - s.cpuBefore.Load(),
		})
		return appendResponse(out, "200 OK", body)
	}
	return appendResponse(out, "404 Not Found", nil)
}

func appendResponse(out []byte, status string, body []byte) []byte {
	out = append(out, "HTTP/1.1 "...)
	out = append(out, status...)
	out = append(out, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	out = append(out, "\r\n\r\n"...)
	return append(out, body...)
}

// runServer serves until the process is killed, and says on stdout where.
func runServer(o options, stdout io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "http://%s\n", listener.Addr())
	return (&server{latency: o.latency}).serve(listener)
}
