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

// shutdownTime is how long a request may take to finish when the sandbox stops. The process ends within a second.
const shutdownTime = 500 * time.Millisecond

// serveUntilSignal serves until the context ends or the process is told to stop. Then the contexts of all requests end,
// so that those that wait or search stop, and the others have shutdownTime to finish.
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
		stop() // whoever presses CTRL+C again does not want to wait
	}

	graceful, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := server.Shutdown(graceful); err != nil {
		_ = server.Close() // they have had their time
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
