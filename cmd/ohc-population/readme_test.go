package main

import (
	"testing"

	"secondaryuse/testdata/readme"
)

// TestReadme holds that there is every command, flag and argument that README.md and
// the help tell somebody to type.
func TestReadme(t *testing.T) { readme.Hold(t, command) }
