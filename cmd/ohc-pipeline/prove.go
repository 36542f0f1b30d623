package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/pipeline/config"
)

func proveCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "prove --absent FILE", Short: "Prove from the files themselves that people are not in them", Args: cobra.NoArgs,
		Long: `Read every file of the stage and of every snapshot, decoded, whatever manifests say
of them, and prove that none of the people whose NHS numbers are in FILE is there:
by the person_id of the stage, by that of every domain whose key is in the folder
of keys, by keys of records that are made of the number, and by the number itself.

FILE has a number in each line, with or without spaces or hyphens; where the feeds
name persons by local identifiers, one of those. A former number stands for whose
it was where feeds are fetched and the record says so, verified; else ask by the
number that they have now.

What a run must know to go on leaving somebody out is read as well, and told apart:
the roster, where records lie in the landing, which record refers to which, by their
keys, and whose rows have given way. The
landing and the folders of feeds are the sources' own, and are not searched.

It prints counts alone, and none of people is exact. Exit code 2 when somebody is
there, or when there is a file that cannot be decoded or that it does not know: what
was not read proves nothing. It changes nothing, and waits for no run (75). Where keys
are wrapped, that they were used for this is in the audit log.`,
		Example: "  ohc-pipeline prove --absent opted-out.txt --config config.yaml",
	}
	path := configFlag(c)
	absent := c.Flags().String("absent", "", "`file` with the NHS numbers of those who must not be there")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *absent == "" {
			return coded{exitUsage, errors.New("--absent is missing: the file with the numbers; see ohc-pipeline prove --help")}
		}
		conf, err := load(*path)
		if err != nil {
			return err
		}
		isLocal, err := local(conf)
		if err != nil {
			return coded{exitConfig, err}
		}
		numbers, err := readAsked(*absent, isLocal)
		if err != nil {
			return coded{exitUsage, err}
		}
		unlock, err := lock(conf)
		if err != nil {
			return err
		}
		defer unlock()
		return prove(cmd, conf, numbers)
	}
	return c
}

// prove searches what is stored, and says what was read and what was found.
func prove(cmd *cobra.Command, c config.Config, numbers []identity.Number) error {
	if err := keysUsed(cmd.Context(), c, "prove"); err != nil {
		return err
	}
	p, err := newProof(c, numbers)
	if err != nil {
		return err
	}
	if err := p.search(cmd.Context()); err != nil {
		return err
	}
	return errors.Join(p.tell(cmd.OutOrStdout()), p.verdict())
}

// readAsked reads the numbers of a file, each once. Lines that are wrong are
// named by where they stand, and never by what they hold: none may be passed
// over, or somebody would seem to be absent who was not asked about.
func readAsked(file string, isLocal bool) ([]identity.Number, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var wrong []string
	seen := make(map[identity.Number]bool)
	lines := bufio.NewScanner(f)
	for line := 1; lines.Scan(); line++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		n, why := list.Number(lines.Bytes(), isLocal)
		if why != "" {
			wrong = append(wrong, fmt.Sprintf("line %d: %s", line, why))
		}
		seen[n] = true
	}
	switch {
	case lines.Err() != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", file, lines.Err())
	case len(wrong) > 0:
		return nil, fmt.Errorf("%s: %s; next: correct them, nothing was searched", file, firstOf(wrong))
	case len(seen) == 0:
		return nil, fmt.Errorf("%s names nobody: a number in each line is needed", file)
	}
	return slices.Collect(maps.Keys(seen)), nil
}

// firstOf is the first few of what is to be told, and how many more there are.
func firstOf(all []string) string {
	const few = 20
	if len(all) <= few {
		return strings.Join(all, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(all[:few], "; "), len(all)-few)
}
