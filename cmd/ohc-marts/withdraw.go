package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

func projectWithdrawCommand(path *string) *cobra.Command {
	var as, keyFile, why string
	c := &cobra.Command{
		Use: "withdraw NAME --as PERSON --key FILE --why REASON", Short: "Take back the approval of a project: nothing is extracted from then on", Args: cobra.ExactArgs(1),
		Long: `Takes back the approval of a project, whatever its file says by now. One person does so,
who is a guardian or custodian in people.yaml and has not asked for the project; whose
approvals they are does not matter. The register has it, signed, and no extract is issued
from then on, not even one that is being made. To go on, two people approve the project
anew. What was issued before is recalled with ohc-marts recall, or by a letter.`,
		Example: "  ohc-marts project withdraw falls --as 'Gwen Guardian' --key gwen.key --why 'they were burgled'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if as == "" || keyFile == "" || why == "" {
				return coded{exitUsage, errors.New("--as says who you are in people.yaml, --key where your key is, --why the reason; see ohc-marts project withdraw --help")}
			}
			conf, err := loadEgress(*path)
			if err != nil {
				return err
			}
			b, err := openBoard(conf)
			if err == nil {
				b.Register, err = register.Open(conf.Register)
			}
			if err != nil {
				return coded{exitConfig, err}
			}
			key, err := sign.Open(keyFile)
			if err != nil {
				return coded{exitConfig, err}
			}
			return withdraw(cmd.Context(), cmd.OutOrStdout(), b, args[0], as, key, why)
		},
	}
	c.Flags().StringVar(&as, "as", "", "the `name` that people.yaml has for you")
	c.Flags().StringVar(&keyFile, "key", "", "`file` with your key")
	c.Flags().StringVar(&why, "why", "", "the `reason`, for the register")
	return c
}

// withdraw takes back an approval. That it was refused, and why, the register has as well.
func withdraw(ctx context.Context, w io.Writer, b project.Board, name, as string, key sign.Private, why string) error {
	err := b.Withdraw(ctx, name, as, key, why, time.Now())
	if errors.Is(err, project.ErrNotApproved) || errors.Is(err, register.ErrRefused) {
		return errors.Join(coded{exitCheck, err}, refusal(ctx, b.Register, name, "", as, err))
	}
	if err != nil {
		return err
	}
	head, err := b.Register.Head(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "project %s: its approval is withdrawn; nothing is extracted until two people approve it anew\nregister: head %s: write it down elsewhere\n", name, head)
	return err
}
