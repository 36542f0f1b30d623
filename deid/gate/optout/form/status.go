package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Status is what the service says it made of a request. It comes before the
// reply, and does not take its place.
type Status struct {
	LocalID string // of the request, by which it is matched
	File    string // the request's name
	Failed  string // the check that the request did not pass, of the closed list; empty: none so far
}

// checks are those of the service, and what to do where one was not passed.
var checks = map[string]string{
	"validate_non_empty_file":   "see why the request has no line, and send it with a new file name and local id",
	"validate_is_unique_upload": "send it with a file name that was never used",
	"validate_in_order":         "send it with the next number after the last that the service took this month",
	other:                       "ask the service desk, with the local id",
}

const other = "another check"

// ErrStatus is the error of a message that is no status.
var ErrStatus = errors.New("optout: not a status message of the service")

// plain is what a local id or a name of ours can be.
var plain = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,100}$`)

// longest is more than a status message has, in bytes.
const longest = 1 << 20

// ParseStatus reads a status message. One that does not name the request it is
// about is none. Its own words are not kept.
func ParseStatus(r io.Reader) (Status, error) {
	var said struct {
		Stages []struct {
			Stage  string
			Passed *bool
		}
		Metadata struct {
			Filename string
			Request  struct {
				Extra struct {
					LocalID  string `json:"local_id"`
					Filename string
				}
			}
		}
	}
	text, err := io.ReadAll(io.LimitReader(r, longest+1))
	if err != nil || len(text) > longest || json.Unmarshal(text, &said) != nil {
		return Status{}, ErrStatus
	}
	extra := said.Metadata.Request.Extra
	s := Status{LocalID: extra.LocalID, File: extra.Filename}
	if s.File == "" {
		s.File = said.Metadata.Filename
	}
	if !plain.MatchString(s.LocalID) || s.File != "" && !plain.MatchString(s.File) {
		return Status{}, ErrStatus
	}
	for _, stage := range said.Stages {
		switch {
		case s.Failed != "" || stage.Passed == nil || *stage.Passed:
		case checks[stage.Stage] != "":
			s.Failed = stage.Stage
		default:
			s.Failed = other
		}
	}
	return s, nil
}

// Err is why there will be no reply, and what to do next; nil where there may
// be one.
func (s Status) Err() error {
	if s.Failed == "" {
		return nil
	}
	return fmt.Errorf("optout: the service refused request %s: %s; next: %s", s.LocalID, s.Failed, checks[s.Failed])
}
