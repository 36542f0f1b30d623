package fetch

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/pipeline/durable"
)

// TimesName is the file of a delivery in which its times lie.
const TimesName = ".times"

// WriteTimes says of what time each file of a delivery is, by its name in the
// folder, where they are not all of the delivery's: what has no version of its
// own in a file is of that time. It is durable on return.
func WriteTimes(dir string, times map[string]time.Time) error {
	text, err := json.Marshal(times)
	if err != nil {
		return err
	}
	return durable.Replace(filepath.Join(dir, TimesName), text)
}

// Times returns what WriteTimes has said: nil where nothing was.
func Times(dir string) (times map[string]time.Time, err error) {
	text, err := os.ReadFile(filepath.Join(dir, TimesName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || json.Unmarshal(text, &times) != nil {
		return nil, errors.New("the times of its files cannot be read; next: ohc-pipeline run --reload")
	}
	return times, nil
}
