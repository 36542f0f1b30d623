package inbox

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// inFolder is the group of what lies in the folder itself: later than any in
// taken.
const inFolder = math.MaxInt

// times says of what time each file of a delivery is: that of its last change,
// but later than whatever was taken before it, and no two of one time. So what
// was sent later is the newer, in a reload as on the night it came, whatever the
// sender's clock says.
func times(got []held, after time.Time) map[string]time.Time {
	files := slices.DeleteFunc(slices.Clone(got), func(h held) bool { return h.dup })
	slices.SortFunc(files, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.group, b.group), a.at.Compare(b.at), strings.Compare(a.file.name, b.file.name))
	})
	out := make(map[string]time.Time, len(files))
	for _, h := range files {
		at := h.at.UTC().Truncate(tick)
		if !at.After(after) {
			at = after.UTC().Truncate(tick).Add(tick)
		}
		out[target(h.file.name, h.packed)], after = at, at
	}
	return out
}

// tick is the shortest time between two versions of a record.
const tick = time.Microsecond
