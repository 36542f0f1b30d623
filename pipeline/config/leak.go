package config

// Leak says what the search for persons needs to know besides the installation. No
// rule states it: it is the operator's.
type Leak struct {
	Also  []string `yaml:"also"`  // files and folders that are searched as well: logs, the outbox of what is released
	Words string   `yaml:"words"` // a text, each word of which stands in what is published by right, and may be a name
}

// paths are those that are relative to the configuration.
func (l *Leak) paths() []*string {
	out := []*string{&l.Words}
	for i := range l.Also {
		out = append(out, &l.Also[i])
	}
	return out
}
