package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"secondaryuse/pipeline/stage/seal"
)

// Plan is what a run will do.
type Plan struct {
	Whole bool   // every feed is read whole
	Why   string // and that is why
	Feeds []FeedPlan

	marks []seal.Mark
}

// FeedPlan is what a run will read of a feed.
type FeedPlan struct {
	Name       string
	After      int64   // the newest delivery that is staged
	Deliveries []int64 // that will be read
}

// Plan says what the run will do, and on which sealed run it will stand. It
// changes nothing.
func (r *Run) Plan(ctx context.Context) (seal.Manifest, Plan, error) {
	live, err := seal.Current(r.Stage)
	if err != nil && !errors.Is(err, seal.ErrNone) {
		return live, Plan{}, err
	}
	plan := Plan{}
	if plan.marks, err = r.marks(ctx); err != nil {
		return live, plan, err
	}
	plan.Why = r.whyWhole(live, plan.marks)
	if plan.Why == "" {
		if plan.Why, err = r.leaning(live, plan.marks); err != nil {
			return live, plan, err
		}
	}
	plan.Whole = plan.Why != ""
	for i, f := range r.Feeds {
		p := FeedPlan{Name: string(f.Name)}
		if !plan.Whole {
			p.After = live.Marks[i].Delivery
		}
		for _, d := range f.Landed {
			if d.Number > p.After {
				p.Deliveries = append(p.Deliveries, d.Number)
			}
		}
		plan.Feeds = append(plan.Feeds, p)
	}
	return live, plan, nil
}

// leaning says where what staged records refer to has changed, and has the marks
// hold what is lacking still; nothing where it has not.
func (r *Run) leaning(live seal.Manifest, marks []seal.Mark) (string, error) {
	for i, f := range r.Feeds {
		news, err := f.leansOnNews(live.Marks[i])
		if err != nil {
			return "", fmt.Errorf("feed %s: %w", f.Name, err)
		}
		if news {
			return fmt.Sprintf("something that records of %s refer to, such as a medicine, is another, or there at last", f.Name), nil
		}
	}
	for i := range marks {
		marks[i].Lacks = live.Marks[i].Lacks
	}
	return "", nil
}

// marks says how far each feed will have been read.
func (r *Run) marks(ctx context.Context) ([]seal.Mark, error) {
	var out []seal.Mark
	for _, f := range r.Feeds {
		m := seal.Mark{Feed: string(f.Name)}
		if f.Folder != "" {
			var err error
			if m.Files, err = f.digest(ctx); err != nil {
				return nil, err
			}
		}
		for _, d := range f.Landed {
			m.Delivery = d.Number
		}
		out = append(out, m)
	}
	return out, nil
}

// whyWhole says why what is staged cannot be gone on from; nothing where it can.
func (r *Run) whyWhole(live seal.Manifest, marks []seal.Mark) string {
	switch {
	case live.Run == "":
		return "nothing is staged yet"
	case r.Reload:
		return "it was asked for"
	case !r.Keep:
		return "no feed is fetched"
	case live.Epoch == "" || len(live.State) == 0:
		return "what is staged was made for no delta to follow"
	case !slices.EqualFunc(live.Marks, marks, func(was, m seal.Mark) bool { return was.Feed == m.Feed }):
		return "there are other feeds"
	case live.Basis != r.Basis:
		return "the configuration, the program, the register, a policy, an agreement or a reference file has changed"
	}
	for i, m := range marks {
		was := live.Marks[i]
		switch {
		case m.Files != was.Files:
			return fmt.Sprintf("the files in the folder of %s have changed", m.Feed)
		case m.Delivery < was.Delivery:
			return fmt.Sprintf("deliveries of %s that are staged are not there any more", m.Feed)
		}
		for _, d := range r.Feeds[i].Landed {
			if d.Whole && d.Number > was.Delivery {
				return fmt.Sprintf("delivery %d of %s is everything there is", d.Number, m.Feed)
			}
		}
		if n := r.missing(i, live); n > 0 {
			return fmt.Sprintf("delivery %d of %s, which is staged, is not there any more", n, m.Feed)
		}
	}
	return ""
}

// Gone returns an error where what is staged was read from deliveries that are not there
// any more, or from files of a folder that is empty: to read all there is would be to lose
// the rest.
func (r *Run) Gone(ctx context.Context, live seal.Manifest) error {
	for i, f := range r.Feeds {
		if err := f.unbroken(); err != nil {
			return err
		}
		if n := r.missing(i, live); n > 0 {
			return fmt.Errorf("feed %s: delivery %d, which is staged, is not there any more; next: ohc-pipeline run --reload", f.Name, n)
		}
		if err := f.emptied(ctx, f.mark(live).Files); err != nil {
			return err
		}
	}
	return nil
}

// mark is how far a feed was read of which a sealed run holds what was read.
func (f Feed) mark(live seal.Manifest) seal.Mark {
	for _, m := range slices.Concat(live.Marks, live.Before) {
		if m.Feed == string(f.Name) {
			return m
		}
	}
	return seal.Mark{}
}

// emptied returns an error where a feed's folder had files, and has none.
func (f Feed) emptied(ctx context.Context, files string) error {
	none := hex.EncodeToString(sha256.New().Sum(nil))
	if f.Folder == "" || files == "" || files == none {
		return nil
	}
	now, err := f.digest(ctx)
	if err == nil && now == none {
		err = fmt.Errorf("feed %s: its folder is empty; next: put its files there", f.Name)
	}
	return err
}

// missing is a delivery of a feed in which records lie that are staged, and that
// is not there, or empty, or the newest that was read, and is not there; 0 where
// there is none.
func (r *Run) missing(feed int, live seal.Manifest) int64 {
	f := r.Feeds[feed]
	for _, p := range live.State {
		if p.Dataset == seal.Locator && p.Feed == string(f.Name) && p.Delivery > 0 &&
			!slices.ContainsFunc(f.Landed, func(d Landed) bool { return d.Number == p.Delivery && !empty(d.Dir) }) {
			return p.Delivery
		}
	}
	if n := f.mark(live).Delivery; !slices.ContainsFunc(f.Landed, func(d Landed) bool { return d.Number == n }) {
		return n
	}
	return 0
}
