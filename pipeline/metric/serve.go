package metric

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Listen listens where metrics are to be scraped: at an address and a port. An
// address that is left out would be every one of the machine, and is refused.
func Listen(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return nil, ErrAddress
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return l, nil
}

// ErrAddress says that an address to listen at is none.
var ErrAddress = errors.New("not an address and a port; 127.0.0.1:9464 is for this machine alone, and every address has to be named: 0.0.0.0:9464")

// Loopback reports whether a listener can be reached from its own machine alone.
func Loopback(l net.Listener) bool {
	a, ok := l.Addr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// patience is how long a scrape may take, or a client to ask for one.
const patience = 10 * time.Second

// Serve answers scrapes of /metrics until the context ends, and returns when the
// last one is answered. read is called for each scrape, from several goroutines.
// The program's own memory, goroutines and files are told as well.
func Serve(ctx context.Context, l net.Listener, read func(context.Context) State) error {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector{func() State { return bounded(ctx, read) }})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 3, ErrorHandling: promhttp.HTTPErrorOnError}))
	s := &http.Server{Handler: mux, ReadTimeout: patience, WriteTimeout: 2 * patience, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: silent()}
	ended := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, end := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer end()
		err := s.Shutdown(last)
		ended <- errors.Join(err, s.Close())
	})
	err := s.Serve(l)
	if stop() { // it ended by itself
		return fmt.Errorf("metrics: %w", err)
	}
	return <-ended
}

func bounded(ctx context.Context, read func(context.Context) State) State {
	ctx, end := context.WithTimeout(ctx, patience)
	defer end()
	return read(ctx)
}

// Write leaves a state in a file for node_exporter's textfile collector, which
// anybody may read. The file is replaced whole: whoever reads it sees the old or
// the new one. Its name must end in .prom, or the collector would pass it over.
func Write(path string, s State) error {
	if err := CheckFile(path); err != nil {
		return err
	}
	r := prometheus.NewRegistry()
	r.MustRegister(collector{func() State { return s }})
	return prometheus.WriteToTextfile(path, r)
}

// CheckFile returns an error where a name is none of a file for Write.
func CheckFile(path string) error {
	if filepath.Ext(path) != ".prom" {
		return errors.New("the name must end in .prom, or node_exporter passes the file over")
	}
	return nil
}

// silent is the log of what clients do wrong, which is nobody's concern.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }
