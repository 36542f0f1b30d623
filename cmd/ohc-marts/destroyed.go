package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/egress"
	"secondaryuse/marts/people"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

// actor is somebody of people.yaml, with their key.
type actor struct {
	people.Person
	key sign.Private
}

// inCharge is the guardian or custodian whose private key is in a file.
func inCharge(c egress.Config, keyFile string) (actor, error) {
	all, err := people.Load(c.People)
	if err != nil {
		return actor{}, coded{exitConfig, err}
	}
	key, err := sign.Open(keyFile)
	if err != nil {
		return actor{}, coded{exitUsage, err}
	}
	p, there := all.Holder(key.Public())
	switch {
	case !there:
		return actor{}, coded{exitCheck, fmt.Errorf("nobody in %s has this key: %s", c.People, key.Public())}
	case !p.Has(people.Guardian, people.Custodian):
		return actor{}, coded{exitCheck, fmt.Errorf("%s is neither a guardian nor a custodian", p.Name)}
	}
	return actor{p, key}, nil
}

// step adds a step to the register, as this person has signed it.
func (a actor) step(ctx context.Context, r *register.Register, s register.Step) error {
	s.By = a.Name
	return r.Step(ctx, s.Signed(a.key))
}

func destroyedCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "destroyed EXTRACT", Short: "Have the register keep that recipients have destroyed an extract", Args: cobra.ExactArgs(1),
		Long: `Has the register keep that every recipient of an extract has certified that it is
destroyed: recall lists it no more. A guardian or a custodian signs that; where the
certificate is, the register keeps as well.`,
		Example: `  ohc-marts destroyed falls-2 --key gwen.key --certificate "IG/2026/114"`,
	}
	path := egressFlag(c)
	key := c.Flags().String("key", "", "private key `file` of a guardian or a custodian")
	certificate := c.Flags().String("certificate", "", "`reference` of the certificate")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *key == "" || *certificate == "" {
			return coded{exitUsage, errors.New("--key and --certificate are needed")}
		}
		conf, err := loadEgress(*path)
		if err != nil {
			return err
		}
		all, r, err := standings(cmd, *path)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(s register.Standing) bool { return s.Kind == "extract" && s.Name == args[0] })
		if i < 0 {
			return coded{exitUsage, errors.New("no extract of that name was issued; see ohc-marts extracts")}
		}
		who, err := inCharge(conf, *key)
		if err != nil {
			return err
		}
		if all[i].Applicant == who.Name || all[i].Gets(who.Name) {
			return coded{exitCheck, fmt.Errorf("%s has asked for the extract, or got it: somebody else says that it is destroyed", who.Name)}
		}
		return who.step(cmd.Context(), r, register.Step{What: "destroyed", Kind: "extract", Name: args[0], At: time.Now(), Why: *certificate})
	}
	return c
}
