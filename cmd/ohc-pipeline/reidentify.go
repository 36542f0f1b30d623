package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	office "secondaryuse/marts/people"
	"secondaryuse/marts/reversal"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
)

func reidentifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "reidentify", Short: "Hand a practice the NHS numbers of patients of its own, for their care",
		Long: `A practice asks who the people are whom an analyst has found in the marts, to care
for them. That needs all of these: the block reidentification in the configuration; a
domain whose key was made to be reversible; a request with the reference of an
approval, signed as it stands by who asks and by two people who approve it, one of
them a guardian, neither who asks; and each of them is only handed to the practice
that they are registered with, for the key that the configuration has of that practice.

Every gate is opened as it is now. Whoever it does not admit is left out: somebody
who has objected to secondary use is not handed back for their care either, for it
was secondary use that found them.`,
		Example: `  ohc-pipeline reidentify request --domain planning --practice M85001 --persons ids.txt \
    --by "Ada Asker" --reason "calls before winter" --approval CG/2026/17 --out request.json
  ohc-pipeline reidentify sign --request request.json --key ada.key
  ohc-pipeline reidentify sign --request request.json --key guardian.key --persons ids.txt
  ohc-pipeline reidentify hand --request request.json --persons ids.txt --out M85001.age`,
	}
	c.AddCommand(reidentifyRequestCommand(), reidentifySignCommand(), reidentifyHandCommand())
	return c
}

func reidentifyRequestCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "request", Short: "Write a request, to be signed by who asks and by two people", Args: cobra.NoArgs,
		Long: `Write a request about the people whose person_ids are in a file, one in each line. It
holds the digest of that list: whoever changes the list, or anything else of the
request, after it was signed has no approval. Who asks signs it first, with the key that
they have in the file of people. It is good for one time, and until it expires.`,
		Example: `  ohc-pipeline reidentify request --domain planning --practice M85001 --persons ids.txt \
    --by "Ada Asker" --reason "calls before winter" --approval CG/2026/17 --out request.json`,
	}
	path := configFlag(c)
	var r reversal.Request
	var list, out string
	var good time.Duration
	c.Flags().StringVar(&r.Domain, "domain", "", "`name` of the key whose ids these are: the purpose of the marts, or project-NAME")
	c.Flags().StringVar(&r.Practice, "practice", "", "ODS `code` of the practice")
	c.Flags().StringVar(&r.By, "by", "", "`name` of who asks, as in the file of people")
	c.Flags().StringVar(&r.Reason, "reason", "", "what for, in `words`")
	c.Flags().StringVar(&r.Approval, "approval", "", "`reference` of the approval")
	c.Flags().StringVar(&list, "persons", "", "`file` with the person_ids")
	c.Flags().StringVar(&out, "out", "", "`file` to write the request to")
	c.Flags().DurationVar(&good, "for", 48*time.Hour, "how long it is good")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if list == "" || out == "" {
			return coded{exitUsage, errors.New("--persons and --out are needed; see ohc-pipeline reidentify request --help")}
		}
		conf, err := loadHanding(*path)
		if err != nil {
			return err
		}
		r.Made = nowIn(cmd.Context())
		r.Expires = r.Made.Add(good)
		return attested(cmd.Context(), conf, func(_ context.Context, d *deed) error {
			d.Reason = r.Approval
			if err := d.uses(conf, r.Domain); err != nil {
				return err
			}
			return request(conf, r, list, out)
		})
	}
	return c
}

// request writes a request, if it could be done at all.
func request(c config.Config, r reversal.Request, list, out string) error {
	ids, err := reversal.ReadList(list)
	if err != nil {
		return coded{exitUsage, err}
	}
	key, err := reversible(c, r.Domain)
	if err != nil {
		return err
	}
	all, err := office.Load(c.People)
	if err != nil {
		return coded{exitConfig, err}
	}
	by, ok := all.Named(r.By)
	if !ok || by.Has(office.Former) {
		return fmt.Errorf("%w: who asks is not in the file of people, or has left", reversal.ErrRefused)
	}
	r.Key, r.Fingerprint, r.To = by.Key, key.Fingerprint(), c.Reidentification.Practices[r.Practice]
	if _, m, none := snapshot.Current(c.Marts); none == nil && r.Domain == m.Purpose {
		if err := madeWith(m, key); err != nil {
			return err // its ids are those of the key before
		}
	}
	f := reversal.File{Request: reversal.New(r, ids)}
	if err := withinLimits(c, f.Request); err != nil {
		return err
	}
	return f.Write(out)
}

// loadHanding loads a configuration that says that numbers may be handed back.
func loadHanding(path string) (config.Config, error) {
	c, err := load(path)
	if err == nil && c.Reidentification == nil {
		err = coded{exitConfig, errors.New("the configuration has no block reidentification: no number is handed back to anybody")}
	}
	return c, err
}

// reversible opens the key of a domain that was made to be reversible.
func reversible(c config.Config, name string) (domain.Key, error) {
	h, err := openKeys(c, false)
	if err != nil {
		return domain.Key{}, err
	}
	key, entry, err := h.domain(name)
	if err != nil {
		return domain.Key{}, err
	}
	if !entry.Reversible || entry.State != keyring.Active {
		return domain.Key{}, coded{exitRefused, fmt.Errorf("the domain %s was not made to be reversible, and cannot become so; next: none, its ids stay what they are", name)}
	}
	return key, nil
}

// withinLimits holds a request to what is configured.
func withinLimits(c config.Config, r reversal.Request) error {
	conf := c.Reidentification
	why := ""
	switch {
	case conf.Practices[r.Practice] == "":
		why = "the configuration has no key of that practice"
	case conf.Practices[r.Practice] != r.To:
		why = "the configuration has another key of that practice than when it was asked; next: make another, and have it approved"
	case r.Persons > conf.Most:
		why = fmt.Sprintf("it is about more than %d persons", conf.Most)
	case r.Expires.Sub(r.Made) > time.Duration(conf.Longest):
		why = fmt.Sprintf("it would be good for longer than %s", time.Duration(conf.Longest))
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", reversal.ErrRefused, why)
}

func reidentifySignCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "sign", Short: "Sign a request: to ask for it, or to approve it", Args: cobra.NoArgs,
		Long: `Print what a request asks for, and sign it as it stands: who asks first, as the
request says, and with the key that it names; then those who approve it. With
--persons it is signed only if that is the list of persons that it is about. Where the
key belongs to nobody who may approve it, the request is refused when it is to be done.

It needs neither the configuration nor any data: sign where your key is.`,
		Example: "  ohc-pipeline reidentify sign --request request.json --key guardian.key --persons ids.txt",
	}
	file := c.Flags().String("request", "", "`file` of the request; the signature is added to it")
	key := c.Flags().String("key", "", "`file` with your own signing key, as ohc-marts people key makes it")
	list := c.Flags().String("persons", "", "`file` with the person_ids that it must be about")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *file == "" || *key == "" {
			return coded{exitUsage, errors.New("--request and --key are needed; see ohc-pipeline reidentify sign --help")}
		}
		f, err := reversal.Read(*file)
		if err == nil && *list != "" {
			err = isAbout(f.Request, *list)
		}
		if err != nil {
			return err
		}
		own, err := sign.Open(*key)
		if err != nil {
			return err
		}
		if err := showRequest(cmd.OutOrStdout(), f.Request); err != nil {
			return err
		}
		if err := f.Sign(own); err != nil {
			return err
		}
		return f.Write(*file)
	}
	return c
}

// isAbout returns an error unless a request is about the persons of a list.
func isAbout(r reversal.Request, list string) error {
	ids, err := reversal.ReadList(list)
	if err != nil {
		return coded{exitUsage, err}
	}
	return r.About(ids)
}

func showRequest(out io.Writer, r reversal.Request) error {
	_, err := fmt.Fprintf(out, "%s, whose key is %s,\nasks for the NHS numbers of %d persons of the domain %s,\nto be handed to the practice %s,\nwhich holds %s,\nfor: %s\nunder: %s\nfrom %s until %s\nlist %s\n",
		r.By, r.Key, r.Persons, r.Domain, r.Practice, r.To, r.Reason, r.Approval, r.Made.Format(time.RFC3339), r.Expires.Format(time.RFC3339), r.SHA256)
	return err
}

func reidentifyHandCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "hand", Short: "Do what an approved request asks for", Args: cobra.NoArgs,
		Long: `Open every gate, and write the NHS numbers of those on the list who may be used now
and are registered with the practice, encrypted with age for that practice's key: a
line for each, with the person_id. No number is written or printed in clear.

Before that, the audit log has for each of them who had it done, for which practice
and under which approval, with a keyed digest of the person; and the request is spent,
whatever comes then. It prints counts, none exact. Exit code 3 when a gate, the
request or its approval refuses. It waits for no run (75).`,
		Example: "  ohc-pipeline reidentify hand --request request.json --persons ids.txt --out M85001.age",
	}
	path := configFlag(c)
	file := c.Flags().String("request", "", "`file` of the request")
	list := c.Flags().String("persons", "", "`file` with the person_ids")
	out := c.Flags().String("out", "", "`file` to write, encrypted")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *file == "" || *list == "" || *out == "" {
			return coded{exitUsage, errors.New("--request, --persons and --out are needed; see ohc-pipeline reidentify hand --help")}
		}
		conf, err := loadHanding(*path)
		if err != nil {
			return err
		}
		var told string
		err = attested(cmd.Context(), conf, func(ctx context.Context, d *deed) (err error) {
			told, err = handBack(ctx, conf, *file, *list, *out, d)
			return err
		})
		if err == nil {
			_, err = fmt.Fprintln(cmd.OutOrStdout(), told)
		}
		return err
	}
	return c
}

// approvedRequest reads a request that is good now, its list, and who has approved it.
func approvedRequest(c config.Config, file, list string, now time.Time) (r reversal.Request, ids reversal.List, by []string, err error) {
	f, err := reversal.Read(file)
	if err != nil {
		return r, nil, nil, err
	}
	if ids, err = reversal.ReadList(list); err != nil {
		return r, nil, nil, err
	}
	all, err := office.Load(c.People)
	if err != nil {
		return r, nil, nil, err
	}
	if by, err = f.Approved(all, ids, now); err == nil {
		err = withinLimits(c, f.Request)
	}
	if err == nil {
		err = unspent(c, f.Request.ID, now)
	}
	return f.Request, ids, by, err
}
