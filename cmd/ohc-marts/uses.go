package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/marts/register"
)

// use is what a person may be told of an issue that they are in: nothing of anybody
// else, so not how many others there are.
type use struct {
	Issued     string   `json:"issued"`
	Kind       string   `json:"kind"`
	Project    string   `json:"project,omitempty"`
	Title      string   `json:"title,omitempty"`
	Purpose    string   `json:"purpose"`
	Objective  string   `json:"objective,omitempty"`
	Notice     string   `json:"notice,omitempty"` // where more can be read
	Controller string   `json:"controller,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
	Ends       string   `json:"ends,omitempty"`
	Retain     string   `json:"retain,omitempty"`
	State      string   `json:"state"`
}

func usesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "uses", Short: "What one person's record was used for", Args: cobra.NoArgs,
		Long: `Answers a person who asks what their record was used for: in which extracts and
releases it was, when, for which project and purpose, and who has it until when. It tells
nothing of anybody else. A person has a digest for each domain of release: name all of
them, or the file that ohc-pipeline digests has written of this one person.

What analysts have asked of the marts themselves is not in the register.`,
		Example: `  ohc-marts uses --digest 52f02743fc251856c00e9934bd0fc118
  ohc-marts uses --digests person.digests --json`,
	}
	path, asJSON := egressFlag(c), jsonFlag(c)
	digests := c.Flags().StringArray("digest", nil, "the person's `digest` in one domain, 32 hexadecimal digits; may be given several times")
	file := c.Flags().String("digests", "", "`file` of ohc-pipeline digests, of one person")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		asked, err := onePerson(*digests, *file)
		if err != nil {
			return coded{exitUsage, err}
		}
		uses, of, err := usesOf(cmd, *path, asked)
		if err != nil {
			return err
		}
		if *asJSON {
			return writeJSON(cmd.OutOrStdout(), uses)
		}
		_, err = fmt.Fprint(cmd.OutOrStdout(), usesText(uses, of, *file != ""))
		return err
	}
	return c
}

// usesOf is everything that a person is in, and how much was issued.
func usesOf(cmd *cobra.Command, path string, asked func(register.Issue) register.Sought) (uses []use, of int, err error) {
	all, r, err := standings(cmd, path)
	if err != nil {
		return nil, 0, err
	}
	tells, err := newTeller()
	if err != nil {
		return nil, 0, err
	}
	uses = []use{}
	for _, s := range all {
		sought := asked(s.Issue)
		n, err := r.Holds(s.Issue, sought)
		if err = errors.Join(err, known(s, sought)); err != nil {
			return nil, 0, err
		}
		if n > 0 {
			t := tells.tell(s)
			uses = append(uses, use{t.Issued, t.Kind, t.Project, t.Title, t.Purpose, t.Objective, t.Notice, t.Controller, t.Recipients, t.Ends, t.Retain, t.State})
		}
	}
	return uses, len(all), nil
}

// onePerson says what to look for in an issue.
func onePerson(digests []string, file string) (func(register.Issue) register.Sought, error) {
	if (len(digests) == 0) == (file == "") {
		return nil, errors.New("name --digest or --digests, one of them")
	}
	if file != "" {
		s, err := readSought(file)
		for _, d := range s.By {
			if len(d) > 1 {
				return nil, errors.New("--digests: the file is of several persons; make one of the person who asks")
			}
		}
		return func(register.Issue) register.Sought { return s }, err
	}
	var all [][16]byte
	for _, text := range digests {
		d, err := hex.DecodeString(text)
		if err != nil || len(d) != 16 {
			return nil, errors.New("--digest: not 32 hexadecimal digits, as ohc-pipeline digests writes them")
		}
		all = append(all, [16]byte(d))
	}
	// A digest is of one domain alone, and can be found in no issue of another.
	return func(i register.Issue) register.Sought {
		return register.Sought{Register: i.RegisterKey, By: map[string][][16]byte{i.Domain: all}}
	}, nil
}

// usesText is the answer in words. That somebody is in nothing can be said of a file alone,
// which has all of the person's digests.
func usesText(uses []use, of int, whole bool) string {
	var b strings.Builder
	if len(uses) == 0 && !whole {
		return fmt.Sprintf("what was named is in none of the %d extracts and releases that were issued\nnext: name all of the person's digests, or their file with --digests, before they are told so\n", of)
	}
	if len(uses) == 0 {
		return fmt.Sprintf("the person is in none of the %d extracts and releases that were issued\n", of)
	}
	for _, u := range uses {
		fmt.Fprintf(&b, "%s  %s", u.Issued, u.Kind)
		for _, f := range [][2]string{{"project", u.Project}, {"title", u.Title}, {"purpose", u.Purpose}, {"what for", u.Objective}, {"more at", u.Notice}, {"controller", u.Controller},
			{"recipients", strings.Join(u.Recipients, "; ")}, {"ends", u.Ends}, {"held until", u.Retain}, {"state", u.State}} {
			if f[1] != "" {
				fmt.Fprintf(&b, "\n  %-11s %s", f[0], f[1])
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
