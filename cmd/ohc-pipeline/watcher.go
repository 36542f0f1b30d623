package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os/exec"
	"syscall"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/guard"
	"secondaryuse/schedules/clock"
)

// watcher passes on what the hands do: to systemd, and failures to the command
// that the operator has named for them.
type watcher struct {
	command []string
	work    string // says which installation it is, to whoever has several
	log     *slog.Logger
	systemd *systemd
	told    guard.Group
}

func newWatcher(c config.Config, log *slog.Logger) *watcher {
	return &watcher{command: c.OnFailure, work: c.Work, log: log}
}

// Alive says that the hands move.
func (w *watcher) Alive(doing string) { w.systemd.alive(doing) }

// hookTime is how long the command may take.
const hookTime = 30 * time.Second

// Failed has the command told.
func (w *watcher) Failed(_ context.Context, f clock.Failure) {
	if len(w.command) == 0 {
		return
	}
	w.told.Go(func() {
		if err := tellCommand(w.command, summaryOf(f, w.work), hookTime); err != nil {
			w.log.Error("on_failure", "job", f.Job, "due", f.Due.UTC().Format(time.RFC3339), "run", f.Run, "reason", err.Error())
		}
	})
}

// end waits until the command has been told of everything.
func (w *watcher) end() {
	w.told.Wait()
	w.systemd.close()
}

// failureSummary is what the command gets on standard input. It holds no count
// and no identifier.
type failureSummary struct {
	Event  string     `json:"event"` // failed, or late
	Job    string     `json:"job"`
	Due    time.Time  `json:"due"`
	Step   string     `json:"step,omitempty"`
	Run    string     `json:"run,omitempty"`
	Kind   string     `json:"kind"`
	Reason string     `json:"reason"`
	Tries  int        `json:"tries"`
	Again  *time.Time `json:"again,omitempty"` // when it is tried again
	By     *time.Time `json:"deadline,omitempty"`
	Work   string     `json:"work"`
	Next   string     `json:"next"`
}

func summaryOf(f clock.Failure, work string) failureSummary {
	s := failureSummary{Event: "failed", Job: f.Job, Due: f.Due.UTC(), Step: f.Step, Run: f.Run, Kind: string(f.Kind),
		Reason: f.Reason, Tries: f.Tries, Again: some(f.Again), By: some(f.By), Work: work, Next: "ohc-pipeline status"}
	if f.Late {
		s.Event = "late"
	} else if f.Again.IsZero() {
		s.Next = "ohc-pipeline retry " + f.Job
	}
	return s
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// tellCommand runs the command for so long at most, with a summary on its
// standard input.
func tellCommand(command []string, s failureSummary, most time.Duration) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), most)
	defer stop()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(append(text, '\n'))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it has started ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd.Run()
}
