package bulk

import (
	"bufio"
	"encoding/json"
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
			break
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
	slices.Sort(codes)
	return slices.Compact(codes), nil
}
