package main

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"time"

	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/optout/exchange"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/identity"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
)

// exchangeOf says where the exchange of an installation lies, and with whom it is
// held. It opens nothing.
func exchangeOf(c config.Config, now func() time.Time) exchange.Config {
	o := c.Gates.OptOut
	out := exchange.Config{Dir: filepath.Join(c.Work, "optout"), Purpose: c.Purpose, Now: now,
		List: optout.Config{Workflow: o.Workflow, MaxAge: o.Age(), MinShare: o.MinShare, AllowEmpty: o.AllowEmpty, AllowAll: o.AllowAll}}
	if m := o.Mesh; m != nil {
		out.Mailbox, out.To, out.From, out.Rows, out.List.Workflow = m.Mailbox, m.To, m.From, m.MaxRows, m.Workflow
		out.Refresh, out.Within = time.Duration(m.Refresh), time.Duration(m.Within)
	}
	return out
}

// optOutList is what the opt-out gate is opened on: the files that are configured,
// or the list that the exchange has brought.
func optOutList(c config.Config, now time.Time) (optout.Config, error) {
	o := c.Gates.OptOut
	if o.Mesh != nil {
		return exchange.Where(exchangeOf(c, func() time.Time { return now }))
	}
	return optout.Config{Sent: o.Sent, Reply: o.Reply, Control: o.Control, Workflow: o.Workflow,
		MaxAge: o.Age(), MinShare: o.MinShare, AllowEmpty: o.AllowEmpty, AllowAll: o.AllowAll, Now: now}, nil
}

// corresponds returns an error where there is no exchange to be held.
func corresponds(c config.Config) error {
	if c.Gates.OptOut.Mesh == nil {
		return wrong(c, "gates.optout", "there is no exchange with the service; give mesh, or turn the job optout off and put the service's reply into the lists by hand")
	}
	isLocal, err := local(c)
	if err == nil && isLocal {
		return wrong(c, "gates.optout.mesh", "the feeds name persons by local identifiers, which the service does not know")
	}
	return err
}

// meshOf opens the way to MESH: it reads certificates and secrets, and asks nobody.
func meshOf(c config.Config) (*mesh.Client, error) {
	if err := corresponds(c); err != nil {
		return nil, err
	}
	m := c.Gates.OptOut.Mesh
	client, err := mesh.Open(mesh.Config{URL: m.URL, Mailbox: m.Mailbox, Password: m.Password, SharedKey: m.SharedKey, Key: m.Key,
		Certificate: m.Certificate, CA: m.CA, Chunk: m.Chunk})
	if err != nil {
		return nil, wrong(c, "gates.optout.mesh", err.Error())
	}
	return client, nil
}

// correspondence opens the exchange and the way to MESH.
func correspondence(ctx context.Context, c config.Config) (*exchange.Exchange, error) {
	client, err := meshOf(c)
	if err != nil {
		return nil, err
	}
	e := exchangeOf(c, func() time.Time { return nowIn(ctx) })
	e.Client = client
	return exchange.Open(e)
}

// outdated erases a list of the exchange that is too old, and what a process that
// died has left there.
func outdated(c config.Config, now time.Time) error {
	if c.Gates.OptOut.Mesh == nil {
		return nil
	}
	_, err := exchange.Open(exchangeOf(c, func() time.Time { return now }))
	return err
}

// exchanged does what is due of the exchange, for a job.
var exchanged = exchanging(func(ctx context.Context, x *exchange.Exchange, who exchange.Numbers) error {
	err := x.Step(ctx, who)
	if errors.Is(err, errUnfetched) {
		loggerOf(ctx).Info("optout", "reason", err.Error())
		return nil // else a job that comes after would never fetch
	}
	return err
})

// exchanging is an attempt at the exchange. How it stands then is logged.
func exchanging(do func(context.Context, *exchange.Exchange, exchange.Numbers) error) attempt {
	return attempt{"optout", func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, _, now time.Time) (pipeline.Result, error) {
		steps, end := follow(ctx, l, id)
		defer end()
		steps.Step("optout", 0)
		x, err := correspondence(ctx, c)
		if err != nil {
			return pipeline.Result{}, err
		}
		who := func(ctx context.Context) (iter.Seq[identity.Number], error) {
			defer steps.Step("optout", 0)
			return everyone(ctx, c, now, steps)
		}
		err = do(ctx, x, who)
		loggerOf(ctx).Info("optout", "stands", x.Standing().String())
		return pipeline.Result{}, err
	}, ledger.Done, part{}}
}

// errUnfetched says that nothing was fetched yet of any feed that is.
var errUnfetched = errors.New("optout: nothing was fetched yet, so there is nobody to ask about; next: ohc-pipeline run nightly, which fetches it and is refused then, and after that ohc-pipeline optout request")

// everyone lists the numbers of all whom the feeds name, or who have an account.
// No gate is asked, and none but that of the accounts is opened.
func everyone(ctx context.Context, c config.Config, now time.Time, steps pipeline.Progress) (iter.Seq[identity.Number], error) {
	r := pipeline.Run{Stage: stageOf(c), Progress: steps}
	landed := false
	for i, f := range c.Feeds {
		feed, err := wire(c, f, now, newest(f.Name))
		if err == nil && !f.Fetch.Some() {
			err = folderThere(c, i)
		}
		if err != nil {
			return nil, err
		}
		landed = landed || !f.Fetch.Some() || len(feed.Landed) > 0
		r.Feeds = append(r.Feeds, feed)
	}
	if !landed {
		return nil, errUnfetched
	}
	var o opened
	if err := openConnection(&o, c, now, false); err != nil {
		return nil, err
	}
	r.Gates.Accounts = o.gates.Accounts
	return r.Everyone(ctx)
}
