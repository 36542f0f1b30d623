package main

import (
	"io"

	"secondaryuse/pipeline/ledger"
)

// listOrganisations prints whose records had no agreement when they were read,
// or were outside its dates; nothing where there are none.
func listOrganisations(out io.Writer, held []ledger.Holding) error {
	rows := [][]string{{"FEED", "ORGANISATION", "AGREEMENT", "RECORDS"}}
	for _, h := range held {
		if h.Gate != "agreement" {
			continue
		}
		code := h.Organisation
		if code == "" {
			code = "not known"
		}
		rows = append(rows, []string{h.Feed, code, h.Reason, count(h.Records)})
	}
	if len(rows) == 1 {
		return nil
	}
	if _, err := io.WriteString(out, "\n"); err != nil {
		return err
	}
	return table(out, 3, rows)
}
