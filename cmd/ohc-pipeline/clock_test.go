package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
	"secondaryuse/schedules/clock"
	"secondaryuse/testdata/population"
)

// clockSite is a site on which only one job is on: at every minute, all of its
// feeds being folders that are there.
func clockSite(t *testing.T, job string) *site {
	t.Helper()
	s := newSite(t, population.Plan{Persons: 150, Seed: 3})
	s.often(job)
	return s
}

// often has only one job be on, at every minute.
func (s *site) often(job string) {
	s.t.Helper()
	built, err := schedules.Load("", nil)
	s.must(err)
	for _, j := range built.Jobs() {
		s.write("schedules/"+j.Name+".yaml", "name: "+j.Name+"\noff: not in this test\n")
	}
	s.write("schedules/often.yaml", "name: often\ncron: '* * * * *'\ncatch_up: latest\n"+job)
}

// turns are the turns of the job, newest first.
func (s *site) turns() []ledger.Turn {
	s.t.Helper()
	l, err := ledger.Open(filepath.Join(s.left, "work", "ledger.db"))
	s.must(err)
	defer l.Close()
	turns, err := l.Turns(context.Background(), "often", 1000)
	s.must(err)
	return turns
}

// TestRace has many processes call for the same turn at once, round after round:
// each step is done once, and each of the others says why it did nothing.
func TestRace(t *testing.T) {
	t.Parallel()
	s := clockSite(t, "runs: [extract, publish]\n")
	now := time.Now().UTC().Truncate(time.Minute)
	for round := range 3 {
		at := now.Add(-time.Duration(round+10) * time.Minute)
		const racers = 5
		codes, said := make([]int, racers), make([]string, racers)
		var wg sync.WaitGroup
		for i := range racers {
			cmd := s.command("run", "often", "--as-of", at.Format(time.RFC3339), "--config", s.config)
			wg.Go(func() { codes[i], said[i] = s.said(cmd, cmd.Run()) })
		}
		wg.Wait()
		won := 0
		for i, code := range codes {
			switch {
			case code == 0 && said[i] == "":
				won++
			case code == 0 && strings.HasPrefix(said[i], "nothing to do: often of "):
			case code == exitBusy && strings.Contains(said[i], "it is going on, by "):
			default:
				t.Errorf("round %d: exit code %d%s", round, code, s.shown(said[i]))
			}
		}
		var turn ledger.Turn
		for _, t := range s.turns() {
			if t.At.Equal(at) {
				turn = t
			}
		}
		if won != 1 || turn.Status != ledger.Done || turn.Tries != 1 || len(turn.Runs) != 2 || !turn.At.Equal(at) {
			t.Errorf("round %d: %d have won; %s after %d tries, runs %v", round, won, turn.Status, turn.Tries, turn.Runs)
		}
	}
	if runs := (&night{site: s}).runs(); len(runs) != 6 {
		t.Errorf("there were %d runs", len(runs))
	}
}

// TestNotify has the real command tell a real socket what systemd wants to hear.
func TestNotify(t *testing.T) {
	t.Parallel()
	s := clockSite(t, "runs: verify\n")
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	s.must(err)
	defer socket.Close()
	cmd := s.command("serve", "--config", s.config)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+path, "WATCHDOG_USEC=600000")
	s.must(cmd.Start())
	heard := make(chan string, 1000)
	go func() {
		defer close(heard)
		buf := make([]byte, 4096)
		for {
			n, err := socket.Read(buf)
			if err != nil {
				return
			}
			heard <- string(buf[:n])
		}
	}()
	var all []string
	until := func(what string, times int) {
		for text := range heard {
			all = append(all, text)
			if strings.Contains(text, what) {
				if times--; times == 0 {
					return
				}
			}
		}
	}
	until("READY=1", 1)
	if first := all[0]; !strings.HasPrefix(first, "READY=1\nSTATUS=") {
		t.Errorf("it said first %q", first)
	}
	until("STATUS=next: often of ", 1)
	until("WATCHDOG=1", 4)
	s.must(cmd.Process.Signal(syscall.SIGTERM))
	until("STOPPING=1", 1)
	if code, said := s.said(cmd, cmd.Wait()); code != 0 {
		t.Errorf("told to end: exit code %d%s", code, s.shown(said))
	}
	if n := strings.Count(strings.Join(all, "\n"), "READY=1"); n != 1 {
		t.Errorf("it was ready %d times", n)
	}
}

// TestNotifyIsNotThere holds that a socket that is named and not there is an
// error, for then nobody would know that the daemon lives.
func TestNotifyIsNotThere(t *testing.T) {
	t.Parallel()
	s := clockSite(t, "runs: verify\n")
	cmd := s.command("serve", "--config", s.config)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "none"))
	if code, said := s.said(cmd, cmd.Run()); code != exitFailed || !strings.Contains(said, "NOTIFY_SOCKET: ") {
		t.Errorf("exit code %d%s", code, s.shown(said))
	}
}

// TestServeLeavesNothing holds that no goroutine and no open file is left when
// the daemon has ended in the middle of a step.
func TestServeLeavesNothing(t *testing.T) {
	s := clockSite(t, "runs: [extract, publish]\n")
	before := goleak.IgnoreCurrent()
	files := openFiles(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, s.config, "127.0.0.1:0", time.Minute, 0) }()
	for len((&night{site: s}).existing(filepath.Join(s.stage(), "runs", "*", "*.parquet"))) == 0 {
		select {
		case err := <-ended:
			t.Fatalf("the daemon ended with %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, before)
	if left := slices.DeleteFunc(openFiles(t), func(name string) bool { return slices.Contains(files, name) }); len(left) > 0 {
		t.Errorf("left open: %v", left)
	}
	parked := 0
	for _, turn := range s.turns() {
		if turn.Status == clock.Waiting && slices.Equal(turn.Done, []string{"extract"}) {
			parked++
		}
	}
	if parked != 1 {
		t.Errorf("parked are %d turns", parked)
	}
}

// openFiles are the files that this process has open.
func openFiles(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && filepath.IsAbs(name) {
			names = append(names, name)
		}
	}
	return names
}

// TestToldForSoLong holds that a command which does not end is ended, whatever it
// has started, and that one which does not read what it is told is no harm.
func TestToldForSoLong(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"sleep", "3600"}, {"sh", "-c", "sleep 3600 & wait"}} {
		if err := tellCommand(command, failureSummary{}, 50*time.Millisecond); err == nil {
			t.Errorf("%v has ended well", command)
		}
	}
	if err := tellCommand([]string{"true"}, failureSummary{Reason: strings.Repeat("x", 1<<20)}, time.Minute); err != nil {
		t.Errorf("one that reads nothing: %v", err)
	}
}

// TestLogger holds that a log line is JSON where nobody watches, and that what is
// less than it is asked for is not said.
func TestLogger(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	logger(f, -4).Info("a", "job", "b")
	logger(f, 4).Info("quiet")
	text, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(text, []byte(`{"time":"`)) || bytes.Count(text, []byte("\n")) != 1 || !bytes.Contains(text, []byte(`"job":"b"`)) {
		t.Errorf("%s %v", text, err)
	}
}
