package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// The path of reports on the server, and the ids in it.
const (
	accountID         = "12345678"
	appInstallationID = "a1b2c3d4-1234-5678-90ab-cdef12345678"
	reportPath        = "/api/account/" + accountID + "/app/" + appInstallationID + "/report"
	reportTarget      = reportPath + "?v=1.0&obh=true"
	resetPath         = "/control/reset"
	statsPath         = "/control/stats"
)

// stats is what the server has counted since the last reset.
type stats struct {
	Requests    int64 `json:"requests"`
	Connections int64 `json:"connections"` // connections that carried at least one report
	CPUMicros   int64 `json:"cpu_us"`
}

// server answers reports as LivePerson does: 200 with the ids in the request, or 201 with new ids.
type server struct {
	latency                         time.Duration
	requests, connections, sessions atomic.Int64
	cpuBefore                       atomic.Int64
}

// connection is the key of an *atomic.Bool in a request's context. It is true once the connection has carried a report.
type connection struct{}

func (s *server) serve(listener net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc(reportPath, s.report)
	mux.HandleFunc(statsPath, func(w http.ResponseWriter, _ *http.Request) {
		used, _ := cpuTime()
		_ = json.NewEncoder(w).Encode(stats{s.requests.Load(), s.connections.Load(), used.Microseconds() - s.cpuBefore.Load()})
	})
	mux.HandleFunc(resetPath, func(w http.ResponseWriter, _ *http.Request) {
		used, _ := cpuTime()
		s.requests.Store(0)
		s.connections.Store(0)
		s.cpuBefore.Store(used.Microseconds())
		_, _ = io.WriteString(w, "{}")
	})
	h := http.Server{Handler: mux, ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connection{}, new(atomic.Bool))
	}}
	return h.Serve(listener)
}

func (s *server) report(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if !r.Context().Value(connection{}).(*atomic.Bool).Swap(true) {
		s.connections.Add(1)
	}
	s.requests.Add(1)
	query := r.URL.Query()
	visitor, session, status := query.Get("vid"), query.Get("sid"), http.StatusOK
	if visitor == "" || session == "" {
		id := s.sessions.Add(1)
		visitor, session, status = fmt.Sprint("ZjYWZlYzYzND", id), fmt.Sprint("stM0CzMWRye4", id), http.StatusCreated
	}
	time.Sleep(s.latency)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"sessionId":%q,"visitorId":%q,"pageId":"1674628973"}`, session, visitor)
}

// runServer prints the server's URL and serves until the parent kills the process.
func runServer(o options, stdout io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "http://%s\n", listener.Addr())
	return (&server{latency: o.latency}).serve(listener)
}
