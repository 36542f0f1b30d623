package clock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/ledger"
	"secondaryuse/schedules"
)

// kin are the jobs of the oracle, as text; by is when each is due, for itself, by
// the minute of the day.
var kin = []struct {
	name, text string
	by         func(minute int) bool
	keep       int
	tries      int
	on         string
}{
	{"third", "cron: '*/20 * * * *'\nzone: UTC\nruns: [extract, verify]\ncatch_up: all up to 3\nretry: {times: 2, every: 5m, on: [failed, cut-off]}\n", func(m int) bool { return m%20 == 0 }, 3, 3, "failed cut-off"},
	{"hour", "cron: '0 * * * *'\nzone: UTC\nruns: [extract, publish, verify]\ncatch_up: latest\nretry: {times: 1, every: 10m, on: cut-off}\n", func(m int) bool { return m%60 == 0 }, 1, 2, "cut-off"},
	{"half", "cron: '10,40 * * * *'\nzone: UTC\nafter: hour\nruns: publish\ncatch_up: none\n", func(m int) bool { return m%60 == 10 || m%60 == 40 }, 0, 1, ""},
	{"four", "after: fourth\nruns: verify\ncatch_up: all up to 2\n", func(m int) bool { return m%240 == 30 }, 2, 1, ""},
	{"fourth", "cron: '30 */4 * * *'\nzone: UTC\nruns: extract\ncatch_up: latest\nretry: {times: 3, every: 1m, on: [failed, refused, check, cut-off]}\n", func(m int) bool { return m%240 == 30 }, 1, 4, "failed refused check cut-off"},
}

// episode is a part of a machine's life.
type episode struct {
	what    string // serve, two, once, jump, off
	minutes int
	dies    int64 // at so many decisions; 0 when it does not
	late    bool  // that decision is written
}

func (e episode) String() string {
	return fmt.Sprintf("%s %d %d %v", e.what, e.minutes, e.dies, e.late)
}

func drawEpisode(rt *rapid.T) episode {
	e := episode{what: rapid.SampledFrom([]string{"serve", "serve", "serve", "two", "once", "jump", "off"}).Draw(rt, "what")}
	switch e.what {
	case "jump":
		e.minutes = rapid.IntRange(-300, 300).Draw(rt, "by")
	case "off":
		e.minutes = rapid.IntRange(0, 900).Draw(rt, "for")
	case "once":
		e.minutes = rapid.IntRange(0, len(kin)-1).Draw(rt, "job")
	default:
		e.minutes = rapid.IntRange(0, 90).Draw(rt, "for")
		e.dies = rapid.SampledFrom([]int64{0, 1}).Draw(rt, "dies") * rapid.Int64Range(1, 60).Draw(rt, "at")
		e.late = rapid.Bool().Draw(rt, "late")
	}
	return e
}

// TestOracle holds, for random lives of a machine (kills at any moment, restarts,
// jumps of the clock, two daemons, calls by hand, steps that fail, panic or find
// another at work), that every logical time was done once, with each of its steps
// once, or was given up where its policy says so. When a job is due is read off a
// plain list of minutes.
func TestOracle(t *testing.T) {
	jobs := []string{}
	for _, k := range kin {
		jobs = append(jobs, k.name, k.text)
	}
	doneTimes, missedTimes, failedTimes, cuts := 0, 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		life := rapid.SliceOfN(rapid.Custom(drawEpisode), 2, 9).Draw(rt, "life")
		fates := rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "", "", "", "failed", "refused", "panic", "busy", "slow"}), 1, 20).Draw(rt, "fates")
		var wrong []string
		inWorld(t, "2026-11-02 10:07", jobs, func(w *world) {
			o := &oracle{w: w, l: w.open(), fates: fates, effects: make(map[string]int)}
			defer o.l.Close()
			for _, e := range life {
				o.live(e)
			}
			o.calm()
			wrong = o.judge()
			doneTimes, missedTimes, failedTimes, cuts = doneTimes+o.counts[ledger.Done], missedTimes+o.counts[Missed], failedTimes+o.counts[ledger.Failed], cuts+o.cuts
		})
		if len(wrong) > 0 {
			rt.Fatal(strings.Join(wrong, "\n"))
		}
	})
	t.Logf("%d done, %d given up, %d failed, %d cut off", doneTimes, missedTimes, failedTimes, cuts)
	if doneTimes == 0 || missedTimes == 0 || failedTimes == 0 || cuts == 0 {
		t.Error("something never came up")
	}
}

// oracle lives a life and judges it.
type oracle struct {
	w       *world
	l       *ledger.Ledger
	fates   []string
	next    int
	last    time.Time // the latest that the wall's clock has shown
	effects map[string]int
	folder  *mortal // the process that is at work in the work folder, if it lives
	counts  map[string]int
	cuts    int
	early   []string // turns that were begun before their time
}

// step is what a step does: it can tell whether it was done, as a publication
// can. Its effect stays even if its process dies at once.
func (o *oracle) step(ctx context.Context, call string) error {
	o.w.mu.Lock()
	me := ctx.Value(process{}).(*mortal)
	if o.folder != nil && !o.folder.dead.Load() {
		o.w.mu.Unlock()
		return Fault{Busy, errBroken}
	}
	if o.effects[call] > 0 {
		o.w.mu.Unlock()
		return nil
	}
	o.folder = me
	defer func() {
		if o.folder == me {
			o.folder = nil
		}
	}()
	fate := o.fates[o.next%len(o.fates)]
	o.next++
	o.w.mu.Unlock()
	switch fate {
	case "failed":
		return errBroken
	case "refused":
		return Fault{schedules.Refused, errBroken}
	case "busy":
		return Fault{Busy, errBroken}
	case "panic":
		panic(call)
	case "slow":
		if nap(ctx, 25*time.Minute); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	if me.dead.Load() {
		return errDead // the dead do nothing
	}
	o.effects[call]++
	return nil
}

func (o *oracle) live(e episode) {
	o.w.doing(o.step)
	switch e.what {
	case "jump":
		o.w.mu.Lock()
		o.w.ahead += time.Duration(e.minutes) * time.Minute
		o.w.mu.Unlock()
	case "off":
		time.Sleep(time.Duration(e.minutes) * time.Minute)
	case "once":
		o.process(&mortal{Ledger: o.l}).Once(context.Background(), kin[e.minutes].name, time.Time{})
	default:
		o.serve(e)
	}
	if now := o.w.now(); now.After(o.last) {
		o.last = now
	}
}

// serve has one or two daemons serve; the first may die.
func (o *oracle) serve(e episode) {
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(e.minutes)*time.Minute)
	defer stop()
	ended := make(chan error, 2)
	m := &mortal{Ledger: o.l}
	m.left.Store(e.dies)
	m.late.Store(e.late)
	h := o.process(m)
	go func() { ended <- h.Serve(ctx) }()
	daemons := 1
	if e.what == "two" {
		daemons++
		other := o.process(&mortal{Ledger: o.l})
		go func() { ended <- other.Serve(ctx) }()
	}
	for range daemons {
		if err := <-ended; err != nil && !errors.Is(err, errDead) {
			o.w.t.Errorf("a daemon ended with %v", err)
		}
	}
}

type process struct{}

// process is hands whose steps know in which process they are.
func (o *oracle) process(m *mortal) *Hands {
	h := o.w.new(m)
	perform := h.Perform
	h.Perform = func(ctx context.Context, j schedules.Job, at time.Time, s schedules.Step) error {
		if at.After(o.w.now()) {
			o.w.mu.Lock()
			o.early = append(o.early, moment(j, at))
			o.w.mu.Unlock()
		}
		return perform(context.WithValue(ctx, process{}, m), j, at, s)
	}
	return h
}

// calm lets the wall's clock be right again, and all that is to be done be done.
func (o *oracle) calm() {
	o.w.mu.Lock()
	o.fates = []string{""}
	o.w.ahead += max(0, o.last.Sub(time.Now().Add(o.w.ahead)))
	o.w.mu.Unlock()
	o.serve(episode{what: "serve", minutes: 270})
	o.last = o.w.now()
}

// judge says what is wrong with what is in the ledger, and with what was done.
func (o *oracle) judge() (wrong []string) {
	o.counts = make(map[string]int)
	for _, name := range o.early {
		wrong = append(wrong, name+" was begun before its time")
	}
	for _, k := range kin {
		j, _ := o.w.set.Find(k.name)
		turns, err := o.l.Turns(context.Background(), k.name, 1<<20)
		p, err2 := o.l.Past(context.Background(), k.name, time.Time{}, o.last)
		if err = errors.Join(err, err2); err != nil {
			return []string{err.Error()}
		}
		fail := func(at time.Time, text string) {
			wrong = append(wrong, fmt.Sprintf("%s of %s: %s", k.name, at.Format("2006-01-02 15:04"), text))
		}
		stands := make(map[time.Time][]ledger.Turn)
		for _, t := range turns {
			o.counts[t.Status] += max(1, t.Times)
			times := 0
			for at := t.First; !at.After(t.At); at = at.Add(time.Minute) {
				if k.by(at.Hour()*60 + at.Minute()) {
					stands[at] = append(stands[at], t)
					times++
				}
			}
			if times != t.Times || len(stands[t.At]) == 0 {
				fail(t.At, fmt.Sprintf("stands for %d times, and says %d", times, t.Times))
			}
		}
		for at := p.Seen.Truncate(time.Minute).Add(-4 * time.Minute); at.Before(o.last.Add(-4 * time.Minute)); at = at.Add(time.Minute) {
			if k.by(at.Hour()*60+at.Minute()) && len(stands[at]) != 1 {
				fail(at, fmt.Sprintf("stands %d times in the ledger", len(stands[at])))
			}
		}
		for at, of := range stands {
			for _, t := range of {
				o.one(k.keep, k.tries, k.on, k.by, j, at, t, fail)
			}
		}
	}
	return wrong
}

// one judges a turn.
func (o *oracle) one(keep, tries int, on string, by func(int) bool, j schedules.Job, at time.Time, t ledger.Turn, fail func(time.Time, string)) {
	effects := 0
	for _, s := range j.Runs {
		n := o.effects[fmt.Sprintf("%s %s %s", j.Name, at.Format("2006-01-02 15:04"), s)]
		if n > 1 {
			fail(at, fmt.Sprintf("%s was done %d times", s, n))
		}
		effects += n
	}
	if t.Tries > 1 {
		o.cuts++
	}
	switch t.Status {
	case ledger.Done:
		if effects != len(j.Runs) || len(t.Done) != len(j.Runs) {
			fail(at, fmt.Sprintf("is done, with %d of %d steps", effects, len(j.Runs)))
		}
	case ledger.Failed:
		if effects == len(j.Runs) && t.Kind != string(schedules.CutOff) {
			fail(at, "has failed, and all its steps were done")
		}
		if strings.Contains(on, t.Kind) && t.Tries != tries {
			fail(at, fmt.Sprintf("failed (%s) after %d tries of %d", t.Kind, t.Tries, tries))
		}
	case Missed:
		newer := 0
		for later := at.Add(time.Minute); !later.After(t.Ended); later = later.Add(time.Minute) {
			if by(later.Hour()*60 + later.Minute()) {
				newer++
			}
		}
		if effects != 0 || newer < max(1, keep) && (keep != 0 || t.Ended.Sub(at) <= schedules.OnTime) {
			fail(at, fmt.Sprintf("was given up at %s, with %d newer ones due and %d steps done", t.Ended, newer, effects))
		}
	case Waiting: // for one that has failed, or for its time
		need, ok := o.w.set.Needs(j, at)
		if !ok && o.last.Sub(at) > time.Hour {
			fail(at, "waits, and for nothing")
		} else if ok && o.last.Sub(at) > time.Hour {
			p, err := o.l.Past(context.Background(), need.Job.Name, need.At, o.last)
			if err != nil || p.Asked.Status == ledger.Done || p.Asked.Status == Missed {
				fail(at, "waits for one that is settled")
			}
		}
	default:
		fail(at, "is "+t.Status)
	}
}
