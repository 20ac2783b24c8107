package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// shutdownTime is how long requests may take to finish when the sandbox stops. So the process ends within a second.
const shutdownTime = 500 * time.Millisecond

// serveUntilSignal serves until the context ends or the process is told to stop. Then it ends the contexts of all
// requests, so that requests that wait or search stop. Other requests have shutdownTime to finish.
func serveUntilSignal(ctx context.Context, handler http.Handler, listener net.Listener) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()

	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		stop() // a second CTRL+C ends the process at once
	}

	graceful, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := server.Shutdown(graceful); err != nil {
		_ = server.Close() // some requests did not finish in time
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
