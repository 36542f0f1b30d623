package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/cmd/usage"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/extract"
)

func extractCommand() *cobra.Command {
	var path *string
	memory := cut.Enough()
	c := &cobra.Command{
		Use: "extract NAME", Short: "Issue what an approved project may have", Args: cobra.ExactArgs(1),
		Long: `Takes the persons of the project's cohort out of the current marts, but for those who
may not be used any more, under numbers and on days of the project's own, coarser as
it declares; encrypts them for each recipient; enters them in the register; and puts
them into the outbox. Either all of that is done or nothing leaves.

Exit codes besides: 3 refused: not approved, not of these days, another snapshot or
purpose, an old list of who may be used, not anonymous enough; 75 another is running.`,
		Example: "  ohc-marts extract falls",
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := order(*path, args[0])
			if err != nil {
				return err
			}
			o.Memory = memory
			issued, err := extract.Issue(cmd.Context(), o)
			if errors.Is(err, fs.ErrNotExist) && code(err) == exitFailed {
				err = coded{exitConfig, err}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), issued.Line())
			return err
		},
	}
	path = egressFlag(c)
	memoryFlag(c.Flags(), &memory, "how much memory the engine may take")
	return c
}

// order is what is asked for, by who runs this, now.
func order(path, name string) (o extract.Order, err error) {
	o.Project, o.Now, o.Program = name, time.Now(), egress.Program()
	if o.Egress, err = loadEgress(path); err != nil {
		return o, err
	}
	if o.KEK, err = kek.Open(o.Egress.KeyEncryption); err != nil {
		return o, coded{exitConfig, err}
	}
	o.By = usage.Caller()
	return o, nil
}
