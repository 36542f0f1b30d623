package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/deid"
	"secondaryuse/deid/identity"
	"secondaryuse/marts"
	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/linkage"
	office "secondaryuse/marts/people"
	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch/credential"
)

func linkCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "link PROJECT --out FILE", Short: "Make OpenPseudonymiser's pseudonyms for a project that links to an older study", Args: cobra.ExactArgs(1),
		Long: `Write, for one project, which OpenPseudonymiser pseudonym each person of its cohort has
in an older study: the person_id of the current snapshot, and the SHA-256 of the NHS
number and the study's salt. That needs the project in the block linkage of the
configuration, with the reference and last day of the approval to link, and the project
itself approved by two people as it stands.

Where the project's own file has the block linkage, what is written is a link file for
its next extract: of this snapshot and of the project as it stands, signed by this
installation, and encrypted under a key that is made of the project's. Put it where
links of egress.yaml says, as PROJECT.link; ohc-marts extract adds the column. Else it
is encrypted with age for the custodian of the configuration, who joins it by hand.

Every gate is opened as it is now, and whoever it does not admit is left out. No NHS
number is written or printed.

` + linkage.Warning + `

Exit code 3 when a gate or an approval refuses. It waits for no run (75).`,
		Example: "  ohc-pipeline link heart --out heart-link.age",
	}
	path := configFlag(c)
	out := c.Flags().String("out", "", "`file` to write, encrypted")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *out == "" {
			return coded{exitUsage, errors.New("--out is missing: the file to write; see ohc-pipeline link --help")}
		}
		conf, err := load(*path)
		if err != nil {
			return err
		}
		of, err := linked(conf, args[0])
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.ErrOrStderr(), linkage.Warning)
		return attested(cmd.Context(), conf, func(ctx context.Context, d *deed) error { return link(ctx, conf, of, *out, d) })
	}
	return c
}

// linked finds a project among those that may link.
func linked(c config.Config, name string) (config.LinkProject, error) {
	if c.Linkage != nil {
		if i := slices.IndexFunc(c.Linkage.Projects, func(p config.LinkProject) bool { return p.Project == name }); i >= 0 {
			return c.Linkage.Projects[i], nil
		}
	}
	return config.LinkProject{}, coded{exitConfig, errors.New("the configuration has no such project in its block linkage: nothing is linked to any older study")}
}

// link writes the pseudonyms of a project's cohort.
func link(ctx context.Context, c config.Config, of config.LinkProject, out string, d *deed) error {
	d.Reason = of.Approval
	p, err := mayLink(c, of, d.now)
	if err != nil {
		return err
	}
	salt, err := credential.Read(of.Salt)
	if err != nil {
		return coded{exitConfig, fmt.Errorf("linkage.link: salt: %w", err)}
	}
	if err := d.uses(c, append(keysOfRun(c), p.Domain())...); err != nil {
		return err
	}
	s, err := standingNow(c, d.now)
	if err != nil {
		return err
	}
	d.Snapshot = s.snapshot.ID
	persons, err := s.cohort(ctx, p)
	if err != nil {
		return err
	}
	salt = bytes.TrimRight(salt, "\r\n")
	if p.Linkage != nil {
		return s.linkFile(p, out, salt, persons)
	}
	to, err := deid.HandOf(of.Custodian)
	if err != nil {
		return coded{exitConfig, fmt.Errorf("linkage.link: custodian: %w", err)}
	}
	var text bytes.Buffer
	if err := to.Pseudonyms(&text, salt, persons); err != nil {
		return err
	}
	return durable.Replace(out, text.Bytes())
}

// linkFile writes the link file of the next extract of a project.
func (s standingAt) linkFile(p project.Project, out string, salt []byte, persons map[int64]identity.Number) error {
	h, err := openKeys(s.conf, false)
	if err != nil {
		return err
	}
	key, _, err := h.domain(p.Domain())
	if err != nil {
		return err
	}
	own, err := signer(s.conf, false)
	if err != nil {
		return err
	}
	all, err := deid.Pseudonyms(salt, persons)
	if err != nil {
		return err
	}
	links := make([]linkage.Link, 0, len(all))
	for id, pseudonym := range all {
		links = append(links, linkage.Link{Person: id, Pseudonym: pseudonym})
	}
	return linkage.Write(out, linkage.Header{Project: p.Name, Digest: p.Digest(), Snapshot: s.snapshot.ID, Domain: s.snapshot.Domain, Purpose: s.snapshot.Purpose,
		Approval: p.Linkage.Approval, At: s.now}, links, key, own)
}

// mayLink returns a project that may be linked now: its approvals hold, and that to
// link does.
func mayLink(c config.Config, of config.LinkProject, now time.Time) (project.Project, error) {
	refuse := func(err error) error { return coded{exitRefused, err} }
	p, err := project.Load(c.Linkage.Folder, of.Project)
	if err != nil {
		return p, refuse(err)
	}
	if !today(now).Before(of.Until.Time) {
		return p, refuse(fmt.Errorf("the approval to link, %s, ended on %s; next: have it extended", of.Approval, of.Until.Format(time.DateOnly)))
	}
	if p.Linkage != nil && p.Linkage.Approval != of.Approval {
		return p, refuse(fmt.Errorf("%s: it is another approval than the configuration has, %s; next: have both name the same", p.Where("linkage.approval"), of.Approval))
	}
	board := project.Board{Folder: c.Linkage.Folder}
	board.People, err = office.Load(c.People)
	if err == nil && c.Register != "" { // where none is named, the extract asks it
		board.Register, err = register.Open(c.Register)
	}
	if err == nil {
		_, err = board.Approved(p, now)
	}
	if err != nil {
		return p, refuse(err)
	}
	return p, nil
}

// cohort is the numbers of those in a project's cohort whom the gates admit now, by
// person_id of the snapshot.
func (s standingAt) cohort(ctx context.Context, p project.Project) (map[int64]identity.Number, error) {
	base, err := s.eligible(ctx)
	if err != nil {
		return nil, err
	}
	in, err := s.asked(ctx, p.Cohort)
	if err != nil {
		return nil, fmt.Errorf("the cohort of project %s: %w", p.Name, err)
	}
	own, found := s.run.Marts.(marts.Publisher).Key, make(map[int64]int64)
	for _, b := range base {
		if id := own.ID(b); in[id] {
			found[b] = id
		}
	}
	return s.numbers(ctx, found)
}

// asked is the persons that a question about the marts is answered with: its first
// column. One thread answers it, as that of an extract.
func (s standingAt) asked(ctx context.Context, question string) (out map[int64]bool, err error) {
	from, err := reader.Open(ctx, filepath.Join(s.conf.Marts, "snapshots", s.snapshot.ID), reader.Limits{Threads: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	rows, err := from.Query(ctx, question)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out = make(map[int64]bool)
	return out, rows.Each(func(row []any) error {
		id, ok := row[0].(int64)
		if !ok {
			return errors.New("its first column is no person_id")
		}
		out[id] = true
		return nil
	})
}
