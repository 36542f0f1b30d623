package main

import (
	"testing"

	"secondaryuse/cmd/usage"
	"secondaryuse/cmd/usage/usagetest"
)

// TestNobodyTyped holds that a number that is typed comes into no output, log, register or
// audit log: no command does anything with it.
func TestNobodyTyped(t *testing.T) {
	usagetest.Nameless(t, root, func(err error) bool { return code(err) == exitUsage }, usage.Advice)
}
