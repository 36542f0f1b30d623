package domain

import (
	"encoding/hex"
	"fmt"
	"strings"

	"secondaryuse/pipeline/durable"
)

// Open reads the key file at path, which holds 64 hexadecimal digits. It
// refuses a file that others may read or write.
func Open(path string) (Key, error) {
	text, err := durable.Private(path)
	if err != nil {
		return Key{}, fmt.Errorf("domain key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != size {
		return Key{}, fmt.Errorf("domain key: %s does not hold %d hexadecimal digits", path, 2*size)
	}
	return New(key)
}

// Make writes a new key to the file at path, unless there is one: the file
// holds a whole key or does not exist, and is never replaced. It is durable
// when Make returns. What a process that died while it made one has left goes.
func Make(path string) error {
	if err := durable.Secret(path); err != nil {
		return fmt.Errorf("domain key: %w", err)
	}
	return nil
}
