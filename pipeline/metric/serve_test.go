package metric

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestListen(t *testing.T) {
	for _, address := range []string{"", "9464", ":9464", ":", "127.0.0.1", "127.0.0.1:"} {
		if l, err := Listen(address); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v, %v", address, l, err)
		}
	}
	for address, own := range map[string]bool{"127.0.0.1:0": true, "[::1]:0": true, "0.0.0.0:0": false} {
		l, err := Listen(address)
		if err != nil && address == "[::1]:0" && !errors.Is(err, ErrAddress) {
			continue // a machine without IPv6
		}
		if err != nil {
			t.Fatal(err)
		}
		if Loopback(l) != own {
			t.Errorf("%s is loopback: %v", address, !own)
		}
		l.Close()
	}
}

func scrape(t *testing.T, l net.Listener, path string) (int, string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + l.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestServe holds that each scrape reads the state anew, that nothing but
// /metrics is answered, and that nothing is left when the context has ended.
func TestServe(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var reads atomic.Int64
	var going sync.WaitGroup
	ended := errors.New("not ended")
	going.Go(func() {
		ended = Serve(ctx, l, func(ctx context.Context) State {
			if _, ok := ctx.Deadline(); !ok {
				t.Error("a scrape may go on for ever")
			}
			s := full()
			s.Layers = int(reads.Add(1)) + 100
			return s
		})
	})
	for _, want := range []string{"ohc_stage_layers 101", "ohc_stage_layers 102"} {
		if code, text := scrape(t, l, "/metrics"); code != http.StatusOK || !strings.Contains(text, "\n"+want+"\n") || !strings.Contains(text, "\ngo_goroutines ") {
			t.Errorf("%d: there is no %s", code, want)
		}
	}
	for _, path := range []string{"/", "/debug/pprof/", "/metrics/x"} {
		if code, _ := scrape(t, l, path); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	stop()
	going.Wait()
	if ended != nil {
		t.Error(ended)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

// TestServeEnds holds that a listener that is gone is an error.
func TestServeEnds(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := Serve(context.Background(), l, func(context.Context) State { return State{} }); err == nil {
		t.Error("it has ended well")
	}
}
