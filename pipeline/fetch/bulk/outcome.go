package bulk

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

// readOutcome reads a file of what the server has to say about an export: the
// codes of all that is more than information. What cannot be read is more.
func readOutcome(path string) (codes []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for d := json.NewDecoder(bufio.NewReader(io.LimitReader(f, 16*small))); ; {
		var o outcome
		err := d.Decode(&o)
		if err == io.EOF {
			return codes, nil
		}
		if err != nil || o.ResourceType != "OperationOutcome" || len(o.Issue) == 0 {
			return append(codes, "unknown"), nil
		}
		for _, i := range o.Issue {
			if i.Severity != "information" && i.Severity != "success" {
				codes = append(codes, known(i.Code))
			}
		}
		slices.Sort(codes)
		codes = slices.Compact(codes)
	}
}

// judge says what is to be made of what the server could not export.
func (r *run) judge(j *job) error {
	var codes []string
	for _, f := range j.Files {
		if f.Section != "outcome" {
			continue
		}
		some, err := readOutcome(r.path(f.Name))
		if err != nil {
			return err
		}
		codes = append(codes, some...)
	}
	slices.Sort(codes)
	if codes = slices.Compact(codes); len(codes) == 0 {
		return nil
	}
	if !r.config.Accept || j.Name == "members" {
		return &failure{kind: "export", codes: codes, cause: errSpoilt,
			reason: "the server could not export everything; next: have its owner look, or set missing: accept"}
	}
	for _, c := range codes {
		r.lacks = append(r.lacks, fmt.Sprintf("the server could not export everything (%s)", c))
	}
	return nil
}
