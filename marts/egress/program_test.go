package egress

import (
	"regexp"
	"runtime/debug"
	"testing"
)

// What leaves says by which code: where a build knows no commit (made of a copy of the
// sources, or with -buildvcs=false), by the digest of the program.
func TestProgram(t *testing.T) {
	for _, c := range []struct {
		settings []debug.BuildSetting
		want     string
	}{
		{nil, `^\(devel\) sha256 [0-9a-f]{64}$`},
		{[]debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "false"}}, `^\(devel\) vcs.revision abc$`},
		{[]debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}, `^\(devel\) vcs.revision abc vcs.modified true sha256 [0-9a-f]{64}$`},
	} {
		if got := built("(devel)", c.settings); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%v is called %q", c.settings, got)
		}
	}
}
