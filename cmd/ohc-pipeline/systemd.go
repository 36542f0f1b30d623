package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// systemd is who has started us, where that is systemd and wants to hear of us.
// A nil *systemd hears nothing.
type systemd struct {
	conn  *net.UnixConn
	dog   time.Duration // by when it wants to hear that we live; zero where it does not
	mu    sync.Mutex
	ready bool
	last  string
}

// dialSystemd finds who wants to be told, by the environment that sd_notify(3)
// and sd_watchdog_enabled(3) describe.
func dialSystemd() (*systemd, error) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil, nil
	}
	if rest, abstract := strings.CutPrefix(name, "@"); abstract {
		name = "\x00" + rest
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	s := &systemd{conn: conn}
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if pid := os.Getenv("WATCHDOG_PID"); err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		s.dog = time.Duration(usec) * time.Microsecond
	}
	return s, nil
}

// within is a lease short enough that a quarter of it is half of what the
// watchdog allows.
func (s *systemd) within(lease time.Duration) time.Duration {
	if s == nil || s.dog == 0 {
		return lease
	}
	return min(lease, 2*s.dog)
}

// alive says that we are ready, that we live, and what we do. Nobody hears it
// when systemd is gone; then nobody misses it either.
func (s *systemd) alive(doing string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var text []string
	if !s.ready {
		text = append(text, "READY=1")
	}
	if doing != s.last {
		text = append(text, "STATUS="+doing)
	}
	if s.dog > 0 {
		text = append(text, "WATCHDOG=1")
	}
	s.ready, s.last = true, doing
	if len(text) > 0 {
		s.conn.Write([]byte(strings.Join(text, "\n")))
	}
}

// stopping says that we are about to end.
func (s *systemd) stopping() {
	if s != nil {
		s.conn.Write([]byte("STOPPING=1\nSTATUS=ends"))
	}
}

func (s *systemd) close() {
	if s != nil {
		s.conn.Close()
	}
}
