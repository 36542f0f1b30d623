package main

import (
	"context"
	"time"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/ledger"
)

// trail takes down the steps of a run as it comes to them. What cannot be
// written is missing in ohc-pipeline show, and nowhere else.
type trail struct {
	pipeline.Progress
	ctx    context.Context
	ledger *ledger.Ledger
	run    string
}

// Note is what a system says of its progress.
func (t *trail) Note(text string) {
	if p, ok := t.Progress.(interface{ Note(string) }); ok {
		p.Note(text)
	}
}

// Step begins a step, and ends the one before.
func (t *trail) Step(name string, bytes int64) {
	t.ledger.BeginStep(t.ctx, t.run, name, time.Now())
	t.Progress.Step(name, bytes)
}
