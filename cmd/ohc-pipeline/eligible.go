package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate"
	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
	"secondaryuse/pipeline/stage/seal"
)

func eligibleCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "eligible --out FILE", Short: "List which persons of the current snapshot may be used now", Args: cobra.NoArgs,
		Long: `Open every gate as it is now, and write which persons of the current snapshot may be
used at this moment: by their ids in the snapshot's domain, signed. An extract takes
these persons and nobody else, and refuses a list that is missing, old, of another
snapshot, or not signed by this installation.

No record is read. Whoever the lists say anything else of than when it was published
is left out until the next publication, even where they say less against them.

Exit code 3 when a gate refuses; where something else than persons has changed since
(an agreement, a connection, the sensitive policy, the terms of the purpose, the key,
the configuration, the program): publish first; and where something was fetched, or the
folder of a feed has changed, that was not read yet: run first, for an objection may be
in it. It waits for no run (75).
Silent on success.`,
		Example: "  ohc-pipeline eligible --out /srv/egress/eligible",
	}
	path := configFlag(c)
	out := c.Flags().String("out", "", "`file` to write the list to")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *out == "" {
			return coded{exitUsage, errors.New("--out is missing: the file to write; see ohc-pipeline eligible --help")}
		}
		conf, err := load(*path)
		if err != nil {
			return err
		}
		return attested(cmd.Context(), conf, func(ctx context.Context, d *deed) error { return listEligible(ctx, conf, *out, d) })
	}
	return c
}

// deed is something that releases: the event that it ends with, and how others
// are added before it does what they are about.
type deed struct {
	audit.Event
	say   func(events ...audit.Event) error
	whole func() error // that nobody has changed the log
	now   time.Time
}

// uses has the audit log know which keys are to be used, before they are; those of all
// domains where none is named.
func (d *deed) uses(c config.Config, names ...string) error {
	return d.say(audit.Event{What: "keys used", Command: d.Command, Key: keysNamed(c, names...)})
}

// attested does something that releases, under the lock, between two events of the
// audit log: that it has begun, and how it has ended.
func attested(ctx context.Context, c config.Config, do func(ctx context.Context, d *deed) error) error {
	unlock, err := lock(c)
	if err != nil {
		return err
	}
	defer unlock()
	l, err := pastLedger(c)
	if err != nil {
		return err
	}
	defer l.Close()
	call, _ := ctx.Value(callKey{}).(string)
	d := deed{Event: audit.Event{What: "began", Command: call}, now: nowIn(ctx).UTC(), say: func(events ...audit.Event) error {
		_, err := attest(context.WithoutCancel(ctx), c, l, events...)
		return err
	}}
	d.whole = func() error {
		p, err := auditProof(ctx, c, l)
		return errors.Join(err, sound(p))
	}
	if err := d.say(d.Event); err != nil {
		return err
	}
	err = do(ctx, &d)
	d.What, d.Outcome = "ended", ledger.Done
	if err != nil {
		d.Outcome, d.Why = status(ctx, err), err.Error()
	}
	if code(err) == exitRefused {
		d.Outcome = ledger.Refused
	}
	return errors.Join(err, d.say(d.Event))
}

// listEligible asks every gate about the persons of the current snapshot.
func listEligible(ctx context.Context, c config.Config, out string, d *deed) error {
	if err := d.uses(c, keysOfRun(c)...); err != nil {
		return err
	}
	s, err := standingNow(c, d.now)
	if err != nil {
		return err
	}
	base, err := s.eligible(ctx)
	if err != nil {
		return err
	}
	ids, err := s.run.Marts.(marts.Publisher).Key.Map(base)
	if err != nil {
		return err
	}
	h := eligible.Header{Snapshot: s.snapshot.ID, Domain: s.snapshot.Domain, Purpose: s.snapshot.Purpose, At: d.now}
	for _, rule := range s.opened.rules {
		h.Lists = append(h.Lists, report.Told(rule))
	}
	own, err := signer(c, false)
	if err != nil {
		return err
	}
	d.Snapshot, d.Lists = h.Snapshot, h.Lists
	return eligible.Write(out, h, ids, own)
}

// standingAt is everything by which a person of the current snapshot is judged at
// a moment: the gates opened then, and what is staged and published.
type standingAt struct {
	conf     config.Config
	now      time.Time
	run      pipeline.Run
	opened   opened
	live     seal.Manifest
	snapshot snapshot.Manifest
}

// standingNow opens every gate, and what the current snapshot was made of.
func standingNow(c config.Config, now time.Time) (s standingAt, err error) {
	s.conf, s.now = c, now
	if s.live, err = seal.Current(stageOf(c)); err != nil {
		return s, fmt.Errorf("%w; start with ohc-pipeline run", err)
	}
	if _, s.snapshot, err = snapshot.Current(c.Marts); err != nil {
		return s, fmt.Errorf("%w; start with ohc-pipeline run", err)
	}
	asOf, err := day(c, now)
	if err != nil {
		return s, err
	}
	if s.run, s.opened, err = open(c, asOf, now, false); err != nil {
		return s, err
	}
	live, snap := s.live, s.snapshot
	if err := madeWith(snap, s.run.Marts.(marts.Publisher).Key); err != nil {
		return s, err
	}
	if snap.Run != live.Run && (live.Epoch == "" || snap.Epoch != live.Epoch || snap.Layer != live.Layer) {
		return s, publishFirst(errors.New("what is staged is not what is published"))
	}
	return s, nil
}

// eligible returns the base ids of the persons whom the gates admit now.
func (s standingAt) eligible(ctx context.Context) ([]int64, error) {
	ids, err := s.run.Eligible(ctx, s.live, known(s.opened), s.opened.optout != nil)
	if errors.Is(err, pipeline.ErrAnew) || errors.Is(err, gate.ErrRoster) {
		err = publishFirst(err)
	}
	if errors.Is(err, pipeline.ErrNews) {
		err = coded{exitRefused, fmt.Errorf("%w; next: ohc-pipeline run", err)}
	}
	return ids, err
}

// madeWith returns an error unless a snapshot was made with a key: from a re-key to
// the next publication, what is published has other ids than the key would make.
func madeWith(m snapshot.Manifest, key domain.Key) error {
	if m.Domain != key.Fingerprint() {
		return publishFirst(errors.New("the key was replaced since what is published was made"))
	}
	return nil
}

func publishFirst(err error) error {
	return coded{exitRefused, fmt.Errorf("%w; publish first: ohc-pipeline publish", err)}
}
