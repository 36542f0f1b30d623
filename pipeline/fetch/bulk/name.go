package bulk

import (
	"fmt"
	"regexp"
	"strconv"
)

// names numbers the files of each form.
type names map[string]int

var numberIn = regexp.MustCompile(`\.(\d{3,})\.ndjson$`)

// numbered goes on after the files that there are.
func numbered(s *state) names {
	n := names{}
	for _, j := range s.Jobs {
		for _, f := range j.Files {
			if m := numberIn.FindStringSubmatch(f.Name); m != nil {
				i, _ := strconv.Atoi(m[1])
				n[formOf(f.Name)] = max(n[formOf(f.Name)], i+1)
			}
		}
	}
	return n
}

// formOf is the name of a file without its number.
func formOf(name string) string { return numberIn.ReplaceAllString(name, "") }

// form is what files of a type are called: words of ours alone.
func (names) form(j *job, section, typ string) string {
	switch {
	case section == "outcome":
		return ".outcome"
	case section == "deleted":
		return "deleted/Bundle"
	case j.Name == "members":
		return ".members"
	}
	return typ
}

// next names another file.
func (n names) next(j *job, section, typ string) string {
	form := n.form(j, section, typ)
	i := n[form]
	n[form]++
	return fmt.Sprintf("%s.%03d.ndjson", form, i)
}
