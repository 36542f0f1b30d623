package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid/identity"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/register"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/pipeline/withdrawal"
)

func digestsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "digests --out FILE", Short: "Say by which digests people are looked for in what was issued", Args: cobra.NoArgs,
		Long: `Write the digests by which the register of all that was issued knows people, in every
domain whose key is in the folder of keys: for ohc-marts recall, which says what was
issued that holds them, and ohc-marts uses, which says what a person's record was
used for. Whoever has the file and not the register's key learns nobody's number.

--absent FILE is for the people whose NHS numbers are in FILE, one in each line, with
or without spaces or hyphens. A former number stands for whose it was as well.

--withdrawn is for those of whom it is kept that they were taken out since --since,
as a whole, and have not been let in again; with --in-part also for those of whom
less is used than before: a record was deleted, a code became sensitive, a device was
disconnected. Where some of them are known to nobody any more, or where it is not
known who was affected, exit code 2 says so: then ask by number.

It prints no number and no digest. It waits for no run (75). Silent on success.`,
		Example: "  ohc-pipeline digests --absent asked.txt --out digests\n  ohc-pipeline digests --withdrawn --since 2026-10-01 --out digests",
	}
	path := configFlag(c)
	var ask asked
	c.Flags().StringVar(&ask.absent, "absent", "", "`file` with the NHS numbers of those who are looked for")
	c.Flags().BoolVar(&ask.withdrawn, "withdrawn", false, "those who have withdrawn")
	c.Flags().StringVar(&ask.since, "since", "", "with --withdrawn: from that `day` on, YYYY-MM-DD")
	c.Flags().BoolVar(&ask.inPart, "in-part", false, "with --withdrawn: also those of whom less is used")
	out := c.Flags().String("out", "", "`file` to write the digests to")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		since, err := ask.check(*out)
		if err != nil {
			return coded{exitUsage, fmt.Errorf("%w; see ohc-pipeline digests --help", err)}
		}
		conf, err := load(*path)
		if err != nil {
			return err
		}
		return attested(cmd.Context(), conf, func(ctx context.Context, d *deed) error { return ask.write(ctx, conf, since, *out, d) })
	}
	return c
}

// asked is who is looked for.
type asked struct {
	absent, since     string
	withdrawn, inPart bool
}

func (a asked) check(out string) (since time.Time, err error) {
	switch {
	case out == "":
		return since, errors.New("--out is missing: the file to write")
	case a.withdrawn == (a.absent != ""):
		return since, errors.New("--absent FILE or --withdrawn: one of them is needed")
	case !a.withdrawn && (a.since != "" || a.inPart):
		return since, errors.New("--since and --in-part are for --withdrawn")
	case !a.withdrawn:
		return since, nil
	}
	if since, err = time.Parse(time.DateOnly, a.since); err != nil {
		err = errors.New("--since: with --withdrawn a day is needed, written YYYY-MM-DD")
	}
	return since, err
}

func (a asked) write(ctx context.Context, c config.Config, since time.Time, out string, done *deed) error {
	if err := done.uses(c); err != nil {
		return err
	}
	if _, ok := liveRoster(c); a.withdrawn && !ok { // everyone opens what a run does
		if err := done.uses(c, keysOfRun(c)...); err != nil {
			return err
		}
	}
	w, err := newProof(c, nil)
	if err != nil {
		return err
	}
	d := digester{proof: w, conf: c, now: done.now}
	if a.withdrawn {
		return d.write(out, func() ([]int64, error) { return d.withdrawn(ctx, since, a.inPart) })
	}
	return d.write(out, func() ([]int64, error) { return d.asked(a.absent) })
}

// digester makes the register's digests of people.
type digester struct {
	*proof
	conf config.Config
	now  time.Time
}

// write writes the digests of persons in every domain. Where not all could be
// found, those that were are written, and the error says so.
func (d digester) write(out string, find func() ([]int64, error)) error {
	key, err := d.registerKey()
	if err != nil {
		return err
	}
	base, missing := find()
	if missing != nil && !errors.As(missing, new(unfound)) {
		return missing
	}
	s := register.Sought{Register: key.Fingerprint(), Made: d.now, By: make(map[string][][16]byte)}
	for _, of := range d.domains {
		print := of.Fingerprint()
		if print == s.Register {
			continue
		}
		for _, id := range base {
			s.By[print] = append(s.By[print], register.Digest(key, print, of.ID(id)))
		}
	}
	var text bytes.Buffer
	err = errors.Join(s.Write(&text), durable.Replace(out, text.Bytes()))
	if missing != nil {
		missing = coded{exitCheck, missing}
	}
	return errors.Join(err, missing)
}

// unfound says that not everybody could be found.
type unfound struct{ error }

// registerKey is the key that digests in the register are made with. One that is retired
// is searched with as those of other domains are.
func (d digester) registerKey() (key domain.Key, err error) {
	h, err := openKeys(d.conf, false)
	if err != nil {
		return key, err
	}
	print, err := h.fingerprint(string(keyring.Register))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; next: ohc-pipeline keys create register", err)
	}
	if err != nil {
		return key, err
	}
	i := slices.IndexFunc(d.domains, func(k domain.Key) bool { return k.Fingerprint() == print })
	if i < 0 {
		return key, errors.New("key register: it was put there just now; next: call again")
	}
	return d.domains[i], nil
}

// asked are those whose numbers are in a file, and whose former ones they are.
func (d digester) asked(file string) (ids []int64, err error) {
	isLocal, err := local(d.conf)
	if err != nil {
		return nil, coded{exitConfig, err}
	}
	numbers, err := readAsked(file, isLocal)
	if err != nil {
		return nil, coded{exitUsage, err}
	}
	for i, n := range numbers {
		d.add(n, i)
	}
	if roster, ok := liveRoster(d.conf); ok {
		if err := d.kin(roster); err != nil {
			return nil, err
		}
	}
	for n := range d.numbers {
		ids = append(ids, d.key.Person(n))
	}
	return ids, nil
}

// kin takes up, for every number that is asked about, those that the same person
// has or had: what was issued may hold them under another.
func (d digester) kin(roster string) error {
	own := make(map[identity.Number]int)
	err := d.roll(roster, func(n, heir identity.Number) {
		if heir.Zero() {
			return
		}
		if who, ok := d.numbers[n]; ok {
			own[heir] = who
		}
		if who, ok := d.numbers[heir]; ok {
			own[n] = who
		}
	})
	for n, who := range own {
		d.add(n, who)
	}
	return err
}

// liveRoster is the file of what is known of persons, where that is kept.
func liveRoster(c config.Config) (string, bool) {
	live, err := seal.Current(stageOf(c))
	i := slices.IndexFunc(live.State, func(p seal.Part) bool { return p.Dataset == seal.Roster })
	if err != nil || i < 0 {
		return "", false
	}
	return filepath.Join(seal.Dir(stageOf(c), live.Run), live.State[i].File), true
}

// withdrawn are those who were taken out since a day, and are out still.
func (d digester) withdrawn(ctx context.Context, since time.Time, inPart bool) (ids []int64, err error) {
	out, err := takenOut(withdrawalsOf(d.conf), since, inPart)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	err = d.everyone(ctx, func(n identity.Number) {
		id := d.key.Person(n)
		if w := withdrawal.Digest(d.key.Withdrawal(id)); out[w] {
			ids = append(ids, id)
			delete(out, w)
		}
	})
	if err != nil {
		return nil, err
	}
	if len(out) > 0 {
		return ids, unfound{fmt.Errorf("of those who have withdrawn, %s are known to no feed and no list any more: their digests are missing; next: ask by their numbers, with --absent", about(int64(len(out))))}
	}
	return ids, nil
}

// takenOut reads who was taken out since a day and not let in again.
func takenOut(dir string, since time.Time, inPart bool) (map[withdrawal.Digest]bool, error) {
	all, err := withdrawal.Read(dir)
	if err != nil {
		return nil, err
	}
	out := make(map[withdrawal.Digest]bool)
	for _, r := range all {
		if r.At.Before(since) {
			continue
		}
		if r.Unknown {
			return nil, coded{exitCheck, fmt.Errorf("nobody knows whom the run %s took out, for what was staged before it could not be read; next: look at all that was issued before it by hand", r.Run)}
		}
		for _, g := range r.Groups {
			for _, w := range g.Digests {
				switch {
				case g.Change == withdrawal.In:
					delete(out, w)
				case g.Change == withdrawal.Out || inPart:
					out[w] = true
				}
			}
		}
	}
	return out, nil
}

// everyone calls each with every number that is known: of whom the roster is kept,
// or else those whom the feeds and the lists name now.
func (d digester) everyone(ctx context.Context, each func(identity.Number)) error {
	if roster, ok := liveRoster(d.conf); ok {
		return d.roll(roster, func(n, _ identity.Number) { each(n) })
	}
	asOf, err := day(d.conf, d.now)
	if err != nil {
		return err
	}
	r, o, err := open(d.conf, asOf, d.now, false)
	if err != nil {
		return err
	}
	fed, err := r.Everyone(ctx)
	if err != nil {
		return err
	}
	for n := range fed {
		each(n)
	}
	for _, n := range known(o) {
		each(n)
	}
	return nil
}
